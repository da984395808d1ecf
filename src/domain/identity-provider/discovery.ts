// Reads the metadata of OpenID Connect providers, when one is saved.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { type OidcSettings, TOKEN_AUTH_METHODS } from './openid-settings.ts'

const Metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
  userinfo_endpoint: z.string().nullable().default(null),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(['client_secret_basic']),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
})

/** What metadata says. */
export type Discovered = Pick<
  OidcSettings,
  | 'authorizationEndpoint'
  | 'tokenEndpoint'
  | 'jwksUri'
  | 'userinfoEndpoint'
  | 'tokenEndpointAuthMethod'
  | 'issParameter'
>

/**
 * The endpoints of an issuer (OpenID Connect Discovery §4). Its metadata has to name exactly this issuer.
 * @throws Failure `unreachable_host` where there is no such metadata
 */
export async function discoverProvider(
  { network, scope }: Pick<Context, 'network' | 'scope'>,
  issuer: string,
): Promise<Discovered> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = await network.fetchJson(address, { tenantId: scope.tenantId, maxAge: 0 })
  const { success, data } = Metadata.safeParse(document)
  if (!success || data.issuer !== issuer) {
    throw new Failure('unreachable_host', 'The metadata of the provider is not that of this issuer.')
  }
  const known = TOKEN_AUTH_METHODS.find((method) => data.token_endpoint_auth_methods_supported.includes(method))
  return {
    authorizationEndpoint: data.authorization_endpoint,
    tokenEndpoint: data.token_endpoint,
    jwksUri: data.jwks_uri,
    userinfoEndpoint: data.userinfo_endpoint,
    tokenEndpointAuthMethod: known ?? 'client_secret_basic',
    issParameter: data.authorization_response_iss_parameter_supported,
  }
}
