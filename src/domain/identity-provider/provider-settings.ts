// Checks and applies the settings of each type of provider.

import { Failure, type Flaw } from '#kernel/error.ts'
import { parse } from '#kernel/parse.ts'
import type { Context } from '../context.ts'
import { resealed } from '../kept-secret.ts'
import type { Certificate } from '../outside.ts'
import { definedOnly } from '../update.ts'
import { discoverProvider } from './discovery.ts'
import {
  type GivenSettings,
  NewLdapSettings,
  NewOAuthSettings,
  NewOidcSettings,
  NewSamlSettings,
  type Protocol,
  type ProviderType,
  SAML_KEY_PURPOSE,
  type SamlSettings,
  SECRET_PURPOSE,
  SETTINGS_OF,
} from './identity-provider.ts'
import { type OidcSettings, TENANT_PLACE } from './openid-settings.ts'
import { PRESETS } from './presets.ts'
import { readSamlMetadata } from './saml-metadata.ts'
import { isSecretKey } from './signed-secret.ts'

type Outside = Pick<Context, 'crypto' | 'network'>
type Needs = Pick<Context, 'clock' | 'crypto' | 'network' | 'scope'>

/** Valid settings of a protocol, and the sealed secret. */
export interface StoredSettings {
  readonly protocol: Protocol
  readonly clientSecret: string | null
}

const ENDPOINTS = [
  'issuer',
  'authorizationEndpoint',
  'tokenEndpoint',
  'jwksUri',
  'userinfoEndpoint',
  'emailsEndpoint',
] as const

/**
 * The settings of a new provider. A preset fills in what is left out, and for an issuer without any endpoint its metadata.
 * @throws Failure `invalid_input` for a missing setting, a setting of another type, or an invalid certificate;
 *   `unreachable_host` for a URL that the server may not contact, or metadata that cannot be read
 */
export async function newSettings(context: Needs, type: ProviderType, given: GivenSettings): Promise<StoredSettings> {
  const { crypto, network } = context
  const ownSettings = ofType(type, given)
  if (type === 'saml') {
    const { certificates, ...rest } = parse(NewSamlSettings, await withMetadata(context, ownSettings))
    const key = usesKey(rest) ? await newKey(context) : NO_KEY
    const { spCertificate } = key
    const read = { ...rest, certificates: readCertificates(crypto, certificates), spCertificate }
    return { protocol: { type, settings: read }, clientSecret: key.clientSecret }
  }
  if (type === 'ldap') {
    const { clientSecret, ...settings } = parse(NewLdapSettings, ownSettings)
    checkDirectory(network, settings)
    return { protocol: { type, settings }, clientSecret: crypto.seal(SECRET_PURPOSE, clientSecret) }
  }
  checkEndpoints(network, ownSettings)
  const whole = await completed(context, type, ownSettings)
  if (type === 'oauth2') {
    const { clientSecret, ...settings } = parse(NewOAuthSettings, whole)
    checkEndpoints(network, settings)
    return { protocol: { type, settings }, clientSecret: crypto.seal(SECRET_PURPOSE, clientSecret) }
  }
  const { clientSecret, ...settings } = parse(NewOidcSettings, whole)
  checkIssuer(settings)
  checkSigner(crypto, settings, clientSecret)
  checkEndpoints(network, settings)
  return { protocol: { type, settings }, clientSecret: crypto.seal(SECRET_PURPOSE, clientSecret) }
}

async function completed(
  context: Needs,
  type: ProviderType,
  given: Partial<GivenSettings>,
): Promise<Partial<GivenSettings>> {
  const preset = given.preset ? PRESETS[given.preset] : undefined
  if (preset && preset.type !== type) {
    refuse('invalid_input', [{ path: 'preset', message: `for a provider of the type ${preset.type}` }])
  }
  const isOwnIssuer = given.issuer === undefined || given.issuer === preset?.settings.issuer
  const filled = { ...(preset && (isOwnIssuer ? preset.settings : withoutEndpoints(preset.settings))), ...given }
  const { issuer } = filled
  const isToDiscover = type === 'oidc' && issuer !== undefined && DISCOVERED.every((name) => filled[name] === undefined)
  return isToDiscover ? { ...(await discoverProvider(context, issuer)), ...filled } : filled
}

const DISCOVERED = ['authorizationEndpoint', 'tokenEndpoint', 'jwksUri'] as const

function withoutEndpoints<Settings extends object>(settings: Settings): Partial<Settings> {
  const kept = Object.entries(settings).filter(([name]) => !ENDPOINTS.some((endpoint) => endpoint === name))
  return Object.fromEntries(kept) as Partial<Settings>
}

/** Only Microsoft has one issuer for each organization behind the same endpoints. */
function checkIssuer({ issuer, preset }: Pick<OidcSettings, 'issuer' | 'preset'>): void {
  if (!issuer.includes(TENANT_PLACE) || preset === 'microsoft') return
  refuse('invalid_input', [{ path: 'issuer', message: `may have ${TENANT_PLACE} only with the preset microsoft` }])
}

interface OwnKey {
  readonly spCertificate: string | null
  readonly clientSecret: string | null
}

const NO_KEY: OwnKey = { spCertificate: null, clientSecret: null }

function usesKey({
  encryptedAssertions,
  signedRequests,
}: Pick<GivenSettings, 'encryptedAssertions' | 'signedRequests'>): boolean {
  return encryptedAssertions === true || signedRequests === true
}

async function newKey({ clock, crypto }: Needs): Promise<OwnKey> {
  const { certificate, privateKey } = await crypto.makeKeyWithCertificate('Countersign', clock.now())
  return { spCertificate: certificate, clientSecret: crypto.seal(SAML_KEY_PURPOSE, privateKey) }
}

