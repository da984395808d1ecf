// Owns the form of the events about identity providers, and deletes the providers of an organization.
import type { EventType } from '#kernel/event.ts'
import type { Unit } from '../context.ts'
import type { IdentityProvider } from './identity-provider.ts'

/** Emits what happened to a provider. The event does not contain the settings, because a URL may contain a secret. */
export function emitProviderEvent(
  unit: Unit,
  type: EventType,
  provider: IdentityProvider,
  data: Record<string, unknown> = {},
): void {
  const { id, realmId, name, protocol } = provider
  unit.emit(type, {
    subject: { type: 'identity_provider', id, label: name },
    realmId,
    data: { name, providerType: protocol.type, ...data },
  })
}

/**
 * Deletes the providers of an organization that is deleted. They are locked before the organization is: a sign-in locks its
 * provider first, too.
 * @param providers that were found before
 */
export async function dropProviders(unit: Unit, providers: readonly IdentityProvider[], now: number): Promise<void> {
  for (const { realmId, id } of providers) {
    const provider = await unit.identityProviders.lock(realmId, id)
    if (!provider) continue
    await unit.identityProviders.delete(realmId, id, now)
    emitProviderEvent(unit, 'identity_provider.deleted', provider)
  }
}
