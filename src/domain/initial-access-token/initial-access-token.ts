// The inputs and views of initial access tokens (RFC 7591 §1.2): with one of them, clients are registered.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, fixed, managed } from '#kernel/declared-fields.ts'
import { idOut, label, time, timeIn } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'

/** The prefix of every token, so that people and secret scanners recognise tokens. */
export const INITIAL_TOKEN_PREFIX = 'iat_'

/** The fields of an initial access token. */
export const InitialAccessTokenFields = declare({
  id: constant(idOut('initial_access_token')),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(z.string(), { view: null }),
  name: fixed(label(200).describe('Who gets it, or what for.')),
  usesLeft: fixed(
    z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .nullable()
      .describe('How many clients can be registered with it; null for any number.'),
    { initial: 1, view: z.number().int().nullable() },
  ),
  createdAt: constant(time),
  expiresAt: constant(time.nullable()),
  revokedAt: managed(time.nullable()),
})

const { name, usesLeft } = InitialAccessTokenFields.creation

/** The input for a new initial access token. */
export const NewInitialAccessToken = z.strictObject({
  name,
  uses: usesLeft.describe('How many clients can be registered with it; null for any number.'),
  expiresAt: timeIn.optional().describe('The expiry time. Default: it does not expire.'),
})
export type NewInitialAccessToken = z.output<typeof NewInitialAccessToken>

export const InitialAccessTokenQuery = listQuery('created_at').extend({
  revoked: z.stringbool().default(false).describe('Also list revoked tokens.'),
})
export type InitialAccessTokenQuery = z.output<typeof InitialAccessTokenQuery>

/** An initial access token of a realm. Only the digest of its secret is stored. */
export type InitialAccessToken = NounOf<typeof InitialAccessTokenFields>

/** The schema of an initial access token in admin responses. */
export const InitialAccessTokenView = z.object(InitialAccessTokenFields.view)
export type InitialAccessTokenView = z.output<typeof InitialAccessTokenView>

/** An initial access token with its secret. */
export const InitialAccessTokenWithSecret = InitialAccessTokenView.extend({
  token: z.string().describe('Shown only in this response; the server stores only its digest.'),
})
export type InitialAccessTokenWithSecret = z.output<typeof InitialAccessTokenWithSecret>
