// Decides about identity providers: creates, changes and deletes them.
import { type Change, changeBetween } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { renderId } from '#kernel/id.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
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
  viewIdentityProvider,
} from './identity-provider.ts'
import { changeOfSettings, newSettings } from './provider-settings.ts'

/**
 * Creates an identity provider of the realm.
 * @throws Failure `invalid_input` if its settings do not fit its type, `unreachable_host` for a private address
 */
export async function createIdentityProvider(
  context: Context,
  input: NewIdentityProvider,
): Promise<IdentityProviderView> {
  const { providerType, name, enabled, domains, jitProvisioning, attributeMapping, ...settings } = input
  const { id: realmId, tenantId } = realmOf(context.scope)
  const now = context.clock.now()
  const provider: IdentityProvider = {
    ...{ name, enabled, domains, jitProvisioning, attributeMapping },
    ...(await newSettings(context, providerType, settings)),
    id: context.random.id(),
    tenantId,
    realmId,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (unit) => {
    await unit.identityProviders.insert(provider)
    emitEvent(unit, 'identity_provider.created', provider)
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
    return mapPage(page, (provider) => viewOf(context, provider))
  }
  const page = await read.acrossTenants.identityProviders.list(actor.reach, query)
  const places = new Map<string, Realm>()
  for (const { issuerId } of page.data) {
    const found = places.has(issuerId) ? undefined : await registry.realmByIssuerId(issuerId)
    if (found) places.set(issuerId, found.realm)
  }
  return mapPage(page, ({ provider, issuerId }) => viewAt(context, provider, places.get(issuerId)))
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
  const { name, enabled, domains, jitProvisioning, attributeMapping, ...settings } = patch
  const change = await changeOfSettings(context, settings)
  const now = context.clock.now()
  return context.write(async (unit) => {
    const before = await lockProvider(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const provider: IdentityProvider = {
      ...before,
      ...definedOnly({ name, enabled, domains, jitProvisioning, attributeMapping }),
      ...change(before),
      version: before.version + 1,
      updatedAt: now,
    }
    const difference = changeOf(before, provider)
    if (!difference) return viewOf(context, before)
    checkUpdated(await unit.identityProviders.update(provider), '')
    for (const type of eventsOf(before, provider)) emitEvent(unit, type, provider, { ...difference })
    return viewOf(context, provider)
  })
}

/** Deletes an identity provider, so that nobody can sign in with it. @throws Failure `not_found` */
export async function deleteIdentityProvider(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const provider = await lockProvider(context, unit, id)
    await unit.identityProviders.delete(provider.realmId, id, now)
    emitEvent(unit, 'identity_provider.deleted', provider)
  })
}

function viewOf(context: Context, provider: IdentityProvider): IdentityProviderView {
  return viewAt(context, provider, realmOf(context.scope))
}

function viewAt(context: Context, provider: IdentityProvider, realm: Realm | undefined): IdentityProviderView {
  if (!realm) throw new Failure('not_found')
  const callbackUrl = callbackUrlOf(context, realm, provider)
  return viewIdentityProvider(provider, { callbackUrl, metadataUrl: metadataUrlOf(context, realm, provider), realm })
}

/**
 * The redirect URI of a provider, or the assertion consumer service of one that speaks SAML. Each has its own at the host of its realm, so that the response of one is never taken for
 * that of another (RFC 9700 §4.4.2).
 */
export function callbackUrlOf(
  { registry }: Pick<Context, 'registry'>,
  realm: Realm,
  { id, protocol }: Pick<IdentityProvider, 'id' | 'protocol'>,
): string {
  if (protocol.type === 'saml') return `${samlUrlOf(registry, realm, id)}/acs`
  return `${issuerOf(realm, registry.settings)}${CALLBACK_PATH}/${renderId('identity_provider', id)}`
}

/** The entity id of this server at a SAML provider, which is also the URL of its metadata. */
export function metadataUrlOf(
  { registry }: Pick<Context, 'registry'>,
  realm: Realm,
  { id }: Pick<IdentityProvider, 'id'>,
): string {
  return `${samlUrlOf(registry, realm, id)}/metadata`
}

function samlUrlOf({ settings }: Context['registry'], realm: Realm, id: string): string {
  return `${issuerOf(realm, settings)}${SAML_PATH}/${renderId('identity_provider', id)}`
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

// The event does not contain the settings, because a URL may contain a secret.
function emitEvent(unit: Unit, type: EventType, provider: IdentityProvider, data: Record<string, unknown> = {}): void {
  const { id, realmId, name, protocol } = provider
  unit.emit(type, {
    subject: { type: 'identity_provider', id, label: name },
    realmId,
    data: { name, providerType: protocol.type, ...data },
  })
}
