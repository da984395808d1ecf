// The rows for valid tokens, as AuthPlane lists and ends them.
import * as z from 'zod'
import * as issuances from '#domain/issuance/issuance.operations.ts'
import { IssuanceView } from '#domain/issuance/issuance.ts'
import * as revocations from '#domain/revocation/revocation.operations.ts'
import type { RevocationReport } from '#domain/revocation/revocation.ts'
import type { Route } from '../surface.ts'
import { computed, json, list, noContent, representation, row, spaced, userWithin } from './dialect.ts'
import { clientFilter, forwardPages } from './issuance.routes.ts'

const token = representation(
  IssuanceView,
  {
    pick: ['grantType', 'userId', 'status', 'scopes', 'audience', 'issuedAt', 'expiresAt'],
    names: { grantType: 'type', scopes: 'scope', audience: 'resource', issuedAt: 'created_at' },
    codecs: { scopes: spaced },
  },
  {
    jti: computed(z.string(), ({ id }: IssuanceView) => id),
    client_id: computed(z.string(), ({ client, clientId }: IssuanceView) => client?.clientId ?? clientId),
  },
)

const ended = json(
  z.object({ user_id: z.string(), tokens_revoked: z.number(), revoked: z.number() }),
  ({ tokens, refreshTokens }: RevocationReport, { params }) => {
    const count = tokens.count + refreshTokens
    return { user_id: params.id ?? '', tokens_revoked: count, revoked: count }
  },
)

/** Tokens (AuthPlane, “Tokens”). */
export const tokenRoutes: readonly Route[] = [
  row('GET /admin/tokens', issuances.issuanceList, list(token, 'tokens', forwardPages), {
    accept: ['userId'],
    checked: { client_id: z.string().max(500).optional() },
    fixed: clientFilter,
  }),
  row('GET /admin/users/{id}/tokens', issuances.issuanceList, list(token, 'tokens', forwardPages), {
    pick: ['userId'],
    path: { id: 'userId' },
    locate: userWithin,
  }),
  row('DELETE /admin/tokens/{jti}', revocations.revocationCreate, noContent, {
    pick: ['tokenId'],
    path: { jti: 'tokenId' },
  }),
  row('DELETE /admin/users/{id}/tokens', revocations.revocationCreate, ended, {
    pick: ['userId'],
    path: { id: 'userId' },
  }),
]
