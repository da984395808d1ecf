// Owns the look-up of CNAME and TXT records of names that other people chose.
import type { Resolver } from 'node:dns/promises'
import { LRUCache } from 'lru-cache'
import type { Clock, Network } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { createBudget } from './outbound-budget.ts'

const LOOKUPS = { perTenant: 4, perHost: 8, total: 32 }
const FAILURES = 2000
/** How long a failure is kept, in milliseconds. */
const FAILURE_KEPT = 15_000
/** How many TXT records of a name are read. */
const TXT_MAX = 100

/**
 * Looks up records within a budget for each tenant and for all. Callers of one tenant that ask for a name at once
 * share one query, and a query that failed is not repeated for a while.
 * @param report is called with the reason of a failure
 */
export function createDnsRecords(
  resolver: Pick<Resolver, 'resolveCname' | 'resolveTxt'>,
  clock: Pick<Clock, 'now'>,
  report: (host: string, error: unknown) => void,
): Pick<Network, 'resolveCname' | 'resolveTxt'> {
  const budget = createBudget(LOOKUPS)
  const failedAt = new LRUCache<string, number>({ max: FAILURES })
  const underWay = new Map<string, Promise<string[]>>()
  const failure = () => new Failure('unreachable_host', 'The host name could not be resolved.')

  const looking = (kind: string, ask: (host: string) => Promise<string[]>): Network['resolveCname'] => {
    const query = async (host: string) => {
      try {
        return await ask(host)
      } catch (error) {
        if (['ENODATA', 'ENOTFOUND'].includes(String((error as NodeJS.ErrnoException).code))) return []
        report(host, error)
        failedAt.set(`${kind} ${host}`, clock.now())
        throw failure()
      }
    }
    return async (host, { tenantId }) => {
      if (clock.now() - (failedAt.get(`${kind} ${host}`) ?? Number.NEGATIVE_INFINITY) < FAILURE_KEPT) throw failure()
      const caller = `${kind} ${tenantId} ${host}`
      const shared = underWay.get(caller)
      if (shared !== undefined) return shared
      const own = budget({ tenantId, host }, () => query(host)).finally(() => underWay.delete(caller))
      underWay.set(caller, own)
      return own
    }
  }
  return {
    resolveCname: looking('cname', async (host) =>
      (await resolver.resolveCname(host)).map((name) => name.toLowerCase().replace(/\.$/, '')),
    ),
    resolveTxt: looking('txt', async (host) =>
      (await resolver.resolveTxt(host)).slice(0, TXT_MAX).map((parts) => parts.join('')),
    ),
  }
}
