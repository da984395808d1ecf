import * as z from 'zod'
import { idOf, ifVersion } from '#kernel/field.ts'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
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
  surveyGroups,
  unnestGroup,
  updateGroup,
} from './group.service.ts'
import {
  GroupMember,
  GroupMemberView,
  GroupPage,
  GroupPatch,
  GroupQuery,
  GroupSurvey,
  GroupsOfUser,
  GroupView,
  MembershipView,
  Nesting,
  NewGroup,
  NewMembers,
} from './group.ts'

const GroupId = z.strictObject({ id: idOf('group') })

export const groupCreate = operation({
  name: 'group.create',
  summary: 'Create a group',
  description: 'A group belongs to the realm’s directory and is empty at first.',
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
  summary: 'List the groups of a realm’s directory',
  description: 'Oldest first. What a search finds comes in the order of the names.',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupQuery,
  output: pageOf(GroupView),
  errors: ['not_found'],
  events: [],
  run: listGroups,
})

export const groupSurvey = operation({
  name: 'group.survey',
  summary: 'List groups by numbered pages',
  description: 'The groups of every directory within reach, or of one tenant or partner.',
  permission: 'groups:read',
  reach: 'tenant',
  across: true,
  input: GroupSurvey,
  output: numberedPageOf(GroupView),
  errors: ['access_denied'],
  events: [],
  run: surveyGroups,
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
  description: 'Only what is given changes.',
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
  description: 'Nobody belongs to it any more, and what was inside it is no longer. Its name is free again.',
  permission: 'groups:write',
  reach: 'realm',
  input: GroupId.extend({ ifVersion }),
  output: z.void(),
  errors: ['not_found', 'precondition_failed'],
  events: ['group.deleted'],
  run: deleteGroup,
})

export const groupAddMembers = operation({
  name: 'group.add_members',
  summary: 'Make users members of a group',
  description: 'All of them or, where one of the users is not there, none. Who is a member already stays one.',
  permission: 'groups:write',
  reach: 'realm',
  input: NewMembers,
  output: GroupView,
  errors: ['not_found'],
  events: ['group.members_added'],
  run: addGroupMembers,
})

export const groupRemoveMember = operation({
  name: 'group.remove_member',
  summary: 'Take a user out of a group',
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
  summary: 'List a group’s direct members',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupPage,
  output: pageOf(GroupMemberView),
  errors: ['not_found'],
  events: [],
  run: listGroupMembers,
})

export const groupEffectiveMembers = operation({
  name: 'group.effective_members',
  summary: 'List who belongs to a group',
  description: 'Its members and those of the groups inside it, however deep, each once.',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupPage,
  output: pageOf(GroupMemberView),
  errors: ['not_found'],
  events: [],
  run: listEffectiveMembers,
})

export const groupNest = operation({
  name: 'group.nest',
  summary: 'Put a group into another one',
  description:
    'The members of the group inside are members of the other one too. Circular nesting is refused, and so are more than 20 groups inside each other.',
  permission: 'groups:write',
  reach: 'realm',
  input: Nesting,
  output: GroupView,
  errors: ['not_found', 'circular_nesting', 'conflict'],
  events: ['group.nested'],
  run: nestGroup,
})

export const groupUnnest = operation({
  name: 'group.unnest',
  summary: 'Take a group out of another one',
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
  summary: 'List the groups directly inside a group',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupPage,
  output: pageOf(GroupView),
  errors: ['not_found'],
  events: [],
  run: listGroupChildren,
})

export const userGroups = operation({
  name: 'user.groups',
  summary: 'List the groups that a user belongs to',
  description: 'Directly, or because a group that the user is a member of is inside them, however deep.',
  permission: 'groups:read',
  reach: 'realm',
  input: GroupsOfUser,
  output: pageOf(MembershipView),
  errors: ['not_found'],
  events: [],
  run: listGroupsOfUser,
})
