// The requests of this server to a provider about tokens: for a code, a refresh token or an assertion, and to revoke them.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { type BrokerProvider, SECRET_PURPOSE } from '../broker-provider/broker-provider.ts'
import type { Context } from '../context.ts'
import { codeOf } from '../external-sign-in/provider-failure.ts'
import { basicOf, parsedJson } from '../external-sign-in/provider-requests.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { type ConnectPaths, callbackPath } from './connect-paths.ts'
import { TOKEN } from './connection.ts'

type Needs = Pick<Context, 'clock' | 'crypto' | 'network' | 'registry' | 'scope'>

/** What a token endpoint gave. */
export interface UpstreamTokens {
  readonly accessToken: string
  /** Null where it gives none, or where the one before stays. */
  readonly refreshToken: string | null
  /** Null where it does not say. */
  readonly scopes: readonly string[] | null
  /** Milliseconds since 1970; null where it does not say. */
  readonly expiresAt: number | null
}

/** The provider does not take a code, refresh token or assertion (`invalid_grant`). */
export class RefusedGrant extends Error {}

const token = z.string().min(1).max(16_384)
const lifetime = z.coerce.number().int().min(0).max(315_360_000)

const Answer = z.object({
  access_token: token.regex(TOKEN),
  refresh_token: token.optional().catch(undefined),
  scope: z
    .union([z.string().max(8000), z.array(z.string()).max(500)])
    .optional()
    .catch(undefined),
  expires_in: lifetime.optional().catch(undefined),
})

/** Exchanges a code (RFC 6749 §4.1.3). @throws Failure `upstream_failed`, `temporarily_unavailable` */
export async function exchangeUpstreamCode(
  context: Needs,
  provider: BrokerProvider,
  { code, verifier, redirectUri }: { readonly code: string; readonly verifier: string; readonly redirectUri: string },
): Promise<UpstreamTokens> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  return tokensFor(context, provider, form).catch((error) => {
    throw error instanceof RefusedGrant ? upstreamFailure('The provider does not take the code.') : error
  })
}

/**
 * Refreshes tokens (RFC 6749 §6).
 * @throws RefusedGrant where the refresh token is not good any more; Failure as {@link exchangeUpstreamCode}
 */
export function refreshUpstream(
  context: Needs,
  provider: BrokerProvider,
  refreshToken: string,
): Promise<UpstreamTokens> {
  return tokensFor(context, provider, { grant_type: 'refresh_token', refresh_token: refreshToken })
}

