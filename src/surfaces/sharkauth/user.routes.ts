// The rows for users.
import * as z from 'zod'
import * as roles from '#domain/role/role.operations.ts'
import type { PermissionsView } from '#domain/role/role.ts'
import * as sessions from '#domain/session/session.operations.ts'
import { SessionView, SessionWithUser } from '#domain/session/session.ts'
import * as users from '#domain/user/user.operations.ts'
import { UserView } from '#domain/user/user.ts'
import { jsonOf } from '#kernel/field.ts'
import { jsonText } from '../reply.ts'
import type { Route } from '../surface.ts'
import { computed, counted, created, json, list, message, noContent, ok, representation, row } from './dialect.ts'
import { grantOf, PermissionShown } from './role.routes.ts'

const user = representation(UserView, {
  pick: [
    'id',
    'email',
    'emailVerified',
    'name',
    'hasSecondFactor',
    'attributes',
    'createdAt',
    'updatedAt',
    'lastSignInAt',
  ],
  names: { hasSecondFactor: 'mfa_enabled', attributes: 'metadata', lastSignInAt: 'last_login_at' },
  codecs: { attributes: jsonText(z.string().meta(jsonOf(16_384))) },
})

const members = ['id', 'userId', 'ip', 'userAgent', 'expiresAt', 'createdAt', 'lastSeenAt'] as const
const names = { lastSeenAt: 'last_activity_at' }
const method = {
  auth_method: computed(z.string(), ({ amr }: SessionView) => amr[0] ?? 'password'),
  mfa_passed: computed(z.boolean(), ({ aal }: SessionView) => aal > 1),
}
const session = representation(SessionView, { pick: [...members], names }, method)
const sessionOfUser = representation(SessionWithUser, { pick: [...members, 'userEmail'], names }, method)

const permissions = json(z.array(PermissionShown), ({ permissions }: PermissionsView) => permissions.map(grantOf))
const withoutMfa = json(
  z.object({ mfa_enabled: z.literal(false), user_id: z.string() }),
  (_user: UserView, { params }) => ({
    mfa_enabled: false as const,
    user_id: params.id ?? '',
  }),
)

/** Checks that the user exists within the caller’s reach: these operations do not. */
const within: Route['locate'] = async (params, places) => {
  await places.ofObject('user', params.id)
  return params
}

const BASE = '/api/v1/users/{id}'

/** Users (SharkAuth, “Users”). */
export const userRoutes: readonly Route[] = [
  row('GET /api/v1/users', users.userList, list(user, 'users', counted), {
    reach: 'tenant',
    pick: ['search'],
    fixed: (_request, { scope }) => ({ tenantId: scope.tenantId }),
  }),
  row('POST /api/v1/admin/users', users.userCreate, created(user), {
    pick: ['email', 'password', 'name', 'emailVerified'],
  }),
  row(`GET ${BASE}`, users.userGet, ok(user)),
  row(`PATCH ${BASE}`, users.userUpdate, ok(user), { pick: ['email', 'name', 'emailVerified', 'attributes'] }),
  row(`DELETE ${BASE}`, users.userDelete, message('User deleted')),
  row(`POST ${BASE}/roles`, roles.roleAssign, noContent, {
    path: { id: 'userId' },
    names: { id: 'role_id' },
    pick: ['id'],
    locate: within,
  }),
  row(`GET ${BASE}/permissions`, roles.userPermissions, permissions, { pick: [] }),
  row(`GET ${BASE}/sessions`, sessions.sessionList, list(session), {
    path: { id: 'userId' },
    pick: [],
    locate: within,
  }),
  row(`DELETE ${BASE}/mfa`, users.userDisableMfa, withoutMfa),
  row('GET /api/v1/admin/sessions', sessions.sessionList, list(sessionOfUser), { pick: ['userId'] }),
]
