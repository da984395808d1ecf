// Finds out who a person is at an identity provider, from the answer that the browser brings.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { emailAddress } from '#kernel/field.ts'
import type { Context } from '../context.ts'
import type { OAuthSettings, OidcSettings } from '../identity-provider/openid-settings.ts'
import { type ExternalProvider, isOpenid } from './external-provider.ts'
import { verifyIdToken } from './id-token.ts'
import type { Answered } from './pending-sign-in.ts'
import { codeOf, providerFailure } from './provider-failure.ts'
import { type Claims, exchangeCode, fetchPrimaryEmail, fetchUserinfo, type Tokens } from './provider-requests.ts'

/** The parameters of an authorization response (RFC 6749 §4.1.2, RFC 9207 §2). */
export interface AuthorizationResponse {
  readonly code: string | undefined
  readonly error: string | undefined
  readonly iss: string | undefined
  /** What Apple tells beside it of a person who comes for the first time: JSON with `name`. Nobody signed it. */
  readonly user?: string | undefined
}

const appleName = z.string().trim().max(200).optional()
const AppleUser = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' })
      return z.NEVER
    }
  })
  .pipe(z.object({ name: z.object({ firstName: appleName, lastName: appleName }) }))

/** A person at a provider. */
export interface ExternalIdentity {
  /** What was measured of a password that was typed here, encrypted. */
  readonly typed?: string | undefined
  readonly issuer: string
  /** What the provider calls the person; it never changes. */
  readonly subject: string
  /** The address that the provider tells; null for none that is one. */
  readonly email: string | null
  /** Whether the provider says that the address is verified: the JSON value true, and nothing else. */
  readonly emailVerified: boolean
  /** What people know the account by. */
  readonly label: string | null
  readonly claims: Claims
  /** When the person signed in at the provider, in milliseconds since 1970; undefined where it does not say. */
  readonly authenticatedAt?: number | undefined
}

/**
 * The person that a provider answers about.
 * @throws Failure `identity_provider_failed` where the provider does not do as it has to, `access_denied` where it or the
 *   person refused
 */
export async function identityFrom(
  context: Context,
  provider: ExternalProvider,
  pending: Answered,
  { code, error, iss, user }: AuthorizationResponse,
): Promise<ExternalIdentity> {
  if (!isOpenid(provider)) throw providerFailure('authorization_response', 'The provider speaks SAML.')
  const { protocol } = provider
  if (protocol.type === 'oidc') checkIss(protocol.settings, iss)
  if (error === 'access_denied') {
    const message = 'The person or the provider refused the sign-in.'
    throw new Failure('access_denied', { step: 'authorization_response', message })
  }
  if (error !== undefined) throw providerFailure('authorization_response', `The provider answered ${codeOf(error)}.`)
  if (code === undefined) throw providerFailure('authorization_response', 'The answer has no code.')
  const tokens = await exchangeCode(context, provider, { code, verifier: pending.verifier })
  if (protocol.type === 'oauth2') return ofUserinfo(context, protocol.settings, pending, tokens)
  const identity = await ofIdToken(context, protocol.settings, pending, tokens)
  return protocol.settings.preset === 'apple' ? ofApple(identity, user) : identity
}

/** The answer has to be that of the issuer, against mix-up (RFC 9207 §2.4). The comparison is byte for byte. */
function checkIss({ issuer, issParameter, preset }: OidcSettings, iss: string | undefined): void {
  const isMissing = iss === undefined && issParameter
  if (isMissing || (iss !== undefined && iss !== issuer && preset !== 'microsoft')) {
    throw providerFailure('authorization_response', 'The answer names another issuer, or none.')
  }
}

