// Owns what every versioned noun of a realm begins with.
import type { Context } from './context.ts'
import { realmOf } from './realm/realm.service.ts'

/** A new id, the place of the request, and the first version, made now. */
export function firstVersion({ clock, random, scope }: Pick<Context, 'clock' | 'random' | 'scope'>) {
  const { id: realmId, tenantId } = realmOf(scope)
  const now = clock.now()
  return { id: random.id(), tenantId, realmId, version: 1, createdAt: now, updatedAt: now }
}
