// How failing to sign in is slowed down: budgets per account and per network, taken before a password is looked at.
import ipaddr from 'ipaddr.js'
import type { Context } from '../context.ts'

/** Each further tier allows more in all, but less in a given time: who goes on failing waits longer and longer. */
const TIERS = [
  { attempts: 1, windows: 1 },
  { attempts: 2, windows: 4 },
  { attempts: 4, windows: 24 },
] as const

/** Who tries to sign in to what. */
export interface Attempt {
  readonly directoryId: string
  readonly emailKey: string
  readonly ip: string | null
  /** A browser that the same account signed in from before, by a name of its own. */
  readonly knownBrowser: string | undefined
}

/**
 * Takes one attempt from the budgets of the account and the network. A browser in which the account signed in before
 * has a budget of its own, so that nobody can lock a person out by failing in their name.
 * @returns 0 where the attempt may go on, else the seconds to wait
 */
export async function takeAttempt({ crypto, limiter, registry }: Context, attempt: Attempt): Promise<number> {
  const limits = registry.settings.signInLimits
  const wait = await limiter.take(networkKey(attempt), limits.network.limit, limits.network.windowSeconds)
  if (wait > 0) return wait
  const account = accountKey(crypto, attempt)
  const { limit, windowSeconds } = limits.account
  for (const { attempts, windows } of TIERS) {
    const seconds = await limiter.take(`${account} ${windows}`, limit * attempts, windowSeconds * windows)
    if (seconds > 0) return seconds
  }
  return 0
}

/**
 * Forgets the account’s failures after a success, and what the success took of the network’s budget. The network’s
 * failures stay: with an account of one’s own, one could otherwise try the passwords of others for ever.
 */
export async function forgetFailures({ crypto, limiter }: Context, attempt: Attempt): Promise<void> {
  await limiter.giveBack(networkKey(attempt))
  const account = accountKey(crypto, attempt)
  for (const { windows } of TIERS) await limiter.reset(`${account} ${windows}`)
}

/** The network an address belongs to: itself, or the first 64 bits of an IPv6 address, however it is written. */
export function networkOf(ip: string | null): string {
  if (ip === null || !ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  return `${address.toNormalizedString().split(':').slice(0, 4).join(':')}::/64`
}

function networkKey({ ip }: Attempt): string {
  return `sign-in network ${networkOf(ip)}`
}

// By digest: what is typed as an address may be of any length.
function accountKey({ digest }: Context['crypto'], { directoryId, emailKey, knownBrowser = '' }: Attempt): string {
  return `sign-in account ${digest(JSON.stringify([directoryId, emailKey, knownBrowser]))}`
}
