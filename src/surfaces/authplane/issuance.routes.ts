// The rows for issued tokens and consents.
import * as z from 'zod'
import * as grants from '#domain/grant/grant.operations.ts'
import { GrantView } from '#domain/grant/grant.ts'
import * as issuances from '#domain/issuance/issuance.operations.ts'
import { IssuanceView } from '#domain/issuance/issuance.ts'
import { parseId } from '#kernel/id.ts'
import { PAGE_LIMIT_MAX, type Page } from '#kernel/page.ts'
import { arrayOf, INTEGER, objectOf, pageStyle } from '../dialect.ts'
import type { Route, WireRequest } from '../surface.ts'
import { computed, json, list, noContent, ok, representation, row } from './dialect.ts'

const issuance = representation(
  IssuanceView,
  {
    pick: ['id', 'userId', 'scopes', 'issuedAt', 'expiresAt', 'revokedAt', 'sessionId', 'familyId', 'grantType', 'kid'],
    names: { userId: 'subject_user_id' },
  },
  {
    jti: computed(z.string(), ({ id }: IssuanceView) => id),
    client_id: computed(z.string(), ({ client, clientId }: IssuanceView) => client?.clientId ?? clientId),
    resource: computed(z.string(), ({ audience }: IssuanceView) => audience),
    backend_kind: computed(z.literal('mint'), () => 'mint'),
    revocable: computed(z.literal(true), () => true),
  },
)

const page = pageStyle({
  query: z.object({
    limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(50),
    cursor: z.string().max(500).optional(),
  }),
  toInput: (asked) => asked,
  encode: (items, { nextCursor }) => ({
    issuances: items,
    count: items.length,
    ...(nextCursor && { next_cursor: nextCursor }),
  }),
  schema: (item) => objectOf({ issuances: arrayOf(item), count: INTEGER, 'next_cursor?': { type: 'string' } }),
})

const text = z.string().max(2000).optional()

/** AuthPlane calls its filters by two names each. A time may be a duration: `24h`. */
function filters({ query }: WireRequest) {
  const first = (...names: string[]) =>
    names.map((name) => query[name]).find((value) => typeof value === 'string') as string | undefined
  const client = first('client_id', 'client')
  const clientId = client === undefined ? undefined : parseId('client', client)
  const since = first('since')
  return {
    ...(clientId === undefined ? client !== undefined && { client } : { clientId }),
    ...(since !== undefined && (/^\d{1,5}[smhdw]$/.test(since) ? { within: since } : { since })),
    ...(first('user_id', 'user') !== undefined && { userId: first('user_id', 'user') }),
  }
}

/** A list knows no user that is not there. */
const userWithin: Route['locate'] = async (params, places) => {
  await places.ofObject('user', params.user_id)
  return params
}

const grant = representation(GrantView, {
  pick: ['id', 'userId', 'clientId', 'resource', 'scopes', 'createdAt', 'updatedAt', 'revokedAt'],
})
const ofUser = json(
  z.object({ consent_grants: z.array(z.unknown()), broker_grants: z.array(z.unknown()) }),
  ({ data }: Page<GrantView>) => ({ consent_grants: data.map(grant.encode), broker_grants: [] }),
)

/** Issuances and consents (AuthPlane, “Inspect issuances”, “Revoke a token”). */
export const issuanceRoutes: readonly Route[] = [
  row('GET /admin/issuances', issuances.issuanceList, list(issuance, 'issuances', page), {
    pick: ['resource', 'until'],
    checked: { user_id: text, user: text, client_id: text, client: text, since: text },
    fixed: filters,
  }),
  row('GET /admin/issuances/{id}', issuances.issuanceGet, ok(issuance)),
  row('DELETE /admin/issuances/{id}', issuances.issuanceRevoke, noContent),
  row('GET /admin/users/{user_id}/grants', grants.grantList, ofUser, {
    pick: ['userId'],
    locate: userWithin,
    fixed: { limit: PAGE_LIMIT_MAX, revoked: 'true' },
  }),
  row('DELETE /admin/grants/consent/{id}', grants.grantRevoke, noContent),
]
