// Sends the OAuth requests of the command line to an admin realm.
import { FRESH_SIGN_IN } from '#domain/permitted.ts'
import { ADMIN_SCOPE } from '#domain/resource/platform-api.ts'
import { CLI_CLIENT } from '#kernel/product-words.ts'
import { reasonOf } from '../api.ts'
import { CommandFailure, EXIT } from '../failure.ts'
import { harmless } from '../text.ts'
import type { SignIn } from './sign-in-file.ts'

/** The scopes of a sign-in. */
export const SCOPE = `openid email profile offline_access ${ADMIN_SCOPE}`
const TIMEOUT = 30_000
const DEFAULT_LIFETIME = 300

/** An admin realm’s endpoints (RFC 8414 §2). */
export interface Issuer {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly revocation_endpoint: string
  readonly userinfo_endpoint: string
  /** The device authorization endpoint (RFC 8628 §4); absent on older servers. */
  readonly device_authorization_endpoint?: string
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'userinfo_endpoint'] as const

/**
 * Finds the admin realm whose tokens an admin API accepts (RFC 9728 §3).
 * @param url the origin of the admin API
 * @param tenant the id of a tenant; the first tenant by default
 * @throws CommandFailure
 */
export async function findIssuer(url: string, tenant: string | undefined): Promise<Issuer> {
  const query = tenant === undefined ? '' : `?${new URLSearchParams({ tenant })}`
  const api = await getJson(`${url}/.well-known/oauth-protected-resource${query}`)
  // §3.3: the resource in the metadata must be the requested one, because tokens are issued for it.
  if (api.resource !== url) {
    const named = typeof api.resource === 'string' ? harmless(api.resource) : 'something else'
    throw new CommandFailure(EXIT.failed, `The address of ${url} is ${named}.`, `Use that address: --server ${named}`)
  }
  // A realm describes its userinfo endpoint in the same way.
  if (!Array.isArray(api.scopes_supported) || !api.scopes_supported.includes(ADMIN_SCOPE)) {
    const remedy = 'Use --server or COUNTERSIGN_ADMIN_URL with the address of the admin listener.'
    throw new CommandFailure(EXIT.failed, `${url} is not the address of the admin API.`, remedy)
  }
  const [issuer] = Array.isArray(api.authorization_servers) ? api.authorization_servers : []
  if (typeof issuer !== 'string' || !/^https?:\/\//.test(issuer)) throw unexpected(url)
  const metadata = await getJson(`${issuer}/.well-known/openid-configuration`)
  const named = ENDPOINTS.every((name) => typeof metadata[name] === 'string' && URL.canParse(metadata[name]))
  if (metadata.issuer !== issuer || !named) throw unexpected(issuer)
  return metadata as unknown as Issuer
}

/** The URL of the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export function authorizationUrl(
  { authorization_endpoint: endpoint }: Issuer,
  request: { redirectUri: string; state: string; challenge: string },
): string {
  const url = new URL(endpoint)
  const parameters = {
    response_type: 'code',
    client_id: CLI_CLIENT,
    redirect_uri: request.redirectUri,
    scope: SCOPE,
    state: request.state,
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
    max_age: String(FRESH_SIGN_IN),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/** Exchanges a code for tokens. @param now milliseconds since 1970 @throws CommandFailure */
export async function exchangeCode(
  issuer: Issuer,
  given: { code: string; verifier: string; redirectUri: string },
  now: number,
): Promise<SignIn> {
  const { code, verifier, redirectUri } = given
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri }
  return signInOf(issuer, await postForm(issuer.token_endpoint, form), now)
}

/** Gets new tokens with the refresh token. @throws CommandFailure; SignInEnded if the sign-in is not valid any more */
export async function refresh(signIn: SignIn, now: number): Promise<SignIn> {
  const form = { grant_type: 'refresh_token', refresh_token: signIn.refreshToken }
  return withTokens(signIn, await postForm(signIn.tokenEndpoint, form), now)
}

