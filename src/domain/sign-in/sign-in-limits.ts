// Limits failed sign-ins: budgets per account and per network, which are checked before the password.
import ipaddr from 'ipaddr.js'
import type { Context } from '../context.ts'

/** Each tier allows more failures in a longer window, so the average rate decreases: the waits become longer. */
const TIERS = [
  { attempts: 1, windows: 1 },
  { attempts: 2, windows: 4 },
  { attempts: 4, windows: 24 },
] as const

/** The account and the network of a sign-in. */
export interface Attempt {
  readonly directoryId: string
  readonly emailKey: string
  readonly ip: string | null
  /** A browser or a network in which the account signed in before, with a budget of its own. */
  readonly knownPlace: string | undefined
}

/**
 * Takes one attempt from the budgets of the account and the network. A browser or a network in which the account signed
 * in before has a budget of its own, so that nobody can lock out a user by failing elsewhere, or in other users' names.
 * @returns 0 if the attempt is allowed, else the seconds to wait
 */
export async function takeAttempt({ crypto, limiter, registry }: Context, attempt: Attempt): Promise<number> {
  const limits = registry.settings.signInLimits
  if (attempt.knownPlace === undefined) {
    const wait = await limiter.take(networkKey(attempt), limits.network.limit, limits.network.windowSeconds)
    if (wait > 0) return wait
  }
  const account = accountKey(crypto, attempt)
  const { limit, windowSeconds } = limits.account
  for (const { attempts, windows } of TIERS) {
    const seconds = await limiter.take(`${account} ${windows}`, limit * attempts, windowSeconds * windows)
    if (seconds > 0) return seconds
  }
  return 0
}

/**
 * Clears the account’s failures after a success, and returns the attempt to the network’s budget. The network’s
 * failures stay; otherwise an attacker could clear them with an own account and try passwords of others forever.
 */
export async function forgetFailures({ crypto, limiter }: Context, attempt: Attempt): Promise<void> {
  if (attempt.knownPlace === undefined) await limiter.giveBack(networkKey(attempt))
  const account = accountKey(crypto, attempt)
  for (const { windows } of TIERS) await limiter.reset(`${account} ${windows}`)
}

/** The network of an IP address: the address itself, or the first 64 bits of an IPv6 address in any form. */
export function networkOf(ip: string | null): string {
  if (ip === null || !ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  return `${address.toNormalizedString().split(':').slice(0, 4).join(':')}::/64`
}

function networkKey({ ip }: Attempt): string {
  return `sign-in network ${networkOf(ip)}`
}

// The key is a digest, because the typed address may have any length.
function accountKey({ digest }: Context['crypto'], { directoryId, emailKey, knownPlace = '' }: Attempt): string {
  return `sign-in account ${digest(JSON.stringify([directoryId, emailKey, knownPlace]))}`
}