async function withMetadata(
  context: Needs,
  { metadata, ...given }: Partial<GivenSettings>,
): Promise<Partial<GivenSettings>> {
  return metadata === undefined ? given : { ...(await readSamlMetadata(context, metadata)), ...definedOnly(given) }
}

/** Apple has a private key in the place of a secret, and signs with it what is sent as the secret. */
function checkSigner(
  crypto: Outside['crypto'],
  { preset, teamId, keyId }: OidcSettings,
  clientSecret: string | undefined,
): void {
  const signs = preset !== null && PRESETS[preset].signedSecret === true
  const flaws = Object.entries({ teamId, keyId }).flatMap(([path, value]) =>
    (value === null) === signs ? [{ path, message: signs ? 'is required' : 'only for the preset apple' }] : [],
  )
  if (signs && clientSecret !== undefined && !isSecretKey(crypto, clientSecret)) {
    flaws.push({ path: 'clientSecret', message: 'not a private key on P-256 in PEM (PKCS #8)' })
  }
  refuse('invalid_input', flaws)
}

/**
 * Prepares the change of a provider's settings before the write: validates what does not depend on the provider, and
 * seals the secret.
 * @throws Failure as {@link newSettings} does
 */
export async function changeOfSettings(
  context: Needs,
  given: GivenSettings,
): Promise<(before: StoredSettings) => StoredSettings> {
  const { crypto, network } = context
  const settings: GivenSettings = await withMetadata(context, given)
  const { clientSecret, certificates, ...rest } = settings
  const ownSettings = definedOnly(rest)
  const key = usesKey(ownSettings) ? await newKey(context) : NO_KEY
  checkEndpoints(network, ownSettings)
  checkDirectory(network, ownSettings)
  const read = certificates && { certificates: readCertificates(crypto, certificates) }
  return ({ protocol, clientSecret: storedSecret }) => {
    ofType(protocol.type, given)
    checkChange(crypto, protocol, { ...ownSettings, ...(typeof clientSecret === 'string' && { clientSecret }) })
    if (protocol.type === 'saml') {
      const changed: SamlSettings = { ...protocol.settings, ...(ownSettings as Partial<SamlSettings>), ...read }
      const kept = { spCertificate: changed.spCertificate, clientSecret: storedSecret }
      const { spCertificate, clientSecret: ownKey } = usesKey(changed) ? (storedSecret === null ? key : kept) : NO_KEY
      return { protocol: { type: 'saml', settings: { ...changed, spCertificate } }, clientSecret: ownKey }
    }
    return {
      protocol: { type: protocol.type, settings: { ...protocol.settings, ...ownSettings, ...read } } as Protocol,
      clientSecret: resealed(crypto, SECRET_PURPOSE, storedSecret, clientSecret ?? undefined),
    }
  }
}

function checkChange(crypto: Outside['crypto'], { type, settings }: Protocol, changed: Partial<GivenSettings>): void {
  if (type === 'oidc' && changed.scopes && !changed.scopes.includes('openid')) {
    refuse('invalid_input', [{ path: 'scopes', message: 'needs openid among them' }])
  }
  if (type === 'oauth2' && changed.userinfoEndpoint === null) {
    refuse('invalid_input', [{ path: 'userinfoEndpoint', message: 'is required' }])
  }
  if (type !== 'oidc') return
  const { clientSecret, ...others } = changed
  const after = { ...settings, ...definedOnly(others) } as OidcSettings
  checkIssuer(after)
  checkSigner(crypto, after, clientSecret ?? undefined)
}

/** The names of the settings that a patch changes; a secret that is null is not changed. */
function namesOfGiven(patch: object): string[] {
  return Object.entries(definedOnly(patch)).flatMap(([name, value]) =>
    name === 'clientSecret' && value === null ? [] : [name],
  )
}

function ofType(type: ProviderType, settings: GivenSettings): Partial<GivenSettings> {
  const flaws = namesOfGiven(settings)
    .filter((name) => !SETTINGS_OF[type].has(name))
    .map((path): Flaw => ({ path, message: `not for a provider of the type ${type}` }))
  refuse('invalid_input', flaws)
  return definedOnly(settings)
}

function readCertificates(crypto: Outside['crypto'], texts: readonly string[]): Certificate[] {
  const read = texts.map((text) => crypto.readCertificate(text))
  const flaws = read.flatMap((certificate, at) => {
    const path = `certificates.${at}`
    if (!certificate) return [{ path, message: 'not an X.509 certificate in PEM or base64' }]
    // It would be stored, and verify no response.
    return crypto.hasRsaKey(certificate.pem)
      ? []
      : [{ path, message: 'not of an RSA key: signatures are RSA with SHA-2' }]
  })
  refuse('invalid_input', flaws)
  return read.filter((certificate) => certificate !== undefined)
}

function checkEndpoints(network: Outside['network'], settings: Partial<GivenSettings>): void {
  const flaws = ENDPOINTS.flatMap((path) => {
    const address = settings[path]
    try {
      if (typeof address === 'string') network.checkUrl(address)
      return []
    } catch (error) {
      if (error instanceof Failure) return [{ path, message: error.message }]
      throw error
    }
  })
  refuse('unreachable_host', flaws)
}

function checkDirectory(network: Outside['network'], { ldapUrl }: Partial<GivenSettings>): void {
  if (ldapUrl === undefined || network.directories.isListed(ldapUrl)) return
  refuse('unreachable_host', [
    { path: 'ldapUrl', message: 'the operator does not list this LDAP server (ldap_servers)' },
  ])
}

function refuse(code: 'invalid_input' | 'unreachable_host', flaws: readonly Flaw[]): void {
  const [first] = flaws
  if (first) throw new Failure(code, { message: `${first.path}: ${first.message}`, flaws })
}
