// How many rows public clients can store: they do not authenticate, so anybody can send requests in their name.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import type { Client } from './client.ts'

const PER_NETWORK = { limit: 300, windowSeconds: 300 }
const IN_ALL = { limit: 30_000, windowSeconds: 300 }
/** The size of one row, in characters of JSON. */
const LENGTH_MAX = 16_384

/**
 * Takes one row from the budgets of the caller's network and of the installation. A client that authenticates has no such
 * budget, unless it gave itself its keys.
 * @param row what is stored
 * @throws Failure `too_many_requests`, `invalid_request` for a row that is too long
 */
export async function takeRowOfPublicClient(
  { actor, limiter }: Pick<Context, 'actor' | 'limiter'>,
  { authMethod, registeredBy }: Pick<Client, 'authMethod' | 'registeredBy'>,
  row: unknown,
): Promise<void> {
  if (authMethod !== 'none' && registeredBy === 'administrator') return
  if (JSON.stringify(row).length > LENGTH_MAX) throw new Failure('invalid_request', 'The request is too long.')
  const network = networkOf(actor.origin.ip)
  const retryAfter =
    (await limiter.take(`public client network ${network}`, PER_NETWORK.limit, PER_NETWORK.windowSeconds)) ||
    (await limiter.take('public client rows', IN_ALL.limit, IN_ALL.windowSeconds))
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
}
