// The identity providers at which people of a realm can sign in now.
import { domainKey } from '#kernel/identity-text.ts'
import type { Context } from '../context.ts'
import { type IdentityProvider, ownDomains, type Protocol } from '../identity-provider/identity-provider.ts'
import { PRESETS, type Preset } from '../identity-provider/presets.ts'
import { realmOf } from '../realm/realm.service.ts'

/** A provider at which people sign in. */
export type ExternalProvider = IdentityProvider

/** A provider that speaks OpenID Connect or OAuth 2.0. */
export type OpenidProvider = IdentityProvider & {
  readonly protocol: Extract<Protocol, { readonly type: 'oidc' | 'oauth2' }>
}

/** A provider that speaks SAML. */
export type SamlProvider = IdentityProvider & { readonly protocol: Extract<Protocol, { readonly type: 'saml' }> }

/** An LDAP directory: people type their password here. */
export type LdapProvider = IdentityProvider & { readonly protocol: Extract<Protocol, { readonly type: 'ldap' }> }

/** How many have a button on the sign-in page. */
const SHOWN_MAX = 20
/** How many directories without domains are asked for one person. */
const DIRECTORIES_MAX = 3

/** Where providers are read: of the context, or inside a write. */
interface Reading extends Pick<Context, 'scope'> {
  readonly read: Pick<Context['read'], 'identityProviders' | 'emailDomains'>
}

interface LinksReading {
  readonly read: Pick<Context['read'], 'linkedAccounts'>
}

/**
 * The enabled providers of the realm that have a button, oldest first. Administrators sign in without any: whoever may change a provider could
 * sign in as everybody who uses it.
 * @param organizationId the organization that the sign-in is for, whose own providers have buttons then
 */
export async function shownProviders(
  { read, scope }: Pick<Context, 'read' | 'scope'>,
  organizationId?: string,
): Promise<ExternalProvider[]> {
  const realm = realmOf(scope)
  if (realm.kind === 'admin') return []
  return read.identityProviders.listShown(realm.id, SHOWN_MAX, organizationId)
}

/** A provider with those of its domains for which it speaks. */
async function speaking({ read }: Reading, provider: ExternalProvider): Promise<ExternalProvider> {
  const { domains, realmId } = provider
  return domains.length === 0
    ? provider
    : { ...provider, domains: ownDomains(provider, await read.emailDomains.owners(realmId, domains)) }
}

/** An enabled provider of the realm; undefined if there is none with the id. */
export async function findExternalProvider(
  { read, scope }: Reading,
  id: string,
): Promise<ExternalProvider | undefined> {
  const realm = realmOf(scope)
  const provider = realm.kind === 'admin' ? undefined : await read.identityProviders.find(realm.id, id)
  return provider?.enabled ? speaking({ read, scope }, provider) : undefined
}

/** Whether a provider speaks SAML. */
export function isSaml(provider: ExternalProvider): provider is SamlProvider {
  return provider.protocol.type === 'saml'
}

/** Whether a provider speaks OpenID Connect or OAuth 2.0. */
export function isOpenid(provider: ExternalProvider): provider is OpenidProvider {
  return provider.protocol.type === 'oidc' || provider.protocol.type === 'oauth2'
}

/** Whether a provider is an LDAP directory. */
export function isLdap(provider: ExternalProvider): provider is LdapProvider {
  return provider.protocol.type === 'ldap'
}

/** Whether people can choose a provider on the sign-in page. A directory without domains is asked for everybody. */
export function hasButton(provider: ExternalProvider): boolean {
  const { protocol } = provider
  return protocol.type === 'ldap' ? provider.domains.length === 0 : protocol.settings.button
}

/** Whether a person signs in with the password of a directory, also of one that is off. Another one would outlast it. */
export async function isInDirectory({ read, scope }: Reading & LinksReading, userId: string): Promise<boolean> {
  for (const { providerId } of await read.linkedAccounts.allOf(userId)) {
    const provider = await read.identityProviders.find(realmOf(scope).id, providerId)
    if (provider && isLdap(provider)) return true
  }
  return false
}

/** A provider to which people go with their browser; undefined for a directory. */
export function browserProvider(provider: ExternalProvider | undefined): ExternalProvider | undefined {
  return provider && !isLdap(provider) ? provider : undefined
}

/**
 * The directories in which a person may be who typed something: that of the domain of an address, and else those without
 * domains, oldest first.
 */
export async function directoriesFor(context: Context, typed: string): Promise<LdapProvider[]> {
  const realm = realmOf(context.scope)
  if (realm.kind === 'admin') return []
  const ofDomain = await providerOfAddress(context, typed)
  if (ofDomain) return isLdap(ofDomain) ? [ofDomain] : []
  return (await context.read.identityProviders.listDirectories(realm.id, DIRECTORIES_MAX)).filter(isLdap)
}

/** The provider to whose domains an address belongs; undefined for none. */
export async function providerOfAddress(
  { read, scope }: Reading,
  email: string,
): Promise<ExternalProvider | undefined> {
  const realm = realmOf(scope)
  const domain = domainOf(email)
  if (realm.kind === 'admin' || domain === undefined) return undefined
  const owners = await read.emailDomains.owners(realm.id, [domain])
  const provider = await read.identityProviders.findByDomain(realm.id, domain, owners.get(domain))
  return provider && speaking({ read, scope }, provider)
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
