import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { NumberedQuery, PAGE_LIMIT_MAX, PageQuery } from '#kernel/page.ts'
import { AMONG } from '../tenant/among.ts'

export const GROUP_TYPES = ['security', 'distribution_list'] as const

/** How many groups may lie inside each other, the outermost and the innermost among them. */
export const NESTING_DEPTH_MAX = 20

/** How many groups the `groups` claim names at most: the first ones by name. */
export const GROUPS_CLAIM_MAX = 200

const fields = {
  name: label(200).describe('Unique in the directory, whatever its case.'),
  description: label(1000).nullable(),
  groupType: z.enum(GROUP_TYPES).describe('What the group is for; it changes nothing here.'),
  externalId: label(255).nullable().describe('What a directory elsewhere calls the group.'),
}

/** What a new group needs: a name. */
export const NewGroup = z.strictObject({
  name: fields.name,
  description: fields.description.default(null),
  groupType: fields.groupType.default('security'),
  externalId: fields.externalId.default(null),
})
export type NewGroup = z.output<typeof NewGroup>

/** What may be changed about a group; what is left out stays. */
export const GroupPatch = z.strictObject({ id: idOf('group'), ...z.strictObject(fields).partial().shape, ifVersion })
export type GroupPatch = z.output<typeof GroupPatch>

export const GroupQuery = PageQuery.extend({
  search: label(200).optional().describe('What the name starts with, whatever its case.'),
})
export type GroupQuery = z.output<typeof GroupQuery>

/** A numbered page of groups, of those that are asked for. */
export const GroupSurvey = NumberedQuery.extend({
  search: GroupQuery.shape.search,
  groupType: fields.groupType.optional(),
  ...AMONG,
})
export type GroupSurvey = z.output<typeof GroupSurvey>

/** One page of what belongs to one group or user. */
export const GroupPage = PageQuery.extend({ id: idOf('group') })
export type GroupPage = z.output<typeof GroupPage>

export const GroupsOfUser = PageQuery.extend({ id: idOf('user') })
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

/** Users of a directory who are treated alike. */
export interface Group {
  readonly id: string
  readonly tenantId: string
  readonly directoryId: string
  readonly name: string
  readonly description: string | null
  readonly groupType: (typeof GROUP_TYPES)[number]
  readonly externalId: string | null
  /** How many users are direct members. */
  readonly memberCount: number
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A group as admin surfaces show it. */
export const GroupView = z.object({
  id: idOut('group'),
  tenantId: idOut('tenant'),
  directoryId: idOut('directory'),
  name: z.string(),
  description: z.string().nullable(),
  groupType: z.enum(GROUP_TYPES),
  externalId: z.string().nullable(),
  memberCount: z.number().int(),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type GroupView = z.output<typeof GroupView>

/** A user as a member of a group. */
export const GroupMemberView = z.object({
  userId: idOut('user'),
  email: z.string(),
  name: z.string().nullable(),
  status: z.string(),
})
export type GroupMemberView = z.output<typeof GroupMemberView>

/** A group that a user belongs to: as a direct member, or as a member of a group inside it. */
export const MembershipView = GroupView.extend({ membership: z.enum(['direct', 'inherited']) })
export type MembershipView = z.output<typeof MembershipView>
