// What the command line says to an admin realm: where it is, and the forms of OAuth.
import { reasonOf } from '../api.ts'
import { CommandFailure, EXIT } from '../failure.ts'
import { harmless } from '../text.ts'
import type { SignIn } from './sign-in-file.ts'

/** The public client that every admin realm has. */
export const CLIENT_ID = 'semauth-cli'
/** What a sign-in at a terminal is for. */
export const SCOPE = 'openid email profile offline_access management:full'
const PATIENCE = 30_000
const DEFAULT_LIFETIME = 300

/** An admin realm’s endpoints (RFC 8414 §2). */
export interface Issuer {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly revocation_endpoint: string
  readonly userinfo_endpoint: string
  /** Where a terminal without a browser begins (RFC 8628 §4); servers before it had that have none. */
  readonly device_authorization_endpoint?: string
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'userinfo_endpoint'] as const

/**
 * The admin realm whose tokens an admin API takes (RFC 9728 §3).
 * @param url the admin API’s origin
 * @param tenant a slug; the first tenant unless told
 * @throws CommandFailure
 */
export async function findIssuer(url: string, tenant: string | undefined): Promise<Issuer> {
  const query = tenant === undefined ? '' : `?${new URLSearchParams({ tenant })}`
  const api = await getJson(`${url}/.well-known/oauth-protected-resource${query}`)
  // §3.3: an API that calls itself something else is not the one that tokens would be for.
  if (api.resource !== url) {
    const named = typeof api.resource === 'string' ? harmless(api.resource) : 'something else'
    throw new CommandFailure(EXIT.failed, `${url} calls itself ${named}.`, `Use that address: --server ${named}`)
  }
  const [issuer] = Array.isArray(api.authorization_servers) ? api.authorization_servers : []
  if (typeof issuer !== 'string' || !/^https?:\/\//.test(issuer)) throw unexpected(url)
  const metadata = await getJson(`${issuer}/.well-known/openid-configuration`)
  const named = ENDPOINTS.every((name) => typeof metadata[name] === 'string' && URL.canParse(metadata[name]))
  if (metadata.issuer !== issuer || !named) throw unexpected(issuer)
  return metadata as unknown as Issuer
}

/** Where a person signs in (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export function authorizationUrl(
  { authorization_endpoint: endpoint }: Issuer,
  request: { redirectUri: string; state: string; challenge: string },
): string {
  const url = new URL(endpoint)
  const parameters = {
    response_type: 'code',
    client_id: CLIENT_ID,
    redirect_uri: request.redirectUri,
    scope: SCOPE,
    state: request.state,
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
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

/** Gets the next tokens of a sign-in. @throws CommandFailure, with `ended` where the sign-in is over */
export async function refresh(signIn: SignIn, now: number): Promise<SignIn> {
  const form = { grant_type: 'refresh_token', refresh_token: signIn.refreshToken }
  return withTokens(signIn, await postForm(signIn.tokenEndpoint, form), now)
}

/** Gives a sign-in back (RFC 7009). @throws CommandFailure where the server cannot be reached */
export async function revoke({ revocationEndpoint, refreshToken }: SignIn): Promise<void> {
  await postForm(revocationEndpoint, { token: refreshToken, token_type_hint: 'refresh_token' })
}

/** Who is signed in, as the admin realm says now. @throws CommandFailure */
export async function whoIs({ userinfoEndpoint, accessToken }: SignIn): Promise<Record<string, unknown>> {
  return getJson(userinfoEndpoint, { authorization: `Bearer ${accessToken}` })
}

/** A sign-in that is over: revoked, expired, or of somebody who is no administrator any more. */
export class SignInEnded extends CommandFailure {}

/** A JSON object that a server answered with. */
export type Json = Record<string, unknown>

async function getJson(url: string, headers: Record<string, string> = {}): Promise<Json> {
  const { ok, status, body } = await send(url, { headers: { accept: 'application/json', ...headers } })
  if (ok && body) return body
  if (status === 401) throw ended()
  throw new CommandFailure(
    EXIT.failed,
    `${url} answered ${status}${body?.error_description ? `: ${harmless(String(body.error_description))}` : ''}.`,
    'Is this the address of the admin API, and is the server recent enough?',
  )
}

async function postForm(url: string, form: Record<string, string>): Promise<Json> {
  const { ok, status, body } = await send(url, {
    method: 'POST',
    body: new URLSearchParams({ client_id: CLIENT_ID, ...form }),
  })
  if (ok) return body ?? {}
  if (body?.error === 'invalid_grant' || body?.error === 'invalid_client') throw ended()
  throw new CommandFailure(EXIT.failed, `${url} answered ${status}: ${harmless(String(body?.error ?? 'no JSON'))}.`)
}

function ended(): SignInEnded {
  return new SignInEnded(EXIT.failed, 'The sign-in is over.', 'Sign in again: countersign login')
}

/** One request, and its answer as far as that is a JSON object. @throws CommandFailure where there is none */
export async function send(
  url: string,
  init: RequestInit,
): Promise<{ ok: boolean; status: number; body: Json | undefined }> {
  try {
    // What a sign-in is worth goes to the address that was named, and to no other.
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) })
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
  return new CommandFailure(EXIT.failed, `${harmless(url)} does not say where to sign in.`)
}

type Place = Pick<SignIn, 'issuer' | 'tokenEndpoint' | 'revocationEndpoint' | 'userinfoEndpoint'>

/** The sign-in that a token response makes. @param now milliseconds since 1970 @throws CommandFailure where it is none */
export function signInOf(issuer: Issuer, body: Json, now: number): SignIn {
  const place = {
    issuer: issuer.issuer,
    tokenEndpoint: issuer.token_endpoint,
    revocationEndpoint: issuer.revocation_endpoint,
    userinfoEndpoint: issuer.userinfo_endpoint,
  }
  return withTokens(place, body, now)
}

function withTokens(place: Place, body: Json, now: number): SignIn {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = body
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') throw unexpected(place.issuer)
  const lifetime = typeof expiresIn === 'number' ? expiresIn : DEFAULT_LIFETIME
  const { issuer, tokenEndpoint, revocationEndpoint, userinfoEndpoint } = place
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
