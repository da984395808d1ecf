// The operations on groups.
import * as z from 'zod'
import { idOf, ifVersion } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  addGroupMembers,
  createGroup,
  deleteGroup,
  getGroup,
  listEffectiveMembers,
  listGroupChildren,
  listGroupMembers,
  listGroups,
  listGroupsOfUser,
  nestGroup,
  removeGroupMember,
  unnestGroup,
  updateGroup,
} from './group.service.ts'
import {
  GroupMember,
  GroupMemberView,
  GroupPage,
  GroupPatch,
  GroupQuery,
  GroupsOfUser,
  GroupView,
  MembershipView,
  NestedGroupPage,
  Nesting,
  NewGroup,
  NewMembers,
} from './group.ts'

const GroupId = z.strictObject({ id: idOf('group') })

export const groupCreate = operation({
  name: 'group.create',
  summary: 'Create a group',
  description: 'The group belongs to the directory of the realm. It has no members at first.',
  permission: 'groups:write',
  reach: 'realm',
  input: NewGroup,
  output: GroupView,
  errors: ['not_found', 'already_exists'],
  events: ['group.created'],
  run: createGroup,
})

export const groupList = operation({
  name: 'group.list',
  summary: 'List groups',
  description:
    'The groups of the directory of a realm. Without a realm, the groups of all directories within the reach, read by offset. Oldest first. The results of a search are ordered by name.',
  permission: 'groups:read',
  reach: 'realm',
  across: true,
  input: GroupQuery,
  output: listOf(GroupView),
  errors: ['not_found', 'access_denied'],
  events: [],
  run: listGroups,
})

export const groupGet = operation({
  name: 'group.get',
  summary: 'Show a group',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupId,
  output: GroupView,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getGroup(context, id),
})

export const groupUpdate = operation({
  name: 'group.update',
  summary: 'Change a group',
  description: 'Only the given members change.',
  permission: 'groups:write',
  reach: 'realm',
  input: GroupPatch,
  output: GroupView,
  errors: ['not_found', 'already_exists', 'precondition_failed'],
  events: ['group.updated'],
  run: updateGroup,
})

export const groupDelete = operation({
  name: 'group.delete',
  summary: 'Delete a group',
  description:
    'Its memberships end, and its nested groups are not deleted. Its name can be used again. A group that the group mapping of an identity provider names is not deleted.',
  permission: 'groups:write',
  reach: 'realm',
  irreversible: true,
  input: GroupId.extend({ ifVersion }),
  output: z.void(),
  errors: ['not_found', 'precondition_failed', 'conflict'],
  events: ['group.deleted'],
  run: deleteGroup,
})

export const groupAddMembers = operation({
  name: 'group.add_members',
  summary: 'Add users to a group',
  description: 'If one of the users does not exist, no user is added. Existing members stay members.',
  permission: 'groups:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'roles:write', when: 'the group, or one above it, has a role' }],
  input: NewMembers,
  output: GroupView,
  errors: ['not_found'],
  events: ['group.members_added'],
  run: addGroupMembers,
})

export const groupRemoveMember = operation({
  name: 'group.remove_member',
  summary: 'Remove a user from a group',
  permission: 'groups:write',
  reach: 'realm',
  input: GroupMember,
  output: z.void(),
  errors: ['not_found'],
  events: ['group.member_removed'],
  run: removeGroupMember,
})

export const groupMembers = operation({
  name: 'group.members',
  summary: 'List the direct members of a group',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupPage,
  output: listOf(GroupMemberView),
  errors: ['not_found'],
  events: [],
  run: listGroupMembers,
})

export const groupEffectiveMembers = operation({
  name: 'group.effective_members',
  summary: 'List all members of a group',
  description: 'The direct members and the members of nested groups at all levels, each user once.',
  permission: 'groups:read',
  reach: 'realm',
  input: NestedGroupPage,
  output: listOf(GroupMemberView),
  errors: ['not_found'],
  events: [],
  run: listEffectiveMembers,
})

export const groupNest = operation({
  name: 'group.nest',
  summary: 'Add a group to another group',
  description:
    'The members of the child group are also members of the parent group. Circular nesting and more than 20 nesting levels are refused.',
  permission: 'groups:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'roles:write', when: 'the group, or one above it, has a role' }],
  input: Nesting,
  output: GroupView,
  errors: ['not_found', 'circular_nesting', 'conflict'],
  events: ['group.nested'],
  run: nestGroup,
})

export const groupUnnest = operation({
  name: 'group.unnest',
  summary: 'Remove a group from another group',
  permission: 'groups:write',
  reach: 'realm',
  input: Nesting,
  output: z.void(),
  errors: ['not_found'],
  events: ['group.unnested'],
  run: unnestGroup,
})

export const groupChildren = operation({
  name: 'group.children',
  summary: 'List the child groups of a group',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupPage,
  output: listOf(GroupView),
  errors: ['not_found'],
  events: [],
  run: listGroupChildren,
})

export const userGroups = operation({
  name: 'user.groups',
  summary: 'List the groups of a user',
  description: 'Direct memberships, and memberships through nested groups at all levels.',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupsOfUser,
  output: listOf(MembershipView),
  errors: ['not_found'],
  events: [],
  run: listGroupsOfUser,
})
