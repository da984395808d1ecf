// This server as a SAML service provider: its authentication requests, and its metadata.
import type { SAML } from '@node-saml/node-saml'
import type { Context } from '../context.ts'
import { callbackUrlOf, metadataUrlOf } from '../identity-provider/identity-provider.service.ts'
import { SAML_KEY_PURPOSE } from '../identity-provider/identity-provider.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { SamlProvider } from './external-provider.ts'
import type { RequestSecrets } from './pending-sign-in.ts'

type Needs = Pick<Context, 'crypto' | 'registry' | 'scope'>

/** Where a provider sends assertions, and for whom they are. */
export function serviceProviderOf(context: Needs, provider: SamlProvider): { acsUrl: string; entityId: string } {
  const realm = realmOf(context.scope)
  return { acsUrl: callbackUrlOf(context, realm, provider), entityId: metadataUrlOf(context, realm, provider) }
}

/** The ID of the authentication request of a state. Only this server and the browser know it. */
export function requestIdOf({ nonce }: Pick<RequestSecrets, 'nonce'>): string {
  return `_${nonce}`
}

/**
 * What speaks SAML with a provider. Times and requests are checked here, by the clock and the database of the server.
 * @param request the ID of the request, and whether the person has to sign in at the provider anew
 */
export async function samlOf(
  context: Needs,
  provider: SamlProvider,
  request: { readonly id: string; readonly isNew: boolean },
): Promise<SAML> {
  const { SAML, ValidateInResponseTo } = await import('@node-saml/node-saml')
  const { acsUrl, entityId } = serviceProviderOf(context, provider)
  const { settings } = provider.protocol
  return new SAML({
    issuer: entityId,
    audience: entityId,
    callbackUrl: acsUrl,
    entryPoint: settings.ssoUrl,
    idpCert: settings.certificates.map(({ pem }) => pem),
    identifierFormat: settings.nameIdFormat,
    wantAssertionsSigned: true,
    // Many providers sign only the assertion, and nothing of the response counts but its assertion.
    wantAuthnResponseSigned: false,
    disableRequestedAuthnContext: true,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    validateInResponseTo: ValidateInResponseTo.never,
    acceptedClockSkewMs: -1,
    generateUniqueId: () => request.id,
    forceAuthn: request.isNew,
    ...keyOf(context, provider),
  })
}

/** The key of this server for a provider that encrypts, or wants signed requests. */
function keyOf({ crypto }: Needs, { protocol, clientSecret }: SamlProvider) {
  const { spCertificate, signedRequests } = protocol.settings
  if (clientSecret === null || spCertificate === null) return {}
  const privateKey = crypto.open(SAML_KEY_PURPOSE, clientSecret)
  return { decryptionPvk: privateKey, ...(signedRequests && { privateKey, publicCert: spCertificate }) }
}

/** The URL of an authentication request by HTTP-Redirect (SAML Bindings §3.4). @param isNew as of {@link samlOf} */
export async function samlRequestUrl(
  context: Context,
  provider: SamlProvider,
  secrets: RequestSecrets,
  { isNew }: { readonly isNew: boolean },
): Promise<string> {
  const saml = await samlOf(context, provider, { id: requestIdOf(secrets), isNew })
  return saml.getAuthorizeUrlAsync(secrets.state, undefined, {})
}

/** The metadata of this server for a provider, as XML (SAML Metadata §2.4.4). */
export async function samlMetadata(context: Needs, provider: SamlProvider): Promise<string> {
  const saml = await samlOf(context, provider, { id: `_${provider.id}`, isNew: false })
  const { spCertificate, signedRequests } = provider.protocol.settings
  const metadata = saml.generateServiceProviderMetadata(
    spCertificate,
    signedRequests && spCertificate !== null ? spCertificate : undefined,
  )
  return withoutCbc(metadata)
}

/** The library names the algorithms that it knows itself; this server decrypts fewer. */
function withoutCbc(metadata: string): string {
  return metadata.replace(/\s*<EncryptionMethod Algorithm="[^"]*-cbc"\s*\/>/g, '')
}