/** Revokes the refresh token (RFC 7009). @throws CommandFailure if the server cannot be reached */
export async function revoke({ revocationEndpoint, refreshToken }: SignIn): Promise<void> {
  await postForm(revocationEndpoint, { token: refreshToken, token_type_hint: 'refresh_token' })
}

/** The claims of the signed-in user from the userinfo endpoint. @throws CommandFailure */
export async function whoIs({ userinfoEndpoint, accessToken }: SignIn): Promise<Record<string, unknown>> {
  return getJson(userinfoEndpoint, { authorization: `Bearer ${accessToken}` })
}

/** The failure for a sign-in that is revoked or expired, or whose user is not an administrator any more. */
export class SignInEnded extends CommandFailure {}

/** A JSON object from a response. */
export type Json = Record<string, unknown>

async function getJson(url: string, headers: Record<string, string> = {}): Promise<Json> {
  const { ok, status, body } = await send(url, { headers: { accept: 'application/json', ...headers } })
  if (ok && body) return body
  if (status === 401) throw ended()
  throw new CommandFailure(
    EXIT.failed,
    `${url} responded ${status}${body?.error_description ? `: ${harmless(String(body.error_description))}` : ''}.`,
    'Check the address of the admin API, and the version of the server.',
  )
}

async function postForm(url: string, form: Record<string, string>): Promise<Json> {
  const { ok, status, body } = await send(url, {
    method: 'POST',
    body: new URLSearchParams({ client_id: CLI_CLIENT, ...form }),
  })
  if (ok) return body ?? {}
  if (body?.error === 'invalid_grant' || body?.error === 'invalid_client') throw ended()
  throw new CommandFailure(EXIT.failed, `${url} responded ${status}: ${harmless(String(body?.error ?? 'no JSON'))}.`)
}

function ended(): SignInEnded {
  return new SignInEnded(EXIT.failed, 'The sign-in is not valid any more.', 'Sign in again: countersign login')
}

/** Sends a request. The body of the response is undefined if it is not a JSON object. @throws CommandFailure */
export async function send(
  url: string,
  init: RequestInit,
): Promise<{ ok: boolean; status: number; body: Json | undefined }> {
  try {
    // Credentials must not be sent to another address.
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) })
    const text = await response.text()
    return { ok: response.ok, status: response.status, body: parse(text) }
  } catch (error) {
    throw new CommandFailure(EXIT.unreachable, `Cannot connect to ${new URL(url).origin}: ${reasonOf(error)}.`)
  }
}

function parse(text: string): Json | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function unexpected(url: string): CommandFailure {
  return new CommandFailure(EXIT.failed, `The response of ${harmless(url)} has no valid authorization server metadata.`)
}

type Endpoints = Pick<SignIn, 'issuer' | 'tokenEndpoint' | 'revocationEndpoint' | 'userinfoEndpoint'>

/** The sign-in in a token response. @param now milliseconds since 1970 @throws CommandFailure if tokens are missing */
export function signInOf(issuer: Issuer, body: Json, now: number): SignIn {
  const endpoints = {
    issuer: issuer.issuer,
    tokenEndpoint: issuer.token_endpoint,
    revocationEndpoint: issuer.revocation_endpoint,
    userinfoEndpoint: issuer.userinfo_endpoint,
  }
  return withTokens(endpoints, body, now)
}

function withTokens(endpoints: Endpoints, body: Json, now: number): SignIn {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = body
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') throw unexpected(endpoints.issuer)
  const lifetime = typeof expiresIn === 'number' ? expiresIn : DEFAULT_LIFETIME
  const { issuer, tokenEndpoint, revocationEndpoint, userinfoEndpoint } = endpoints
  return {
    issuer,
    tokenEndpoint,
    revocationEndpoint,
    userinfoEndpoint,
    accessToken,
    refreshToken,
    expiresAt: now + lifetime * 1000,
  }
}
