// The rows for permissions as things of their own.
import * as z from 'zod'
import * as permissions from '#domain/role-permission/role-permission.operations.ts'
import { RolePermissionView, type Usage } from '#domain/role-permission/role-permission.ts'
import { Failure } from '#kernel/error.ts'
import type { Codec } from '../codec.ts'
import type { Route, WireRequest } from '../surface.ts'
import { bare, computed, created, json, list, noContent, representation, row } from './dialect.ts'
import { grantOf, role } from './role.routes.ts'
import { user } from './user.routes.ts'

/** The text of a permission by its id. @throws Failure `not_found` for what is no such id */
function permissionOf(id: string): string {
  const text = /^perm_[\w+/-]+$/.test(id) ? Buffer.from(id.slice(5), 'base64').toString() : ''
  if (text === '') throw new Failure('not_found')
  return text
}

const part = (name: keyof ReturnType<typeof grantOf>) =>
  computed(z.string(), ({ permission }: RolePermissionView) => grantOf(permission)[name])
const permission = representation(
  RolePermissionView,
  { pick: ['createdAt'] },
  { id: part('id'), action: part('action'), resource: part('resource') },
)

const usage = json(z.record(z.string(), z.looseObject({})), ({ data }: Usage) =>
  Object.fromEntries(data.map(({ permission, ...counts }) => [grantOf(permission).id, counts])),
)
const ids: Codec = {
  schema: z.string().max(20_000),
  decode: (sent) => (typeof sent === 'string' ? sent.split(',').filter(Boolean).map(permissionOf) : sent),
}
const one: Codec = {
  schema: z.string().max(200),
  decode: (sent) => (typeof sent === 'string' ? permissionOf(sent) : sent),
}

const word = z.string().max(63)
const named = ({ body }: WireRequest) => {
  const { action, resource } = (body ?? {}) as Record<string, unknown>
  return { permission: action === '*' && resource === '*' ? '*' : `${resource}:${action}` }
}
const locate: Route['locate'] = async ({ id = '', ...rest }) => ({ ...rest, id: permissionOf(id) })
const locatePid: Route['locate'] = async ({ pid = '', ...rest }) => ({ ...rest, pid: permissionOf(pid) })
const path = { id: 'permission' } as const
const BASE = '/api/v1/permissions'

/** Permissions, and who has them (SharkAuth, “Roles & Permissions (Admin RBAC)”). */
export const permissionRoutes: readonly Route[] = [
  row('POST /api/v1/roles/{id}/permissions', permissions.roleAddPermission, noContent, {
    names: { permission: 'permission_id' },
    codecs: { permission: one },
  }),
  row('DELETE /api/v1/roles/{id}/permissions/{pid}', permissions.roleRemovePermission, noContent, {
    path: { pid: 'permission' },
    locate: locatePid,
  }),
  row(`POST ${BASE}`, permissions.rolePermissionCreate, created(permission), {
    pick: [],
    checked: { action: word, resource: word },
    fixed: named,
  }),
  row(`GET ${BASE}`, permissions.rolePermissionList, list(permission, '', bare)),
  row(`DELETE ${BASE}/{id}`, permissions.rolePermissionDelete, noContent, { path, locate }),
  row(`GET ${BASE}/{id}/roles`, permissions.rolePermissionRoles, list(role), { path, locate }),
  row(`GET ${BASE}/{id}/users`, permissions.rolePermissionUsers, list(user), { path, locate, pick: [] }),
  row('GET /api/v1/admin/permissions/batch-usage', permissions.rolePermissionUsage, usage, {
    names: { permissions: 'ids' },
    codecs: { permissions: ids },
  }),
]