async function ofIdToken(
  context: Context,
  settings: OidcSettings,
  { nonce, maxAge, askedAt }: Answered,
  tokens: Tokens,
): Promise<ExternalIdentity> {
  if (tokens.idToken === undefined) throw providerFailure('id_token', 'There is no ID token.')
  const { accessToken } = tokens
  const told = await verifyIdToken(context, settings, tokens.idToken, { nonce, maxAge, askedAt, accessToken })
  const { userinfoEndpoint } = settings
  const more = userinfoEndpoint === null ? {} : await fetchUserinfo(context, userinfoEndpoint, tokens)
  // OpenID Connect Core §5.3.2: userinfo about somebody else must not be used.
  if (userinfoEndpoint !== null && more.sub !== told.sub) {
    throw providerFailure('userinfo', 'The userinfo is about another person than the ID token.')
  }
  const { iss: issuer, sub: subject, auth_time: authTime } = told
  const isTime = typeof authTime === 'number' && Number.isFinite(authTime) && authTime > 0
  const authenticatedAt = isTime ? Math.floor(authTime * 1000) : undefined
  return { ...identityOf(merged(told, more, settings), { issuer, subject }, settings), authenticatedAt }
}

/** Apple says truth values as texts too, and the name only in the form of the first answer. */
function ofApple(identity: ExternalIdentity, user: string | undefined): ExternalIdentity {
  const { claims, email, emailVerified } = identity
  const read = AppleUser.safeParse(user)
  const { firstName, lastName } = read.success ? read.data.name : {}
  const told = {
    ...(firstName && { given_name: firstName }),
    ...(lastName && { family_name: lastName }),
    ...((firstName || lastName) && { name: [firstName, lastName].filter(Boolean).join(' ') }),
  }
  const isVerified = emailVerified || claims.email_verified === 'true'
  return { ...identity, emailVerified: email !== null && isVerified, claims: { ...told, ...claims } }
}

/** What both say. Whether an address is verified counts only for the address that it was said of. */
function merged(told: Claims, more: Claims, { emailVerifiedClaim }: OidcSettings): Claims {
  const { [emailVerifiedClaim]: _, ...others } = more
  return { ...(told.email === undefined || told.email === more.email ? more : others), ...told }
}

async function ofUserinfo(
  context: Context,
  settings: OAuthSettings,
  { maxAge }: Answered,
  tokens: Tokens,
): Promise<ExternalIdentity> {
  if (maxAge !== null) throw providerFailure('userinfo', 'The provider does not say when the person signed in.')
  const { userinfoEndpoint, emailsEndpoint, subjectClaim } = settings
  const told = await fetchUserinfo(context, userinfoEndpoint, tokens)
  const given = Object.hasOwn(told, subjectClaim) ? told[subjectClaim] : undefined
  const isId = (typeof given === 'string' && given !== '') || Number.isSafeInteger(given)
  const subject = isId ? String(given) : ''
  if (subject === '' || subject.length > 255) throw providerFailure('userinfo', 'The userinfo has no subject.')
  // The other addresses may be anybody's.
  const listed = emailsEndpoint === null ? undefined : await fetchPrimaryEmail(context, emailsEndpoint, tokens)
  const claims = emailsEndpoint === null ? told : { ...told, email: listed, [settings.emailVerifiedClaim]: true }
  return identityOf(claims, { issuer: userinfoEndpoint, subject }, settings)
}

function identityOf(
  claims: Claims,
  who: Pick<ExternalIdentity, 'issuer' | 'subject'>,
  { emailVerifiedClaim }: Pick<OidcSettings, 'emailVerifiedClaim'>,
): ExternalIdentity {
  const read = emailAddress.safeParse(claims.email)
  const email = read.success ? read.data : null
  const isVerified = Object.hasOwn(claims, emailVerifiedClaim) && claims[emailVerifiedClaim] === true
  const names = [email, claims.preferred_username, claims.login, claims.username, claims.name]
  const label = names.find((name) => typeof name === 'string' && name !== '')
  return {
    ...who,
    email,
    emailVerified: email !== null && isVerified,
    label: typeof label === 'string' ? label.slice(0, 254) : null,
    claims,
  }
}
