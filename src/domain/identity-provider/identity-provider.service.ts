// Decides about identity providers: creates, changes and deletes them.
import { type Change, changeBetween } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { renderId } from '#kernel/id.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context, Stores } from '../context.ts'
import type { DomainOwner } from '../email-domain/email-domain.store.ts'
import { lockOrganization } from '../organization/organization.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf, type Realm } from '../realm/realm.ts'
import { checkTenantFilter } from '../tenant/tenant-filter.service.ts'
import { checkUpdated, definedOnly } from '../update.ts'
import {
  CALLBACK_PATH,
  type IdentityProvider,
  IdentityProviderFields,
  type IdentityProviderPatch,
  type IdentityProviderQuery,
  type IdentityProviderView,
  type NewIdentityProvider,
  SAML_PATH,
  SSO_PATH,
  SSO_PREFIX,
  viewIdentityProvider,
} from './identity-provider.ts'
import { checkMapping } from './mapping-check.ts'
import { emitProviderEvent } from './provider-event.ts'
import { changeOfSettings, newSettings } from './provider-settings.ts'

/**
 * Creates an identity provider of the realm.
 * @throws Failure `invalid_input` if its settings do not fit its type, `unreachable_host` for a private address
 */
export async function createIdentityProvider(
  context: Context,
  input: NewIdentityProvider,
): Promise<IdentityProviderView> {
  const { providerType, name, enabled, domains, trustDomains, jitProvisioning, attributeMapping, ...others } = input
  const { organizationId, memberRole, groupMapping, ...settings } = others
  const { id: realmId, tenantId } = realmOf(context.scope)
  const now = context.clock.now()
  const provider: IdentityProvider = {
    ...{
      name,
      enabled,
      domains,
      trustDomains,
      jitProvisioning,
      attributeMapping,
      groupMapping,
      organizationId,
      memberRole,
    },
    ...(await newSettings(context, providerType, settings)),
    id: context.random.id(),
    tenantId,
    realmId,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  checkOwner(provider)
  await context.write(async (unit) => {
    if (organizationId !== null) await lockOrganization(context, unit, organizationId)
    await checkMapping(context, unit, provider)
    await unit.identityProviders.insert(provider)
    emitProviderEvent(unit, 'identity_provider.created', provider)
  })
  return viewOf(context, provider)
}

/**
 * One page of the realm's identity providers; of every realm's within reach where the request names none.
 * @throws Failure `access_denied` for a tenant or partner beyond the reach
 */
export async function listIdentityProviders(
  context: Context,
  query: IdentityProviderQuery,
): Promise<Page<IdentityProviderView>> {
  const { read, actor, scope, registry } = context
  await checkTenantFilter(context, query)
  if (scope.realm) {
    const page = await read.identityProviders.list(scope.realm.id, query)
    const owners = await ownersOf(context, page.data)
    return mapPage(page, (provider) => viewAt(context, provider, { realm: scope.realm, owners }))
  }
  const page = await read.acrossTenants.identityProviders.list(actor.reach, query)
  const places = new Map<string, Realm>()
  for (const { issuerId } of page.data) {
    const found = places.has(issuerId) ? undefined : await registry.realmByIssuerId(issuerId)
    if (found) places.set(issuerId, found.realm)
  }
  return mapPage(page, ({ provider, issuerId }) => viewAt(context, provider, { realm: places.get(issuerId) }))
}

/** @throws Failure `not_found` */
export async function getIdentityProvider(context: Context, { id }: { id: string }): Promise<IdentityProviderView> {
  return viewOf(context, ensureProvider(await context.read.identityProviders.find(realmOf(context.scope).id, id)))
}

/**
 * Changes an identity provider; absent settings stay unchanged, and so does a secret that is null.
 * @throws Failure `not_found`, `invalid_input`, `unreachable_host`, `precondition_failed`
 */
export async function updateIdentityProvider(
  context: Context,
  { id, ifVersion, ...patch }: IdentityProviderPatch,
): Promise<IdentityProviderView> {
  const { name, enabled, domains, trustDomains, jitProvisioning, attributeMapping, ...others } = patch
  const { memberRole, groupMapping, ...settings } = others
  const change = await changeOfSettings(context, settings)
  const now = context.clock.now()
  const changed = await context.write(async (unit) => {
    const before = await lockProvider(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const provider: IdentityProvider = {
      ...before,
      ...definedOnly({
        name,
        enabled,
        domains,
        trustDomains,
        jitProvisioning,
        attributeMapping,
        memberRole,
        groupMapping,
      }),
      ...change(before),
      version: before.version + 1,
      updatedAt: now,
    }
    checkOwner(provider)
    await checkMapping(context, unit, provider, before.groupMapping)
    const difference = changeOf(before, provider)
    if (!difference) return before
    checkUpdated(await unit.identityProviders.update(provider), '')
    for (const type of eventsOf(before, provider)) emitProviderEvent(unit, type, provider, { ...difference })
    return provider
  })
  return viewOf(context, changed)
}

/** The provider of an organization speaks for the domains that the organization has verified, and for nothing else. */
function checkOwner({ organizationId, trustDomains, protocol }: IdentityProvider): void {
  if (organizationId === null) return
  const flaws = [
    ...(trustDomains ? ['trustDomains'] : []),
    ...(protocol.settings.trustEmail ? ['trustEmail'] : []),
  ].map((path) => ({ path, message: 'not for a provider of an organization, which has to verify its domains' }))
  if (flaws.length > 0) throw new Failure('invalid_input', { flaws })
}

/** Deletes an identity provider, so that nobody can sign in with it. @throws Failure `not_found` */
export async function deleteIdentityProvider(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const provider = await lockProvider(context, unit, id)
    await unit.identityProviders.delete(provider.realmId, id, now)
    emitProviderEvent(unit, 'identity_provider.deleted', provider)
  })
}

