import type { GRANT_TYPES, RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { Parameters } from '#domain/realm-request.ts'
import type { SignedAccessToken } from './issue.ts'

/** What a token endpoint answers (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  readonly refresh_token?: string
  readonly id_token?: string
  /** Left out where the token has none. */
  readonly scope?: string
}

/** The answer for a token that was recorded, and for what goes with it. */
export function tokenResponse(
  { token, expiresIn, issuance }: SignedAccessToken,
  { refreshToken, idToken }: { refreshToken?: string | undefined; idToken?: string | undefined } = {},
): TokenResponse {
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(idToken !== undefined && { id_token: idToken }),
    ...(issuance.scopes !== '' && { scope: issuance.scopes }),
  }
}

/** One grant: what it makes of a form, for a client that is authenticated and may use it. */
export interface Grant {
  readonly type: (typeof GRANT_TYPES)[number]
  /** @throws Failure in RFC 6749 §5.2’s codes */
  readonly run: (context: Context, client: RegisteredClient, form: Parameters) => Promise<TokenResponse>
}
