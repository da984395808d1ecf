// The cookie of a browser in which an account signed in before. Attackers who fail in the account's name elsewhere then
// cannot lock out its owner. The cookie does not reveal the account.
import type { Context } from '../context.ts'
import type { Attempt } from './sign-in-limits.ts'

/** How long a browser is recognised, in seconds. */
export const KNOWN_BROWSER_LIFETIME = 31_536_000

type Account = Pick<Attempt, 'directoryId' | 'emailKey'>

/** The cookie value for a browser in which an account just signed in. */
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
