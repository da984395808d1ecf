import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { PageQuery } from '#kernel/page.ts'
import { period } from '#kernel/period.ts'

/** One access token that was issued: never the token, only what it says and whether it still holds. */
export const Issuance = z.object({
  id: idOut('issuance').describe('The token’s jti is the same id as a UUID.'),
  realmId: idOut('realm'),
  clientId: idOut('client'),
  userId: idOut('user').nullable(),
  sessionId: idOut('session').nullable(),
  familyId: z.string().nullable().describe('Shared by all tokens that one authorization gave rise to.'),
  grantType: z.string(),
  audience: z.string(),
  scopes: z.array(z.string()),
  kid: z.string(),
  issuedAt: time,
  expiresAt: time,
  revokedAt: time.nullable(),
})
export type Issuance = z.output<typeof Issuance>

/** What recognises a token that is presented, and says whether it still holds. */
export interface IssuedToken {
  readonly id: string
  readonly realmId: string
  readonly clientId: string
  readonly userId: string | null
  readonly audience: string
  readonly scopes: readonly string[]
  readonly tokenHash: string
  readonly expiresAt: number
  readonly revokedAt: number | null
}

/** Which issuances of a realm to list. */
export const IssuanceFilter = z.strictObject({
  ...PageQuery.shape,
  clientId: idOf('client').optional().describe('Only what this client was issued.'),
  userId: idOf('user').optional().describe('Only what was issued for this user.'),
  resource: z.string().min(1).max(2000).optional().describe('Only tokens for this audience: a resource’s identifier.'),
  ...period,
})
export type IssuanceFilter = z.output<typeof IssuanceFilter>

/**
 * What a set of tokens has in common that is revoked together. A session’s and a family’s are found among their user’s, so
 * that each token is entered into one index less.
 */
export type TokenOwner =
  | { readonly realmId: string }
  | { readonly clientId: string }
  | { readonly userId: string }
  | { readonly userId: string; readonly sessionId: string }
  | { readonly userId: string; readonly familyId: string }
  | { readonly userId: string; readonly clientId: string }
