// The rows for issued tokens and consents.
import * as z from 'zod'
import { ConnectionView } from '#domain/connection/connection.ts'
import * as grants from '#domain/grant/grant.operations.ts'
import { GrantView } from '#domain/grant/grant.ts'
import { type GrantsOfUser, grantListOfUser } from '#domain/grant/grants-of-user.operations.ts'
import * as issuances from '#domain/issuance/issuance.operations.ts'
import { IssuanceView, IssuanceWithClaims } from '#domain/issuance/issuance.ts'
import { parseId } from '#kernel/id.ts'
import { PAGE_LIMIT_MAX } from '#kernel/page.ts'
import { arrayOf, INTEGER, objectOf, pageStyle } from '../dialect.ts'
import type { Route, WireRequest } from '../surface.ts'
import { computed, json, list, noContent, ok, representation, row, userWithin } from './dialect.ts'

const clientId = computed(z.string(), ({ client, clientId }: IssuanceView) => client?.clientId ?? clientId)
const members = ['id', 'userId', 'scopes', 'status', 'issuedAt', 'expiresAt', 'revokedAt', 'sessionId'] as const
const more = ['familyId', 'grantType', 'kid', 'parentId', 'act', 'audience'] as const
const names = { userId: 'subject_user_id', parentId: 'parent_jti', audience: 'resource' } as const
const codecs = { parentId: { schema: z.string().nullable() } }
const shown = {
  jti: computed(z.string(), ({ id, kind }: IssuanceView) => (kind === 'mint' ? id : '')),
  client_id: clientId,
  dpop_jkt: computed(z.string().optional(), ({ confirmation }: IssuanceView) => confirmation?.jkt),
  agent_chain: computed(z.array(z.string()), ({ act }: IssuanceView) => actorsIn(act)),
  backend_kind: computed(z.enum(['mint', 'broker']), ({ kind }: IssuanceView) => kind),
  revocable: computed(z.boolean(), ({ kind }: IssuanceView) => kind === 'mint'),
}
const pick = [...members, ...more] as const
const issuance = representation(IssuanceView, { pick, names, codecs }, shown)
const withClaims = representation(IssuanceWithClaims, { pick: [...pick, 'claims'], names, codecs }, shown)

/** Who acts, the last one first. */
function actorsIn(act: unknown): string[] {
  const { sub, act: before } = (act ?? {}) as { sub?: unknown; act?: unknown }
  return typeof sub === 'string' ? [sub, ...actorsIn(before)] : []
}

/** A list that is read forwards, in an object with how many it has. */
export const forwardPages = pageStyle({
  query: z.object({
    limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(50),
    cursor: z.string().max(500).optional(),
  }),
  toInput: (asked) => asked,
  encode: (items, { nextCursor }, _, plural) => ({
    [plural]: items,
    count: items.length,
    ...(nextCursor && { next_cursor: nextCursor }),
  }),
  schema: (item, plural) => objectOf({ [plural]: arrayOf(item), count: INTEGER, 'next_cursor?': { type: 'string' } }),
})

const text = z.string().max(2000).optional()
const first = ({ query }: WireRequest, ...names: string[]) =>
  names.map((name) => query[name]).find((value) => typeof value === 'string') as string | undefined

/** A client by its `client_id`, or by its id. */
export function clientFilter(request: WireRequest): { clientId?: string; client?: string } {
  const client = first(request, 'client_id', 'client')
  const id = client === undefined ? undefined : parseId('client', client)
  return id === undefined ? { ...(client !== undefined && { client }) } : { clientId: id }
}

/** AuthPlane calls its filters by two names each. A time may be a duration: `24h`. */
function filters(request: WireRequest) {
  const [since, user] = [first(request, 'since'), first(request, 'user_id', 'user')]
  return {
    ...clientFilter(request),
    ...(since !== undefined && (/^\d{1,5}[smhdw]$/.test(since) ? { within: since } : { since })),
    ...(user !== undefined && { userId: user }),
  }
}

const grant = representation(GrantView, {
  pick: ['id', 'userId', 'clientId', 'resource', 'scopes', 'createdAt', 'updatedAt', 'revokedAt'],
})
const brokerGrant = representation(
  ConnectionView,
  {
    pick: ['id', 'userId', 'providerId', 'scopes', 'version', 'createdAt', 'updatedAt', 'revokedAt'],
    names: { providerId: 'broker_provider_id', scopes: 'scopes_granted' },
  },
  { enc_backend: computed(z.literal('aes_master'), () => 'aes_master') },
)
const ofUser = json(
  z.object({ consent_grants: z.array(z.unknown()), broker_grants: z.array(z.unknown()) }),
  ({ consents, connections }: GrantsOfUser) => ({
    consent_grants: consents.map(grant.encode),
    broker_grants: connections.map(brokerGrant.encode),
  }),
)

/** Issuances and consents (AuthPlane, “Inspect issuances”, “Revoke a token”). */
export const issuanceRoutes: readonly Route[] = [
  row('GET /admin/issuances', issuances.issuanceList, list(issuance, 'issuances', forwardPages), {
    pick: ['resource', 'jti', 'until'],
    checked: { user_id: text, user: text, client_id: text, client: text, since: text },
    fixed: filters,
  }),
  row('GET /admin/issuances/{id}', issuances.issuanceGet, ok(withClaims)),
  row('DELETE /admin/issuances/{id}', issuances.issuanceRevoke, noContent),
  row('GET /admin/users/{user_id}/grants', grantListOfUser, ofUser, {
    locate: userWithin,
    clientMembers: ['client_id'],
  }),
  row('DELETE /admin/grants/consent/{id}', grants.grantRevoke, noContent),
]
