// What providers of each type have of their own: which settings go with which type, and whether they may be kept.
import { Failure, type Flaw } from '#kernel/error.ts'
import { parse } from '#kernel/parse.ts'
import type { Context } from '../context.ts'
import type { Certificate } from '../outside.ts'
import { givenOnly } from '../update.ts'
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

/** Settings that may be kept: the protocol's, and the sealed secret. */
export interface Kept {
  readonly protocol: Protocol
  readonly clientSecret: string | null
}

const ENDPOINTS = ['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'jwksUri', 'userinfoEndpoint'] as const

/**
 * The settings of a new provider.
 * @throws Failure `invalid_input` for what its type needs or has not, or for what is no certificate; `unreachable_host`
 *   for an address that is never contacted
 */
export function newSettings({ crypto, network }: Outside, type: ProviderType, settings: GivenSettings): Kept {
  const given = ofType(type, settings)
  if (type === 'saml') {
    const { certificates, ...rest } = parse(NewSamlSettings, given)
    const read = { ...rest, certificates: readCertificates(crypto, certificates) }
    return { protocol: { type, settings: read }, clientSecret: null }
  }
  const { clientSecret, ...rest } = parse(NewOidcSettings, given)
  checkEndpoints(network, rest)
  return { protocol: { type, settings: rest }, clientSecret: crypto.seal(SECRET_PURPOSE, clientSecret) }
}

/**
 * What has to happen to the settings of a provider so that they are as a patch says. What can be refused without knowing
 * the provider is refused here, and secrets are sealed: before the write.
 * @throws Failure as {@link newSettings} does
 */
export function changeOfSettings({ crypto, network }: Outside, settings: GivenSettings): (before: Kept) => Kept {
  const { clientSecret, certificates, ...rest } = settings
  const given = givenOnly(rest)
  checkEndpoints(network, given)
  const sealed = typeof clientSecret === 'string' ? crypto.seal(SECRET_PURPOSE, clientSecret) : undefined
  const read = certificates && { certificates: readCertificates(crypto, certificates) }
  return ({ protocol, clientSecret: kept }) => {
    ofType(protocol.type, settings)
    return {
      protocol: { type: protocol.type, settings: { ...protocol.settings, ...given, ...read } } as Protocol,
      clientSecret: sealed ?? kept,
    }
  }
}

/** The names of what a patch changes: a secret that is null is none. */
export function namesOfGiven(patch: object): string[] {
  return Object.entries(givenOnly(patch)).flatMap(([name, value]) =>
    name === 'clientSecret' && value === null ? [] : [name],
  )
}

function ofType(type: ProviderType, settings: GivenSettings): Partial<GivenSettings> {
  const flaws = namesOfGiven(settings)
    .filter((name) => !SETTINGS_OF[type].has(name))
    .map((path): Flaw => ({ path, message: `not for a provider of the type ${type}` }))
  refuse('invalid_input', flaws)
  return givenOnly(settings)
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
