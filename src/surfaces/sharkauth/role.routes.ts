// The rows for roles and their assignments.
import * as z from 'zod'
import * as roles from '#domain/role/role.operations.ts'
import { RoleView, type Verdict } from '#domain/role/role.ts'
import type { Codec } from '../codec.ts'
import type { Route, WireRequest } from '../surface.ts'
import { bare, created, json, list, noContent, ok, representation, row } from './dialect.ts'

export const PermissionShown = z.object({ id: z.string(), action: z.string(), resource: z.string() })

/** A permission of a role as a thing with an id, which is its text. */
export function grantOf(permission: string): z.output<typeof PermissionShown> {
  const [resource = '*', action = '*'] = permission.split(':')
  return { id: `perm_${btoa(permission).replaceAll('=', '')}`, action, resource }
}

const grants: Codec = {
  schema: z.array(PermissionShown),
  encode: (permissions: readonly string[]) => permissions.map(grantOf),
}
/** A role without what it allows; one of an organization names it. */
export const role = representation(RoleView, { omit: ['permissions', 'version'] })
const roleWithPermissions = representation(RoleView, { omit: ['version'], codecs: { permissions: grants } })

const allowed = json(z.object({ allowed: z.boolean() }), ({ allowed }: Verdict) => ({ allowed }))
const asked = { action: z.string().max(63), resource: z.string().max(63) }
const bodyOf = ({ body }: WireRequest) => (body ?? {}) as Record<string, unknown>

/** Roles and what they allow (SharkAuth, “RBAC”). */
export const roleRoutes: readonly Route[] = [
  row('POST /api/v1/roles', roles.roleCreate, created(role), { omit: ['organizationId'] }),
  row('GET /api/v1/roles', roles.roleList, list(role, '', bare), { omit: ['organizationId'] }),
  row('GET /api/v1/roles/{id}', roles.roleGet, ok(roleWithPermissions)),
  // A description that is left out is no description.
  row('PUT /api/v1/roles/{id}', roles.roleUpdate, ok(role), {
    pick: ['name', 'description'],
    fixed: (request) => ({ description: (bodyOf(request).description as string | undefined) ?? null }),
  }),
  row('DELETE /api/v1/roles/{id}', roles.roleDelete, noContent),
  row('POST /api/v1/auth/check', roles.authorizationCheck, allowed, {
    pick: ['userId'],
    checked: asked,
    fixed: (request) => ({ permission: `${bodyOf(request).resource}:${bodyOf(request).action}` }),
  }),
]
