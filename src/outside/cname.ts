// Owns the look-up of CNAME records of names that other people chose.
import type { Resolver } from 'node:dns/promises'
import { LRUCache } from 'lru-cache'
import type { Clock, Network } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { createBudget } from './outbound-budget.ts'

const LOOKUPS = { perTenant: 4, perHost: 8, total: 32 }
const FAILURES = 2000
/** How long a failure is kept, in milliseconds. */
const FAILURE_KEPT = 15_000

/**
 * Looks up CNAME records within a budget for each tenant and for all. Callers of one tenant that ask for a name at once
 * share one query, and a query that failed is not repeated for a while.
 * @param report is called with the reason of a failure
 */
export function createCnames(
  resolver: Pick<Resolver, 'resolveCname'>,
  clock: Pick<Clock, 'now'>,
  report: (host: string, error: unknown) => void,
): Network['resolveCname'] {
  const budget = createBudget(LOOKUPS)
  const failedAt = new LRUCache<string, number>({ max: FAILURES })
  const underWay = new Map<string, Promise<string[]>>()
  const failure = () => new Failure('unreachable_host', 'The host name could not be resolved.')

  const query = async (host: string) => {
    try {
      return (await resolver.resolveCname(host)).map((name) => name.toLowerCase().replace(/\.$/, ''))
    } catch (error) {
      if (['ENODATA', 'ENOTFOUND'].includes(String((error as NodeJS.ErrnoException).code))) return []
      report(host, error)
      failedAt.set(host, clock.now())
      throw failure()
    }
  }
  return async (host, { tenantId }) => {
    if (clock.now() - (failedAt.get(host) ?? Number.NEGATIVE_INFINITY) < FAILURE_KEPT) throw failure()
    const caller = `${tenantId} ${host}`
    const shared = underWay.get(caller)
    if (shared !== undefined) return shared
    const own = budget({ tenantId, host }, () => query(host)).finally(() => underWay.delete(caller))
    underWay.set(caller, own)
    return own
  }
}
