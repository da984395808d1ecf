// The view of an issued token, and the filters of their list.
import * as z from 'zod'
import type { PresentedToken } from '#database/token-log/token-log.ts'
import { idOf, idOut, time } from '#kernel/field.ts'
import { forwardQuery } from '#kernel/page.ts'
import { period } from '#kernel/period.ts'

const claim = z.record(z.string(), z.unknown()).nullable()

/** One issued access token: its claims and its state, never the token itself. */
export const Issuance = z.object({
  id: idOut('issuance').describe('The jti of the token is the same id as a UUID.'),
  kind: z
    .enum(['mint', 'broker'])
    .describe(
      'mint: this server signed the token. broker: a provider issued it, so that it has no jti and is not revoked here.',
    ),
  realmId: idOut('realm'),
  clientId: idOut('client'),
  userId: idOut('user').nullable(),
  sessionId: idOut('session').nullable(),
  familyId: z.string().nullable().describe('The same for all tokens of one authorization.'),
  grantType: z.string(),
  audience: z.string(),
  scopes: z.array(z.string()),
  kid: z.string().nullable().describe('The key that signed it; null for one of a provider.'),
  issuedAt: time,
  expiresAt: time.nullable().describe('null where a provider does not say.'),
  revokedAt: time.nullable(),
  parentId: idOut('issuance').nullable().describe('The token that it was exchanged for (RFC 8693).'),
  confirmation: claim.describe('The key that it is bound to: the claim `cnf` (RFC 7800).'),
  act: claim.describe('Who acts for the subject: the claim `act` (RFC 8693).'),
})
export type Issuance = z.output<typeof Issuance>

/** An issued access token with the client that got it. */
export const IssuanceView = Issuance.extend({
  client: z
    .object({ clientId: z.string(), label: z.string() })
    .nullable()
    .describe('The client that got it; null once it is deleted.'),
  status: z.enum(['active', 'expired', 'revoked']).describe('Whether it is valid.'),
})
export type IssuanceView = z.output<typeof IssuanceView>

/** An issued access token with the claims that its record tells. */
export const IssuanceWithClaims = IssuanceView.extend({
  claims: z.record(z.string(), z.unknown()).describe('The claims of the token that are recorded.'),
})
export type IssuanceWithClaims = z.output<typeof IssuanceWithClaims>

/** The properties that identify a presented token and decide whether it is valid. */
export type IssuedToken = PresentedToken

/** The filters of a list of a realm's tokens. */
export const IssuanceFilter = z.strictObject({
  ...forwardQuery.shape,
  clientId: idOf('client').optional().describe('Only tokens of this client.'),
  client: z.string().min(1).max(500).optional().describe('Only tokens of the client with this client id.'),
  userId: idOf('user').optional().describe('Only tokens for this user.'),
  resource: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .describe('Only tokens for this resource: its identifier, its slug or its id.'),
  jti: z.string().min(1).max(80).optional().describe('Only the token with this `jti`.'),
  ...period,
  within: z
    .string()
    .regex(/^\d{1,5}[smhdw]$/, 'a number with s, m, h, d or w')
    .optional()
    .describe('Only tokens of the last seconds, minutes, hours, days or weeks: `24h`. Instead of `since`.'),
})
export type IssuanceFilter = z.output<typeof IssuanceFilter>
