// Totals over many tenants are sums of as many counts. They are remembered until something happens that changes one.
import type { Commit } from '#database/database.ts'
import type { Context } from '../context.ts'
import { type Registry, remembering } from '../registry.ts'
import type { CountedIn } from './counter.store.ts'
import { isCounted, type Total } from './counter.ts'

const SUMS_KEPT = 200
/** What may change which counts are within reach. */
const WHERE = /^(realm|tenant)\./

type Sums = ReturnType<typeof remembering<Record<string, number>>>
const memories = new WeakMap<Registry, Sums>()

/** How many there are now of some nouns within the caller’s reach, narrowed to a tenant, a partner’s or a directory. */
export async function totalsWithin<Name extends Total>(
  { read, registry, actor: { reach } }: Pick<Context, 'read' | 'registry' | 'actor'>,
  names: readonly Name[],
  within: CountedIn = {},
): Promise<Record<Name, number>> {
  const isFew = within.place !== undefined || within.tenantId !== undefined
  if (isFew || (reach.kind !== 'platform' && reach.kind !== 'partner'))
    return read.counters.totals(names, reach, within)
  const key = JSON.stringify([names, reach, within.partnerId])
  const sums = await memoryOf(registry).get(key, () => read.counters.totals(names, reach, within))
  return (sums ?? {}) as Record<Name, number>
}

function memoryOf(registry: Registry): Sums {
  const known = memories.get(registry)
  if (known) return known
  const memory = remembering<Record<string, number>>(SUMS_KEPT)
  registry.subscribe((commit) => changesTotals(commit) && memory.forgetAll())
  memories.set(registry, memory)
  return memory
}

function changesTotals(commit: Commit): boolean {
  return 'missed' in commit || commit.events.some(({ type }) => isCounted(type) || WHERE.test(type))
}