async function viewOf(context: Context, provider: IdentityProvider): Promise<IdentityProviderView> {
  const owners = await ownersOf(context, [provider])
  return viewAt(context, provider, { realm: realmOf(context.scope), owners })
}

function ownersOf({ read, scope }: Context, providers: readonly IdentityProvider[]): Promise<Map<string, DomainOwner>> {
  return read.emailDomains.owners(realmOf(scope).id, [...new Set(providers.flatMap(({ domains }) => domains))])
}

function viewAt(
  context: Context,
  provider: IdentityProvider,
  { realm, owners }: { readonly realm: Realm | undefined; readonly owners?: ReadonlyMap<string, DomainOwner> },
): IdentityProviderView {
  if (!realm) throw new Failure('not_found')
  const callbackUrl = callbackUrlOf(context, realm, provider)
  const metadataUrl = metadataUrlOf(context, realm, provider)
  return viewIdentityProvider(provider, { callbackUrl, metadataUrl, realm, owners })
}

/** What the addresses of this server for a provider depend on. */
type Addressed = Pick<IdentityProvider, 'id' | 'protocol'>

/**
 * The redirect URI of a provider, or the assertion consumer service of one that speaks SAML. Each has its own at the host of its realm, so that the response of one is never taken for
 * that of another (RFC 9700 §4.4.2).
 */
export function callbackUrlOf(
  { registry }: Pick<Context, 'registry'>,
  realm: Realm,
  { id, protocol }: Addressed,
): string {
  if (protocol.type === 'saml') return `${samlUrlOf(registry, realm, { id, protocol })}/acs`
  const issuer = issuerOf(realm, registry.settings)
  return knowsSso(protocol)
    ? `${issuer}${SSO_PATH}/oidc/${ssoIdOf(id)}/callback`
    : `${issuer}${CALLBACK_PATH}/${renderId('identity_provider', id)}`
}

/** The entity id of this server at a SAML provider, which is also the URL of its metadata. */
export function metadataUrlOf({ registry }: Pick<Context, 'registry'>, realm: Realm, provider: Addressed): string {
  return `${samlUrlOf(registry, realm, provider)}/metadata`
}

function samlUrlOf({ settings }: Context['registry'], realm: Realm, { id, protocol }: Addressed): string {
  const path = knowsSso(protocol)
    ? `${SSO_PATH}/saml/${ssoIdOf(id)}`
    : `${SAML_PATH}/${renderId('identity_provider', id)}`
  return issuerOf(realm, settings) + path
}

function knowsSso({ type, settings }: Addressed['protocol']): boolean {
  return type !== 'ldap' && settings.paths === 'sso'
}

function ssoIdOf(id: string): string {
  return renderId('identity_provider', id).replace(/^[a-z]+_/, SSO_PREFIX)
}

async function lockProvider({ scope }: Context, { identityProviders }: Stores, id: string): Promise<IdentityProvider> {
  return ensureProvider(await identityProviders.lock(realmOf(scope).id, id))
}

function ensureProvider(provider: IdentityProvider | undefined): IdentityProvider {
  if (!provider) throw new Failure('not_found')
  return provider
}

/** Settings are recorded only by name, because a URL may contain a secret. */
function changeOf(before: IdentityProvider, after: IdentityProvider): Change | undefined {
  const { audited } = IdentityProviderFields
  const names = Object.keys({ ...before.protocol.settings, ...after.protocol.settings })
  const settings = {
    ...Object.fromEntries(names.map((name) => [name, 'name' as const])),
    clientSecret: 'name' as const,
  }
  const stateOf = (provider: IdentityProvider) => ({ ...provider.protocol.settings, ...provider })
  return changeBetween({ ...audited, ...settings }, stateOf(before), stateOf(after))
}

function eventsOf(before: IdentityProvider, after: IdentityProvider): EventType[] {
  const events: EventType[] = ['identity_provider.updated']
  if (before.enabled !== after.enabled) {
    events.push(after.enabled ? 'identity_provider.enabled' : 'identity_provider.disabled')
  }
  return events
}
