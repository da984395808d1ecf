import * as z from 'zod'
import {
  groupAddMembers,
  groupCreate,
  groupDelete,
  groupGet,
  groupNest,
  groupRemoveMember,
  groupSurvey,
  groupUnnest,
  groupUpdate,
} from '#domain/group/group.operations.ts'
import { GROUP_TYPES, GroupSurvey, type GroupView, NewGroup } from '#domain/group/group.ts'
import { renderId } from '#kernel/id.ts'
import { PAGE_LIMIT_MAX } from '#kernel/page.ts'
import { idFromPath } from '../native/codec.ts'
import type { Route } from '../surface.ts'
import {
  acrossTenants,
  homeAsked,
  idIn,
  listOf,
  listSchema,
  PageParameters,
  pageOf,
  row,
  single,
  staysIn,
  timeOut,
  wordIn,
} from './row.ts'

const { name, description } = NewGroup.shape
const group_type = wordIn(GROUP_TYPES).optional()
const tenant_id = idIn('tenant').optional()

const fields = { name, description: description.unwrap().optional(), group_type }
const Create = z.object({ ...fields, tenant_id })
const Update = z.object({
  ...z.object(fields).partial().shape,
  tenant_id: tenant_id.describe('The one that the group is in.'),
})

const List = PageParameters.extend({
  search: GroupSurvey.shape.search,
  group_type,
  tenant_id,
  partner_id: idIn('partner').optional(),
})

const Members = z
  .object({
    user_id: idIn('user').optional(),
    user_ids: z.array(idIn('user')).min(1).max(PAGE_LIMIT_MAX).optional(),
  })
  .refine(({ user_id, user_ids }) => user_id !== undefined || user_ids !== undefined, 'user_id or user_ids is required')

const Nested = z.object({ child_group_id: idIn('group') })

const Group = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  group_type: z.enum(['SECURITY', 'DISTRIBUTION_LIST']),
  member_count: z.number().int(),
  created_at: z.string(),
  updated_at: z.string(),
})

function shown(group: GroupView): z.output<typeof Group> {
  return {
    id: renderId('group', group.id),
    tenant_id: renderId('tenant', group.tenantId),
    name: group.name,
    description: group.description,
    group_type: group.groupType === 'security' ? 'SECURITY' : 'DISTRIBUTION_LIST',
    member_count: group.memberCount,
    created_at: timeOut(group.createdAt) ?? '',
    updated_at: timeOut(group.updatedAt) ?? '',
  }
}

const names = { groupType: 'group_type', userIds: 'user_ids', childGroupId: 'child_group_id' }
const its: Route['scope'] = async ({ params }, places) => places.of('group', params.id)
const one = { scope: its, replySchema: Group, reply: (group: GroupView) => single(shown(group)), names }
const id = ({ params }: { params: Readonly<Record<string, string>> }) => ({ id: params.id })

/** Groups of tenants’ people, which nest (ScaiKey, “Groups”). */
export const groupRoutes: readonly Route[] = [
  row('GET /api/v1/admin/groups', groupSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query: { search, group_type: groupType, tenant_id: tenantId, partner_id: partnerId, ...page } }) => ({
      ...pageOf(page),
      search,
      groupType,
      tenantId,
      partnerId,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Group),
  }),
  row('POST /api/v1/admin/groups', groupCreate, {
    ...one,
    scope: homeAsked,
    status: 201,
    body: Create,
    input: ({ body: { group_type: groupType, tenant_id: _, ...same } }) => ({ ...same, groupType }),
  }),
  row('GET /api/v1/admin/groups/{id}', groupGet, { ...one, input: id }),
  row('PATCH /api/v1/admin/groups/{id}', groupUpdate, {
    ...one,
    scope: staysIn(its),
    body: Update,
    input: ({ params, body: { group_type: groupType, tenant_id: _, ...same } }) => ({
      ...same,
      groupType,
      id: params.id,
    }),
  }),
  row('DELETE /api/v1/admin/groups/{id}', groupDelete, { scope: its, input: id }),
  row('POST /api/v1/admin/groups/{id}/members', groupAddMembers, {
    ...one,
    status: 201,
    body: Members,
    input: ({ params, body: { user_id, user_ids = [] } }) => ({
      id: params.id,
      userIds: user_id === undefined ? user_ids : [user_id, ...user_ids],
    }),
  }),
  row('DELETE /api/v1/admin/groups/{id}/members/{user_id}', groupRemoveMember, {
    scope: its,
    input: ({ params }) => ({ id: params.id, userId: idFromPath('user', params.user_id ?? '') }),
  }),
  row('POST /api/v1/admin/groups/{id}/nested', groupNest, {
    ...one,
    status: 201,
    body: Nested,
    input: ({ params, body }) => ({ id: params.id, childGroupId: body.child_group_id }),
  }),
  row('DELETE /api/v1/admin/groups/{id}/nested/{child_group_id}', groupUnnest, {
    scope: its,
    input: ({ params }) => ({ id: params.id, childGroupId: idFromPath('group', params.child_group_id ?? '') }),
  }),
]
