// The cookie of a browser in which an account signed in before. Attackers who fail in the account's name elsewhere then
// cannot lock out its owner. The cookie does not reveal the account, and is worth nothing once the password is another one.
import { emailKey } from '#kernel/identity-text.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { User } from '../user/user.ts'
import type { Attempt } from './sign-in-limits.ts'

/** How long a browser is recognised after a sign-in, in seconds. */
export const KNOWN_BROWSER_LIFETIME = 31_536_000

/** An account, existing or not, and when its password was set: null if there is none. */
export type KnownAccount = Pick<Attempt, 'directoryId' | 'emailKey'> & Pick<User, 'passwordSetAt'>

type Needs = Pick<Context, 'clock' | 'crypto' | 'scope'>

interface Content {
  readonly name: string
  /** Seconds since 1970, base 36. */
  readonly issuedAt: string
  readonly aal: number
}

/** The account of a user, as the cookie is bound to it. */
export function knownAccountOf({ directoryId, email, passwordSetAt }: User): KnownAccount {
  return { directoryId, emailKey: emailKey(email), passwordSetAt }
}

/**
 * The cookie value for a browser in which an account just signed in at the context's realm.
 * @param aal the level of the session
 * @param before the cookie that the browser has: if it is of the same account, the browser keeps its name and level
 */
export function knownBrowserOf(
  context: Needs & Pick<Context, 'random'>,
  account: KnownAccount,
  aal: number,
  before?: string,
): string {
  const { clock, random } = context
  const known = read(context, before, account)
  const content: Content = {
    name: known?.name ?? random.secret(16),
    issuedAt: Math.floor(clock.now() / 1000).toString(36),
    aal: Math.max(aal, known?.aal ?? 0),
  }
  return `${content.name}.${content.issuedAt}.${content.aal}.${macOf(context, content, account)}`
}

/**
 * The browser's name, if the account signed in there within a year, and has had the same password since.
 * @param aal the level that a sign-in there has to have reached. Default: any
 */
export function readKnownBrowser(
  context: Needs,
  cookie: string | undefined,
  account: KnownAccount,
  aal = 1,
): string | undefined {
  const known = read(context, cookie, account)
  return known && known.aal >= aal ? known.name : undefined
}

function read(context: Needs, cookie: string | undefined, account: KnownAccount): Content | undefined {
  const [, name = '', issuedAt = '', aal = '', mac = ''] =
    /^([\w-]{1,64})\.([0-9a-z]{1,8})\.([123])\.([\w-]{1,128})$/.exec(cookie ?? '') ?? []
  const content: Content = { name, issuedAt, aal: Number(aal) }
  if (mac === '' || !context.crypto.equal(mac, macOf(context, content, account))) return undefined
  const age = context.clock.now() / 1000 - Number.parseInt(issuedAt, 36)
  return age < KNOWN_BROWSER_LIFETIME ? content : undefined
}

function macOf({ crypto, scope }: Needs, { name, issuedAt, aal }: Content, account: KnownAccount): string {
  const { directoryId, emailKey: key, passwordSetAt } = account
  return crypto.mac(
    'known-browser',
    JSON.stringify([name, issuedAt, aal, realmOf(scope).id, directoryId, key, passwordSetAt]),
  )
}
