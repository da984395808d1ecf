// The identity providers at which people of a realm can sign in now.
import { domainKey } from '#kernel/identity-text.ts'
import type { Context } from '../context.ts'
import type { IdentityProvider, Protocol } from '../identity-provider/identity-provider.ts'
import { PRESETS, type Preset } from '../identity-provider/presets.ts'
import { realmOf } from '../realm/realm.service.ts'

/** A provider at which people sign in. */
export type ExternalProvider = IdentityProvider

/** A provider that speaks OpenID Connect or OAuth 2.0. */
export type OpenidProvider = IdentityProvider & { readonly protocol: Exclude<Protocol, { readonly type: 'saml' }> }

/** A provider that speaks SAML. */
export type SamlProvider = IdentityProvider & { readonly protocol: Extract<Protocol, { readonly type: 'saml' }> }

/** How many have a button on the sign-in page. */
const SHOWN_MAX = 20

/** Where providers are read: of the context, or inside a write. */
interface Reading extends Pick<Context, 'scope'> {
  readonly read: Pick<Context['read'], 'identityProviders'>
}

/**
 * The enabled providers of the realm that have a button, oldest first. Administrators sign in without any: whoever may change a provider could
 * sign in as everybody who uses it.
 */
export async function shownProviders({ read, scope }: Context): Promise<ExternalProvider[]> {
  const realm = realmOf(scope)
  if (realm.kind === 'admin') return []
  return read.identityProviders.listShown(realm.id, SHOWN_MAX)
}

/** An enabled provider of the realm; undefined if there is none with the id. */
export async function findExternalProvider(
  { read, scope }: Reading,
  id: string,
): Promise<ExternalProvider | undefined> {
  const realm = realmOf(scope)
  const provider = realm.kind === 'admin' ? undefined : await read.identityProviders.find(realm.id, id)
  return provider?.enabled ? provider : undefined
}

/** Whether a provider speaks SAML. */
export function isSaml(provider: ExternalProvider): provider is SamlProvider {
  return provider.protocol.type === 'saml'
}

/** Whether a provider speaks OpenID Connect or OAuth 2.0. */
export function isOpenid(provider: ExternalProvider): provider is OpenidProvider {
  return !isSaml(provider)
}

/** The provider to whose domains an address belongs; undefined for none. */
export async function providerOfAddress(
  { read, scope }: Reading,
  email: string,
): Promise<ExternalProvider | undefined> {
  const realm = realmOf(scope)
  const domain = domainOf(email)
  if (realm.kind === 'admin' || domain === undefined) return undefined
  return read.identityProviders.findByDomain(realm.id, domain)
}

/** Whether addresses of some domains lead to providers. */
export async function routesAddresses({ read, scope }: Pick<Context, 'read' | 'scope'>): Promise<boolean> {
  const realm = realmOf(scope)
  return realm.kind !== 'admin' && (await read.identityProviders.haveDomains(realm.id))
}

function domainOf(email: string): string | undefined {
  const domain = domainKey(email.slice(email.lastIndexOf('@') + 1))
  return domain !== undefined && email.includes('@') && /^[a-z0-9.-]+$/.test(domain) ? domain : undefined
}

/** Whether an address belongs to one of the domains of a provider. */
export function ownsAddress({ domains }: Pick<IdentityProvider, 'domains'>, email: string): boolean {
  const domain = domainOf(email)
  return domain !== undefined && domains.includes(domain)
}

/** Whether a provider says when a person signed in there, so that it can be asked for a new sign-in. */
export function tellsAuthTime(provider: ExternalProvider): boolean {
  const { type } = provider.protocol
  return type === 'saml' || (type === 'oidc' && presetOf(provider)?.authTime !== false)
}

/** The preset of a provider; undefined for none. */
export function presetOf(provider: ExternalProvider): Preset | undefined {
  const name = isOpenid(provider) ? provider.protocol.settings.preset : null
  return name ? PRESETS[name] : undefined
}
