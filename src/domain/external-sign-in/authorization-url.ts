// The authorization request to an identity provider (OpenID Connect Core §3.1.2.1, RFC 7636, RFC 9700 §2.1).
import type { Context } from '../context.ts'
import { callbackUrlOf } from '../identity-provider/identity-provider.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { type ExternalProvider, isSaml, type OpenidProvider, presetOf } from './external-provider.ts'
import { beginPending, type Pending, type Purpose, type RequestSecrets } from './pending-sign-in.ts'
import { samlRequestUrl } from './saml-request.ts'

/** What is asked of the provider. */
export interface Asked {
  readonly purpose: Purpose
  /** The oldest sign-in at the provider that counts, in seconds; null for any. */
  readonly maxAge: number | null
  /** Whether the person chooses the account at the provider. */
  readonly selectsAccount?: boolean
  readonly loginHint?: string | undefined
}

/**
 * Begins a sign-in at a provider. @returns where the browser goes
 * @throws Failure `too_many_requests`
 */
export async function authorizationUrl(
  context: Context,
  provider: ExternalProvider,
  asked: Asked,
  browserSecret: string,
): Promise<string> {
  const { purpose, maxAge } = asked
  const pending: Omit<Pending, 'realmId' | 'browserHash' | 'askedAt'> = { providerId: provider.id, purpose, maxAge }
  const secrets = await beginPending(context, pending, browserSecret)
  if (isSaml(provider)) return samlRequestUrl(context, provider, secrets, { isNew: maxAge !== null })
  return openidUrl(context, provider as OpenidProvider, asked, secrets)
}

function openidUrl(
  context: Context,
  provider: OpenidProvider,
  { maxAge, selectsAccount, loginHint }: Asked,
  { state, nonce, verifier }: RequestSecrets,
): string {
  const { protocol } = provider
  const { settings } = protocol
  const prompts = [...(maxAge === 0 ? ['login'] : []), ...(selectsAccount ? ['select_account'] : [])]
  const parameters: Readonly<Record<string, string | undefined>> = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: callbackUrlOf(context, realmOf(context.scope), provider),
    scope: settings.scopes.join(' ') || undefined,
    state,
    response_mode: presetOf(provider)?.responseMode,
    ...(usesPkce(provider) && { code_challenge: context.crypto.digest(verifier), code_challenge_method: 'S256' }),
    ...(protocol.type === 'oidc' && {
      nonce,
      login_hint: loginHint,
      prompt: prompts.join(' ') || undefined,
      max_age: maxAge === null ? undefined : String(maxAge),
    }),
  }
  const url = new URL(settings.authorizationEndpoint)
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}

/** Whether the code is bound to this server by a verifier. */
export function usesPkce(provider: OpenidProvider): boolean {
  return presetOf(provider)?.pkce !== false
}
