// The rows for consents, and for who may act for whom.
import * as z from 'zod'
import * as delegations from '#domain/delegation-grant/delegation-grant.operations.ts'
import { DelegationGrantView } from '#domain/delegation-grant/delegation-grant.ts'
import * as devices from '#domain/device-authorization/device-authorization.operations.ts'
import { DeviceAuthorizationView } from '#domain/device-authorization/device-authorization-view.ts'
import * as grants from '#domain/grant/grant.operations.ts'
import { type GrantsRevoked, GrantWithClient } from '#domain/grant/grant.ts'
import { idOf } from '#kernel/field.ts'
import type { Codec } from '../codec.ts'
import type { Route, WireRequest } from '../surface.ts'
import {
  computed,
  created,
  encodeId,
  eventId,
  json,
  list,
  message,
  ok,
  representation,
  row,
  scopeText,
  totalled,
} from './dialect.ts'

const consent = representation(
  GrantWithClient,
  {
    pick: ['id', 'userId', 'scopes', 'resource', 'authorizationDetails', 'createdAt', 'revokedAt'],
    names: { scopes: 'scope', createdAt: 'granted_at' },
    codecs: { scopes: scopeText },
  },
  {
    client_id: computed(z.string(), ({ client, clientId }: GrantWithClient) => client?.clientId ?? clientId),
    agent_name: computed(z.string().optional(), ({ client }: GrantWithClient) => client?.label),
  },
)
const Revoked = z.object({
  revoked_count: z.number().int().describe('Consents.'),
  revoked_token_count: z.number().int(),
  pattern_matched: z.string(),
  audit_event_id: z.string().optional(),
})
const bulk = json(Revoked, ({ grants, tokens, eventId: id }: GrantsRevoked, { body }) => ({
  revoked_count: grants,
  revoked_token_count: tokens,
  pattern_matched: (body as { client_id_pattern: string }).client_id_pattern,
  ...eventId(id),
}))

const idOfParty = ({ fromUserId, fromClientId }: DelegationGrantView) =>
  fromUserId ? encodeId('user', fromUserId) : encodeId('client', fromClientId ?? '')
const mayAct = representation(
  DelegationGrantView,
  {
    pick: ['id', 'toClientId', 'hops', 'scopes', 'expiresAt', 'revokedAt', 'createdAt'],
    names: { toClientId: 'from_id', hops: 'max_hops' },
  },
  { to_id: computed(z.string(), idOfParty) },
)

/** Who acts, and for whom: each an id whose prefix says of what. */
const parties = {
  from_id: z.union([idOf('client'), idOf('agent')]),
  to_id: z.union([idOf('user'), idOf('client'), idOf('agent')]),
}
function partiesOf({ body }: WireRequest) {
  const { from_id: actor = '', to_id: subject = '' } = (body ?? {}) as Record<string, string>
  const from = { usr: 'fromUserId', agt: 'fromAgentId' }[String(subject).slice(0, 3)] ?? 'fromClientId'
  return { [String(actor).startsWith('agt_') ? 'toAgentId' : 'toClientId']: actor, [from]: subject }
}
const revokedToo: Codec = { schema: z.stringbool(), decode: (sent) => sent }

const device = representation(
  DeviceAuthorizationView,
  {
    omit: ['clientId', 'client', 'organization', 'ip', 'userAgent', 'decidedAt', 'consumedAt'],
    names: { scopes: 'scope', polledAt: 'last_polled_at', resources: 'resource' },
    codecs: { scopes: scopeText, resources: scopeText },
  },
  {
    client_id: computed(z.string(), ({ client, clientId }: DeviceAuthorizationView) => client?.clientId ?? clientId),
    agent_name: computed(z.string().optional(), ({ client }: DeviceAuthorizationView) => client?.label),
  },
)
const decided = representation(DeviceAuthorizationView, { pick: ['userCode', 'status'] })
/** `all` for those that were decided or have expired, too. */
const status: Codec = {
  schema: z.enum(['pending', 'approved', 'denied', 'expired', 'all']),
  decode: (sent) => (sent === 'all' ? undefined : sent),
}
const pending = ({ query }: WireRequest) => (query.status === undefined ? { status: 'pending' as const } : {})
const OAUTH = '/api/v1/admin/oauth'

/** Consents (SharkAuth, “OAuth Consents (Admin)”), and the product’s grants to act. */
export const consentRoutes: readonly Route[] = [
  row(`GET ${OAUTH}/consents`, grants.grantList, list(consent), { pick: ['userId'] }),
  row(`DELETE ${OAUTH}/consents/{id}`, grants.grantRevoke, message('Consent revoked')),
  row(`POST ${OAUTH}/revoke-by-pattern`, grants.grantRevokeMatching, bulk, {
    names: { pattern: 'client_id_pattern' },
    accept: ['reason'],
  }),
  row(`GET ${OAUTH}/device-codes`, devices.deviceAuthorizationList, list(device, 'data', totalled), {
    pick: ['status'],
    codecs: { status },
    fixed: pending,
  }),
  row(`POST ${OAUTH}/device-codes/{user_code}/approve`, devices.deviceAuthorizationApprove, ok(decided), {
    pick: ['userId'],
  }),
  row(`POST ${OAUTH}/device-codes/{user_code}/deny`, devices.deviceAuthorizationDeny, ok(decided), { pick: [] }),
  row('POST /api/v1/admin/consents', grants.grantCreate, created(consent), {
    names: { client: 'client_id', scopes: 'scope' },
    aliases: { scopes: 'scopes' },
    omit: ['clientId'],
    required: ['client'],
  }),
  row('GET /api/v1/admin/may-act', delegations.delegationGrantList, list(mayAct, 'grants'), {
    pick: ['toClientId', 'fromUserId', 'revoked'],
    names: { toClientId: 'from_id', fromUserId: 'to_id', revoked: 'include_revoked' },
    codecs: { revoked: revokedToo },
  }),
  row('POST /api/v1/admin/may-act', delegations.delegationGrantCreate, created(mayAct), {
    pick: ['hops', 'scopes', 'expiresAt'],
    checked: parties,
    fixed: partiesOf,
  }),
  row('DELETE /api/v1/admin/may-act/{id}', delegations.delegationGrantRevoke, message('Grant revoked')),
]
