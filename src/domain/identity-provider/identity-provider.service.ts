import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkAmong } from '../tenant/among.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import {
  type IdentityProvider,
  type IdentityProviderPatch,
  type IdentityProviderQuery,
  type IdentityProviderSurvey,
  type IdentityProviderView,
  type NewIdentityProvider,
  viewIdentityProvider,
} from './identity-provider.ts'
import { changeOfSettings, namesOfGiven, newSettings } from './provider-settings.ts'

/**
 * Creates an identity provider of the realm. Nothing is fetched from it.
 * @throws Failure `invalid_input` where its settings do not go with its type, `unreachable_host` for an address inside
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
    ...newSettings(context, providerType, settings),
    id: context.random.id(),
    tenantId,
    realmId,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (unit) => {
    await unit.identityProviders.insert(provider)
    tell(unit, 'identity_provider.created', provider)
  })
  return shown(context, provider)
}

/** One page of the realm’s identity providers. */
export async function listIdentityProviders(
  context: Context,
  query: IdentityProviderQuery,
): Promise<Page<IdentityProviderView>> {
  const { data, nextCursor } = await context.read.identityProviders.list(realmOf(context.scope).id, query)
  return { data: data.map((provider) => shown(context, provider)), nextCursor }
}

/**
 * One numbered page of the identity providers within reach, oldest first.
 * @throws Failure `access_denied` for a filter out of reach
 */
export async function surveyIdentityProviders(
  context: Context,
  query: IdentityProviderSurvey,
): Promise<NumberedPage<IdentityProviderView>> {
  await checkAmong(context, query)
  const { data, total } = await context.read.identityProviders.survey(context.actor.reach, query)
  const views = data.map(({ provider, issuerId }) => viewIdentityProvider(provider, callbackAt(context, issuerId)))
  return { data: views, total }
}

/** @throws Failure `not_found` */
export async function getIdentityProvider(context: Context, { id }: { id: string }): Promise<IdentityProviderView> {
  return shown(context, found(await context.read.identityProviders.find(realmOf(context.scope).id, id)))
}

/**
 * Changes an identity provider; settings that are not given stay, and so does a secret that is null.
 * @throws Failure `not_found`, `invalid_input`, `unreachable_host`, `precondition_failed`
 */
export async function updateIdentityProvider(
  context: Context,
  { id, ifVersion, ...patch }: IdentityProviderPatch,
): Promise<IdentityProviderView> {
  const { name, enabled, domains, jitProvisioning, attributeMapping, ...settings } = patch
  const change = changeOfSettings(context, settings)
  const now = context.clock.now()
  return context.write(async (unit) => {
    const before = await held(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const provider: IdentityProvider = {
      ...before,
      ...givenOnly({ name, enabled, domains, jitProvisioning, attributeMapping }),
      ...change(before),
      version: before.version + 1,
      updatedAt: now,
    }
    checkUpdated(await unit.identityProviders.update(provider), '')
    for (const type of eventsOf(before, provider)) tell(unit, type, provider, { changed: namesOfGiven(patch) })
    return shown(context, provider)
  })
}

/** Deletes an identity provider: nobody signs in with it any more. @throws Failure `not_found` */
export async function deleteIdentityProvider(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const provider = await held(context, unit, id)
    await unit.identityProviders.delete(provider.realmId, id, now)
    tell(unit, 'identity_provider.deleted', provider)
  })
}

/** Where every provider of the realm sends people back to (SemAuth’s apex proxy URL). */
function shown(context: Context, provider: IdentityProvider): IdentityProviderView {
  return viewIdentityProvider(provider, callbackAt(context, realmOf(context.scope).issuerId))
}

function callbackAt({ registry }: Context, issuerId: string): string {
  return `${registry.settings.publicUrl}/issuers/${issuerId}/federation/callback`
}

async function held({ scope }: Context, { identityProviders }: Stores, id: string): Promise<IdentityProvider> {
  return found(await identityProviders.hold(realmOf(scope).id, id))
}

function found(provider: IdentityProvider | undefined): IdentityProvider {
  if (!provider) throw new Failure('not_found')
  return provider
}

function eventsOf(before: IdentityProvider, after: IdentityProvider): EventType[] {
  const events: EventType[] = ['identity_provider.updated']
  if (before.enabled !== after.enabled) {
    events.push(after.enabled ? 'identity_provider.enabled' : 'identity_provider.disabled')
  }
  return events
}

// What is in the settings is left out: an address may hold a secret of the provider’s.
function tell(unit: Unit, type: EventType, provider: IdentityProvider, data: Record<string, unknown> = {}): void {
  const { id, realmId, name, protocol } = provider
  unit.emit(type, {
    subject: { type: 'identity_provider', id },
    realmId,
    data: { name, providerType: protocol.type, ...data },
  })
}