/** A token for an account of the service itself (RFC 7523 §2.1). @throws Failure as {@link exchangeUpstreamCode} */
export async function serviceAccountTokens(
  context: Needs,
  provider: BrokerProvider,
  scopes: readonly string[],
): Promise<UpstreamTokens> {
  const { clock, crypto } = context
  const { saEmail, saAlgorithm, tokenUrl, tokenTtlSeconds } = provider
  const iat = Math.floor(clock.now() / 1000)
  const claims = {
    iss: saEmail,
    sub: saEmail,
    aud: tokenUrl,
    scope: scopes.join(' '),
    iat,
    exp: iat + tokenTtlSeconds,
  }
  const signed = [{ alg: saAlgorithm, typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = crypto.signWithKey(secretOf(context, provider), signed, saAlgorithm)
  if (signature === undefined) throw upstreamFailure('The key of the service account cannot sign.')
  const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  return tokensFor(context, provider, { grant_type: grantType, assertion: `${signed}.${signature}` }).catch((error) => {
    throw error instanceof RefusedGrant ? upstreamFailure('The provider does not take the assertion.') : error
  })
}

/** Revokes a token at the provider (RFC 7009). What the provider says to it changes nothing here. */
export async function revokeUpstream(context: Needs, provider: BrokerProvider, revoked: string): Promise<void> {
  const { revokeUrl, responseFormat } = provider
  if (revokeUrl === null) return
  const isSlack = responseFormat === 'slack'
  const asked = { token: revoked }
  const credentials = isSlack ? {} : credentialsOf(context, provider)
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    ...(isSlack ? { authorization: `Bearer ${revoked}` } : headersOf(context, provider)),
  }
  const body = new URLSearchParams({ ...(!isSlack && asked), ...credentials }).toString()
  try {
    const { tenantId } = context.scope
    await context.network.request(revokeUrl, { tenantId, headers, body })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}

/** What the provider says of the accounts that a token reaches. @throws Failure `upstream_failed` */
export async function fetchAccounts(
  { network, scope }: Needs,
  { accountsUrl }: BrokerProvider,
  accessToken: string,
): Promise<Record<string, unknown> | null> {
  if (accountsUrl === null) return null
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` }
  const { status, body } = await network.request(accountsUrl, { tenantId: scope.tenantId, headers }).catch((error) => {
    throw error instanceof Failure ? upstreamFailure('The list of accounts did not come in time and size.') : error
  })
  const read = status === 200 ? Accounts.safeParse(parsedJson(body)) : undefined
  if (!read?.success) throw upstreamFailure(`The list of accounts was answered with the status ${status}.`)
  return { accounts: read.data }
}

const shown = z.string().max(500).optional().catch(undefined)
const Accounts = z.array(z.object({ id: z.coerce.string().max(200), name: shown, url: shown })).max(100)

/** The address to which a provider returns people. */
export function callbackUrlOf(
  { registry, scope }: Pick<Context, 'registry' | 'scope'>,
  provider: BrokerProvider,
  paths: ConnectPaths = 'connect',
): string {
  return issuerOf(realmOf(scope), registry.settings) + callbackPath(provider, paths)
}

/** A failure of a provider. @param message a sentence without secrets */
export function upstreamFailure(message: string): Failure {
  return new Failure('upstream_failed', message)
}

async function tokensFor(
  context: Needs,
  provider: BrokerProvider,
  form: Readonly<Record<string, string>>,
): Promise<UpstreamTokens> {
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    ...headersOf(context, provider),
  }
  const body = new URLSearchParams({ ...form, ...credentialsOf(context, provider) }).toString()
  const { tenantId } = context.scope
  const answered = await context.network
    .request(provider.tokenUrl ?? '', { tenantId, headers, body })
    .catch((error) => {
      throw error instanceof Failure ? unavailable() : error
    })
  const json = provider.responseFormat === 'form' ? formOf(answered.body) : parsedJson(answered.body)
  return tokensIn(context, provider, answered.status, json)
}

function tokensIn(
  { clock }: Needs,
  { responseFormat }: BrokerProvider,
  status: number,
  answer: unknown,
): UpstreamTokens {
  if (status >= 500 || status === 429 || status === 408) throw unavailable()
  // GitHub and Slack answer errors with the status 200.
  const error = (answer as { error?: unknown } | null | undefined)?.error
  if (error === 'invalid_grant' || error === 'bad_refresh_token' || error === 'invalid_refresh_token') {
    throw new RefusedGrant()
  }
  if (error !== undefined && error !== null) throw upstreamFailure(`The token endpoint answered ${codeOf(error)}.`)
  const user = (answer as { authed_user?: { access_token?: unknown } } | undefined)?.authed_user
  const own = responseFormat === 'slack' && user?.access_token !== undefined ? user : answer
  const read = status === 200 || status === 201 ? Answer.safeParse(own) : undefined
  if (!read?.success) throw upstreamFailure(`The token endpoint answered the status ${status} without a token.`)
  const { access_token: accessToken, refresh_token: refreshToken = null, scope, expires_in: seconds } = read.data
  return {
    accessToken,
    refreshToken,
    scopes: scope === undefined ? null : [scope].flat().flatMap((each) => each.split(/[\s,]+/).filter(Boolean)),
    expiresAt: seconds === undefined || seconds === 0 ? null : clock.now() + seconds * 1000,
  }
}

function unavailable(): Failure {
  const message = 'The provider does not answer now. Try again later.'
  return new Failure('temporarily_unavailable', { message, retryAfter: 5 })
}

function formOf(body: string): unknown {
  return Object.fromEntries(new URLSearchParams(body))
}

// A service account proves itself by its assertion alone.
function credentialsOf(context: Needs, provider: BrokerProvider): Record<string, string> {
  const { protocol, clientId, tokenEndpointAuthMethod } = provider
  if (protocol !== 'oauth' || tokenEndpointAuthMethod !== 'client_secret_post') return {}
  return { client_id: clientId ?? '', client_secret: secretOf(context, provider) }
}

function headersOf(context: Needs, provider: BrokerProvider): Record<string, string> {
  const { protocol, clientId, tokenEndpointAuthMethod } = provider
  if (protocol !== 'oauth' || tokenEndpointAuthMethod !== 'client_secret_basic') return {}
  return { authorization: `Basic ${basicOf(clientId ?? '', secretOf(context, provider))}` }
}

/** The secret of a provider, or the variable of the server that has it. @throws Failure `upstream_failed` */
function secretOf({ crypto, registry }: Needs, { clientSecret, clientSecretRef }: BrokerProvider): string {
  if (clientSecretRef === null) return crypto.open(SECRET_PURPOSE, clientSecret ?? '')
  const secret = registry.settings.connectorSecret(clientSecretRef)
  if (secret !== undefined) return secret
  throw upstreamFailure(`The server has no variable ${clientSecretRef}, which the provider names as its secret.`)
}
