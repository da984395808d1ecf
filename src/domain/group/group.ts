// The fields and views of groups, and the inputs of the operations on their members.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { comparedName, idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { forwardQuery, listQuery, offsetQuery, PAGE_LIMIT_MAX } from '#kernel/page.ts'
import { TENANT_FILTER } from '../tenant/tenant-filter.ts'

export const GROUP_TYPES = ['security', 'distribution_list'] as const

/** The maximum depth of nesting, including the outermost and the innermost group. */
export const NESTING_DEPTH_MAX = 20

/** How many groups the `groups` claim contains at most: the first ones by name. */
export const GROUPS_CLAIM_MAX = 200

/** The fields of a group. */
export const GroupFields = declare({
  id: constant(idOut('group')),
  tenantId: constant(idOut('tenant')),
  directoryId: constant(idOut('directory')),
  name: editable(comparedName(200).describe('Unique in the directory; upper and lower case are equal.')),
  description: editable(label(1000).nullable(), { initial: null }),
  groupType: editable(z.enum(GROUP_TYPES).describe('The purpose of the group; it has no effect on this server.'), {
    initial: 'security',
  }),
  externalId: editable(label(255).nullable().describe('The id of the group in an external directory.'), {
    initial: null,
  }),
  /** The number of direct users. */
  memberCount: managed(z.number().int(), { audited: null }),
  ...VERSIONED,
})

/** The input for a new group; only the name is required. */
export const NewGroup = z.strictObject(GroupFields.creation)
export type NewGroup = z.output<typeof NewGroup>

/** The input for an update of a group; absent members stay unchanged. */
export const GroupPatch = z.strictObject({ id: idOf('group'), ...GroupFields.patch, ifVersion })
export type GroupPatch = z.output<typeof GroupPatch>

export const GroupQuery = listQuery('created_at', 'name').extend({
  search: label(200).optional().describe('The beginning of the name, in upper or lower case.'),
  groupType: GroupFields.patch.groupType.describe('Only items of this type.'),
  ...TENANT_FILTER,
})
export type GroupQuery = z.output<typeof GroupQuery>

/** The query of a list that belongs to one group or user. */
export const GroupPage = offsetQuery.extend({ id: idOf('group') })
export type GroupPage = z.output<typeof GroupPage>

export const NestedGroupPage = forwardQuery.extend({ id: idOf('group') })
export type NestedGroupPage = z.output<typeof NestedGroupPage>

export const GroupsOfUser = forwardQuery.extend({ id: idOf('user') })
export type GroupsOfUser = z.output<typeof GroupsOfUser>

export const NewMembers = z.strictObject({
  id: idOf('group'),
  userIds: z.array(idOf('user')).min(1).max(PAGE_LIMIT_MAX).describe('Users of the directory, 1 to 200.'),
})
export type NewMembers = z.output<typeof NewMembers>

export const GroupMember = z.strictObject({ id: idOf('group'), userId: idOf('user') })
export type GroupMember = z.output<typeof GroupMember>

export const Nesting = z.strictObject({ id: idOf('group'), childGroupId: idOf('group') })
export type Nesting = z.output<typeof Nesting>

/** A set of users of a directory. */
export type Group = NounOf<typeof GroupFields>

/** The schema of a group in admin responses. */
export const GroupView = z.object(GroupFields.view)
export type GroupView = z.output<typeof GroupView>

/** A user as a member of a group. */
export const GroupMemberView = z.object({
  userId: idOut('user'),
  email: z.string(),
  name: z.string().nullable(),
  status: z.string(),
})
export type GroupMemberView = z.output<typeof GroupMemberView>

/** A group of a user, and whether the user is a direct member or a member of a nested group. */
export const MembershipView = GroupView.extend({ membership: z.enum(['direct', 'inherited']) })
export type MembershipView = z.output<typeof MembershipView>
