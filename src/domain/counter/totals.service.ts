// Computes totals over many tenants, and remembers them until an event changes one.
import type { Commit } from '#database/database.ts'
import type { Context } from '../context.ts'
import { cacheOf, type Registry } from '../registry.ts'
import type { CountedIn } from './counter.store.ts'
import { isCounted, type Total } from './counter.ts'

const SUMS_MAX = 200
/** Events that may change which counts are within reach. */
const CHANGES_REACH = /^(realm|tenant)\./

type Sums = ReturnType<typeof cacheOf<Record<string, number>>>
const caches = new WeakMap<Registry, Sums>()

/** The current numbers of some nouns within the caller’s reach, or within one tenant, partner or directory of it. */
export async function totalsWithin<Name extends Total>(
  { read, registry, actor: { reach } }: Pick<Context, 'read' | 'registry' | 'actor'>,
  names: readonly Name[],
  within: CountedIn = {},
): Promise<Record<Name, number>> {
  const isFew = within.place !== undefined || within.tenantId !== undefined
  if (isFew || (reach.kind !== 'platform' && reach.kind !== 'partner'))
    return read.acrossTenants.counters.totals(names, reach, within)
  const key = JSON.stringify([names, reach, within.partnerId])
  const sums = await memoryOf(registry).get(key, () => read.acrossTenants.counters.totals(names, reach, within))
  return (sums ?? {}) as Record<Name, number>
}

function memoryOf(registry: Registry): Sums {
  const cached = caches.get(registry)
  if (cached) return cached
  const memory = cacheOf<Record<string, number>>(SUMS_MAX)
  registry.subscribe((commit) => changesTotals(commit) && memory.forgetAll())
  caches.set(registry, memory)
  return memory
}

function changesTotals(commit: Commit): boolean {
  return 'missed' in commit || commit.events.some(({ type }) => isCounted(type) || CHANGES_REACH.test(type))
}
