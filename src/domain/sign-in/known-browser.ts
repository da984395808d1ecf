// A browser in which an account signed in is known to it by a cookie, so that strangers who fail in the account's name
// elsewhere do not lock its owner out. The cookie says nothing of the account.
import type { Context } from '../context.ts'
import type { Attempt } from './sign-in-limits.ts'

/** How long a browser stays known, in seconds. */
export const KNOWN_BROWSER_LIFETIME = 31_536_000

type Account = Pick<Attempt, 'directoryId' | 'emailKey'>

/** A cookie value for a browser in which an account just signed in. */
export function knownBrowserOf({ crypto, random }: Pick<Context, 'crypto' | 'random'>, account: Account): string {
  const name = random.secret(16)
  return `${name}.${crypto.mac('known-browser', textOf(name, account))}`
}

/** The browser's name, if the account signed in there before. */
export function readKnownBrowser(
  { crypto }: Pick<Context, 'crypto'>,
  cookie: string | undefined,
  account: Account,
): string | undefined {
  const [name, mac] = cookie?.split('.') ?? []
  if (name === undefined || mac === undefined) return undefined
  return crypto.equal(mac, crypto.mac('known-browser', textOf(name, account))) ? name : undefined
}

function textOf(name: string, { directoryId, emailKey }: Account): string {
  return JSON.stringify([name, directoryId, emailKey])
}
