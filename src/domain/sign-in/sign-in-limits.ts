// Limits failed sign-ins: budgets per account and per network, which are checked before the password.
import ipaddr from 'ipaddr.js'
import type { Context } from '../context.ts'

/** Each tier allows more failures in a longer window, so the average rate decreases: the waits become longer. */
const TIERS = [
  { attempts: 1, windows: 1 },
  { attempts: 2, windows: 4 },
  { attempts: 4, windows: 24 },
] as const

/** Where the failures in all known browsers of an account are counted together. No browser has this name. */
const ALL_KNOWN = 'known browsers'
/** How many browsers' budgets all of them have together, so that more cookies give no more attempts. */
const KNOWN_BROWSERS = 3

/** The account and the network of a sign-in. */
export interface Attempt {
  readonly directoryId: string
  readonly emailKey: string
  readonly ip: string | null
  /** The browser, if the account signed in there before: it has a budget of its own. */
  readonly knownBrowser: string | undefined
  /** Attempts at the second factor have budgets of their own. Default: first. */
  readonly factor?: 'first' | 'second'
}

/** What came of taking an attempt. */
export interface Taken {
  /** 0 if the attempt is allowed, else the seconds to wait. */
  readonly retryAfter: number
  /**
   * Whether only failures in the name of the account stand in the way, and the budget of the account in the caller's site
   * has room: what is known of the site then decides, once the password is verified. It is the same for an unknown account.
   */
  readonly isForSite: boolean
}

/**
 * Takes one attempt from the budgets of the account and the network. A browser in which the account signed in before has
 * a budget of its own, so that nobody can lock out a user by failing elsewhere, or in other users' names. All such browsers
 * of an account have another one together, so that nobody collects budgets. What this returns does not depend on whether the account exists, or where it signed in, unless the browser proves to know it.
 * @param site the larger network of the caller, where the account may have signed in before; undefined for none
 */
export async function takeAttempt(context: Context, attempt: Attempt, site: string | undefined): Promise<Taken> {
  const { limiter, registry } = context
  const { network } = registry.settings.signInLimits
  const { knownBrowser } = attempt
  if (knownBrowser === undefined) {
    const retryAfter = await limiter.take(networkKey(attempt), network.limit, network.windowSeconds)
    if (retryAfter > 0) return { retryAfter, isForSite: false }
  }
  const retryAfter = await takeFromAccount(context, attempt, knownBrowser)
  if (knownBrowser !== undefined) {
    const all = retryAfter === 0 ? await takeFromAccount(context, attempt, ALL_KNOWN, KNOWN_BROWSERS) : retryAfter
    return { retryAfter: all, isForSite: false }
  }
  if (retryAfter === 0 || site === undefined) return { retryAfter, isForSite: false }
  return { retryAfter, isForSite: (await takeFromAccount(context, attempt, site)) === 0 }
}

/** @param place where the budget holds; undefined for everywhere @param times how many budgets of an account it is as large as */
async function takeFromAccount(
  { crypto, limiter, registry }: Context,
  attempt: Attempt,
  place: string | undefined,
  times = 1,
): Promise<number> {
  const account = accountKey(crypto, attempt, place)
  const { limit, windowSeconds } = registry.settings.signInLimits.account
  for (const { attempts, windows } of TIERS) {
    const seconds = await limiter.take(`${account} ${windows}`, limit * times * attempts, windowSeconds * windows)
    if (seconds > 0) return seconds
  }
  return 0
}

/**
 * Clears the account’s failures in a place after a success, and returns the attempt to the budgets of the network and of
 * all known browsers. Their other failures stay: an attacker could clear the network’s with an own account and try passwords
 * of others forever, and the owner would clear those of whoever has a cookie.
 * @param site the site whose budget allowed the attempt; undefined where the budget of the account did
 */
export async function forgetFailures(
  { crypto, limiter }: Context,
  attempt: Attempt,
  site: string | undefined,
): Promise<void> {
  if (attempt.knownBrowser === undefined) await limiter.giveBack(networkKey(attempt))
  const account = accountKey(crypto, attempt, attempt.knownBrowser ?? site)
  for (const { windows } of TIERS) await limiter.reset(`${account} ${windows}`)
  if (attempt.knownBrowser === undefined) return
  const all = accountKey(crypto, attempt, ALL_KNOWN)
  for (const { windows } of TIERS) await limiter.giveBack(`${all} ${windows}`)
}

/** The attempts at an entry of a directory, under whichever of its names. */
export function entryAttempt(attempt: Attempt, providerId: string, subject: string): Attempt {
  return { ...attempt, emailKey: JSON.stringify(['entry', providerId, subject]) }
}

/** Whether the entry of a directory has room for an attempt, which is taken then. */
export async function takeEntryAttempt(context: Context, entry: Attempt): Promise<boolean> {
  return (await takeFromAccount(context, entry, entry.knownBrowser)) === 0
}

/** Clears the failures at the entry of a directory. */
export async function forgetEntryFailures({ crypto, limiter }: Context, entry: Attempt): Promise<void> {
  const account = accountKey(crypto, entry, entry.knownBrowser)
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
function accountKey({ digest }: Context['crypto'], attempt: Attempt, place = ''): string {
  const { directoryId, emailKey, factor = 'first' } = attempt
  return `${factor === 'first' ? 'sign-in' : 'second-factor'} account ${digest(JSON.stringify([directoryId, emailKey, place]))}`
}
