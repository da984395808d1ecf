// Groups of users, which can contain groups (ScaiKey, “Groups”).
import * as groups from '#domain/group/group.operations.ts'
import { GroupView, NewMembers } from '#domain/group/group.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { created, list, noContent, ok, representation, rows } from './dialect.ts'
import { acrossPartners, inSameTenant, inTenantOfBody, placeOf } from './scope.ts'

const scope = placeOf('group')
const row = rows({ scope })

const group = representation(GroupView, { omit: ['directoryId', 'externalId', 'version'] })

/** A list, or one id under the other name. */
const { userIds: schema } = NewMembers.shape
const userIds: Codec = { schema, decode: (sent) => (typeof sent === 'string' ? [sent] : sent) }

const BASE = '/api/v1/admin/groups/{id}'

export const groupRoutes: readonly Route[] = [
  row('GET /api/v1/admin/groups', groups.groupList, list(group), acrossPartners),
  row('POST /api/v1/admin/groups', groups.groupCreate, created(group), inTenantOfBody),
  row(`GET ${BASE}`, groups.groupGet, ok(group)),
  row(`PATCH ${BASE}`, groups.groupUpdate, ok(group), inSameTenant(scope)),
  row(`DELETE ${BASE}`, groups.groupDelete, noContent),
  row(`POST ${BASE}/members`, groups.groupAddMembers, created(group), {
    aliases: { userIds: 'user_id' },
    codecs: { userIds },
  }),
  row(`DELETE ${BASE}/members/{user_id}`, groups.groupRemoveMember, noContent),
  row(`POST ${BASE}/nested`, groups.groupNest, created(group), { accept: ['childGroupId'] }),
  row(`DELETE ${BASE}/nested/{child_group_id}`, groups.groupUnnest, noContent),
]
