// The requests of this server to an identity provider: the code exchange, and the userinfo.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { callbackUrlOf } from '../identity-provider/identity-provider.service.ts'
import { SECRET_PURPOSE } from '../identity-provider/identity-provider.ts'
import { signedSecret } from '../identity-provider/signed-secret.ts'
import type { RequestOptions } from '../outside.ts'
import { realmOf } from '../realm/realm.service.ts'
import { usesPkce } from './authorization-url.ts'
import { type OpenidProvider, presetOf } from './external-provider.ts'
import { codeOf, type FailedStep, providerFailure } from './provider-failure.ts'

/** A JSON object of a provider. */
export type Claims = Readonly<Record<string, unknown>>

/** The tokens of a code. They are used at once, and never stored. */
export interface Tokens {
  readonly accessToken: string
  readonly idToken: string | undefined
}

/**
 * Exchanges a code for tokens (RFC 6749 §4.1.3).
 * @throws Failure `identity_provider_failed`
 */
export async function exchangeCode(
  context: Context,
  provider: OpenidProvider,
  { code, verifier }: { readonly code: string; readonly verifier: string },
): Promise<Tokens> {
  const { settings } = provider.protocol
  const { clientId, tokenEndpoint, tokenEndpointAuthMethod } = settings
  const secret = secretOf(context, provider)
  const isPost = tokenEndpointAuthMethod === 'client_secret_post'
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: callbackUrlOf(context, realmOf(context.scope), provider),
    ...(usesPkce(provider) && { code_verifier: verifier }),
    ...(isPost && { client_id: clientId, client_secret: secret }),
  })
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    ...(!isPost && { authorization: `Basic ${basicOf(clientId, secret)}` }),
  }
  const body = await ask(context, 'token_request', tokenEndpoint, { headers, body: form.toString() })
  const { access_token: accessToken, id_token: idToken, token_type: type, error } = asClaims('token_request', body)
  // GitHub answers errors with the status 200.
  if (error !== undefined) throw providerFailure('token_request', `The token endpoint answered ${codeOf(error)}.`)
  if (typeof accessToken !== 'string' || String(type).toLowerCase() !== 'bearer') {
    throw providerFailure('token_request', 'The token response has no bearer token.')
  }
  return { accessToken, idToken: typeof idToken === 'string' ? idToken : undefined }
}

function secretOf({ clock, crypto }: Context, provider: OpenidProvider): string {
  const secret = crypto.open(SECRET_PURPOSE, provider.clientSecret ?? '')
  const { protocol } = provider
  if (protocol.type !== 'oidc' || !presetOf(provider)?.signedSecret) return secret
  const { teamId, keyId, clientId, issuer } = protocol.settings
  const signer = { teamId: teamId ?? '', keyId: keyId ?? '', clientId, audience: issuer, now: clock.now() }
  return signedSecret(crypto, secret, signer)
}

/**
 * What a userinfo endpoint says (OpenID Connect Core §5.3).
 * @throws Failure `identity_provider_failed`
 */
export async function fetchUserinfo(context: Context, address: string, { accessToken }: Tokens): Promise<Claims> {
  return asClaims('userinfo', await fetchWith(context, address, accessToken))
}

/** The verified primary address in a list as GitHub has it; undefined where there is none. */
export async function fetchPrimaryEmail(
  context: Context,
  address: string,
  { accessToken }: Tokens,
): Promise<string | undefined> {
  const list = await fetchWith(context, address, accessToken)
  if (!Array.isArray(list)) throw providerFailure('userinfo', 'The list of addresses is no list.')
  const found = list.find((one) => one?.primary === true && one?.verified === true)
  return typeof found?.email === 'string' ? found.email : undefined
}

function fetchWith(context: Context, address: string, accessToken: string): Promise<unknown> {
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` }
  return ask(context, 'userinfo', address, { headers })
}

async function ask(
  { network, scope }: Context,
  step: FailedStep,
  address: string,
  options: Omit<RequestOptions, 'tenantId'>,
): Promise<unknown> {
  const { status, body } = await network.request(address, { ...options, tenantId: scope.tenantId }).catch((error) => {
    if (error instanceof Failure) throw providerFailure(step, 'The provider did not answer in time and size.')
    throw error
  })
  const json = parsedJson(body)
  if (status === 200 && json !== undefined) return json
  const error = (json as { error?: unknown } | null | undefined)?.error
  const told = error === undefined ? '' : `, ${codeOf(error)}`
  throw providerFailure(step, `The provider answered with the status ${status}${told}.`)
}

/** A text as JSON; undefined for one that is not. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function asClaims(step: FailedStep, body: unknown): Claims {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Claims
  throw providerFailure(step, 'The provider answered no JSON object.')
}

/** The id and the secret, form-encoded (RFC 6749 §2.3.1). */
export function basicOf(clientId: string, secret: string): string {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return Buffer.from(`${encoded(clientId)}:${encoded(secret)}`).toString('base64')
}
