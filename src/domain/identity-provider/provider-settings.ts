// Checks and applies the settings of each type of provider.
import { Failure, type Flaw } from '#kernel/error.ts'
import { parse } from '#kernel/parse.ts'
import type { Context } from '../context.ts'
import type { Certificate } from '../outside.ts'
import { definedOnly } from '../update.ts'
import {
  type GivenSettings,
  NewOidcSettings,
  NewSamlSettings,
  type OidcSettings,
  type Protocol,
  type ProviderType,
  SECRET_PURPOSE,
  SETTINGS_OF,
} from './identity-provider.ts'

type Outside = Pick<Context, 'crypto' | 'network'>

/** Valid settings of a protocol, and the sealed secret. */
export interface StoredSettings {
  readonly protocol: Protocol
  readonly clientSecret: string | null
}

const ENDPOINTS = ['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'jwksUri', 'userinfoEndpoint'] as const

/**
 * The settings of a new provider.
 * @throws Failure `invalid_input` for a missing setting, a setting of another type, or an invalid certificate;
 *   `unreachable_host` for a URL that the server may not contact
 */
export function newSettings({ crypto, network }: Outside, type: ProviderType, settings: GivenSettings): StoredSettings {
  const ownSettings = ofType(type, settings)
  if (type === 'saml') {
    const { certificates, ...rest } = parse(NewSamlSettings, ownSettings)
    const read = { ...rest, certificates: readCertificates(crypto, certificates) }
    return { protocol: { type, settings: read }, clientSecret: null }
  }
  const { clientSecret, ...rest } = parse(NewOidcSettings, ownSettings)
  checkEndpoints(network, rest)
  return { protocol: { type, settings: rest }, clientSecret: crypto.seal(SECRET_PURPOSE, clientSecret) }
}

/**
 * Prepares the change of a provider's settings before the write: validates what does not depend on the provider, and
 * seals the secret.
 * @throws Failure as {@link newSettings} does
 */
export function changeOfSettings(
  { crypto, network }: Outside,
  settings: GivenSettings,
): (before: StoredSettings) => StoredSettings {
  const { clientSecret, certificates, ...rest } = settings
  const ownSettings = definedOnly(rest)
  checkEndpoints(network, ownSettings)
  const sealed = typeof clientSecret === 'string' ? crypto.seal(SECRET_PURPOSE, clientSecret) : undefined
  const read = certificates && { certificates: readCertificates(crypto, certificates) }
  return ({ protocol, clientSecret: storedSecret }) => {
    ofType(protocol.type, settings)
    // A secret is sealed to another text each time.
    const isSame = storedSecret !== null && crypto.open(SECRET_PURPOSE, storedSecret) === clientSecret
    return {
      protocol: { type: protocol.type, settings: { ...protocol.settings, ...ownSettings, ...read } } as Protocol,
      clientSecret: isSame ? storedSecret : (sealed ?? storedSecret),
    }
  }
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
  const flaws = read.flatMap((certificate, at) =>
    certificate ? [] : [{ path: `certificates.${at}`, message: 'not an X.509 certificate in PEM or base64' }],
  )
  refuse('invalid_input', flaws)
  return read.filter((certificate) => certificate !== undefined)
}

function checkEndpoints(network: Outside['network'], settings: Partial<OidcSettings>): void {
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

function refuse(code: 'invalid_input' | 'unreachable_host', flaws: readonly Flaw[]): void {
  const [first] = flaws
  if (first) throw new Failure(code, { message: `${first.path}: ${first.message}`, flaws })
}
