// The rows for users.
import * as z from 'zod'
import * as accounts from '#domain/account/account.operations.ts'
import * as authenticators from '#domain/authenticator/authenticator.operations.ts'
import { AuthenticatorView } from '#domain/authenticator/authenticator.ts'
import * as linked from '#domain/linked-account/linked-account.operations.ts'
import { LinkedAccountView } from '#domain/linked-account/linked-account.ts'
import * as roles from '#domain/role/role.operations.ts'
import type { PermissionsView } from '#domain/role/role.ts'
import * as sessions from '#domain/session/session.operations.ts'
import type { SessionsEnded } from '#domain/session/session.ts'
import * as users from '#domain/user/user.operations.ts'
import { UserView } from '#domain/user/user.ts'
import * as administration from '#domain/user/user-administration.operations.ts'
import type { AgentsOfUser, AgentsRevoked, UserWithTier } from '#domain/user/user-administration.ts'
import type { Route } from '../surface.ts'
import { agent } from './agent.routes.ts'
import { eventRepresentation } from './audit-event.ts'
import {
  bare,
  computed,
  counted,
  created,
  encodeId,
  eventId,
  json,
  list,
  message,
  metadata,
  noContent,
  ok,
  representation,
  row,
  unpaged,
} from './dialect.ts'
import { grantOf, PermissionShown, role } from './role.routes.ts'
import { sessionOfUser } from './session.routes.ts'

/** A user as the document shows it. */
export const user = representation(UserView, {
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
  codecs: { attributes: metadata },
})

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

const account = representation(LinkedAccountView, {
  pick: ['id', 'userId', 'providerId', 'subject', 'label', 'createdAt'],
  names: { providerId: 'provider', subject: 'provider_id', label: 'email' },
})
const passkey = representation(
  AuthenticatorView,
  { pick: ['id', 'userId', 'name', 'createdAt', 'lastUsedAt'] },
  {
    aaguid: computed(z.string().optional(), ({ passkey }: AuthenticatorView) => passkey?.aaguid),
    transports: computed(z.string(), ({ passkey }: AuthenticatorView) => JSON.stringify(passkey?.transports ?? [])),
    backed_up: computed(z.boolean(), ({ passkey }: AuthenticatorView) => passkey?.backedUp ?? false),
  },
)
const ended = json(z.object({ message: z.string(), count: z.number().int() }), ({ ended: count }: SessionsEnded) => ({
  message: 'Sessions revoked',
  count,
}))
const agentsOf = json(z.looseObject({ data: z.array(z.looseObject({})) }), (found: AgentsOfUser) => ({
  data: found.data.map(agent.encode) as Record<string, unknown>[],
  total: found.data.length,
  filter: found.relation,
  ...(found.nextCursor && { next_cursor: found.nextCursor }),
  has_more: found.nextCursor !== null,
}))
const stopped = json(z.looseObject({ revoked_agent_ids: z.array(z.string()) }), (done: AgentsRevoked) => ({
  revoked_agent_ids: done.revokedAgentIds.map((id) => encodeId('agent', id)),
  revoked_consent_count: done.revokedConsents,
  revoked_token_count: done.revokedTokens,
  ...eventId(done.eventId),
}))
const tiered = json(z.looseObject({ data: z.looseObject({}) }), ({ user: changed, tier }: UserWithTier) => ({
  data: { user: user.encode(changed), tier },
}))

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
  row(`GET ${BASE}/sessions`, sessions.sessionList, list(sessionOfUser), {
    path: { id: 'userId' },
    pick: [],
    locate: within,
  }),
  row(`DELETE ${BASE}/roles/{rid}`, roles.roleUnassign, noContent, {
    path: { id: 'userId', rid: 'id' },
    pick: [],
    locate: within,
  }),
  row(`GET ${BASE}/roles`, roles.userRoles, list(role, '', bare)),
  row(`GET ${BASE}/audit-logs`, administration.userListEvents, list(eventRepresentation), { pick: [] }),
  row(`DELETE ${BASE}/sessions`, sessions.sessionRevokeAll, ended, { path: { id: 'userId' }, pick: [] }),
  row(`GET ${BASE}/oauth-accounts`, linked.linkedAccountList, list(account, 'oauth_accounts', unpaged)),
  row(`DELETE ${BASE}/oauth-accounts/{oauthId}`, linked.linkedAccountRemove, noContent, {
    path: { oauthId: 'linkedAccountId' },
  }),
  row(`GET ${BASE}/passkeys`, authenticators.authenticatorList, list(passkey, 'passkeys', unpaged), {
    fixed: { kind: 'passkey' },
  }),
  row(`POST ${BASE}/verify/send`, accounts.userSendVerification, message('Verification mail sent')),
  row(`GET ${BASE}/agents`, administration.userAgents, agentsOf, {
    pick: ['relation', 'limit', 'cursor'],
    names: { relation: 'filter' },
  }),
  row(`POST ${BASE}/revoke-agents`, administration.userRevokeAgents, stopped, { accept: ['agentIds', 'reason'] }),
  row('PATCH /api/v1/admin/users/{id}/tier', administration.userSetTier, tiered, { accept: ['tier'] }),
  row(`DELETE ${BASE}/mfa`, users.userDisableMfa, withoutMfa),
]
