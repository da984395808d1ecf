// The networks from which an account signed in lately. Its sessions tell them, so a failed attempt stores nothing.
import ipaddr from 'ipaddr.js'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Attempt } from './sign-in-limits.ts'

/** How long a network is usual after a sign-in, in milliseconds. */
const USUAL_FOR = 90 * 86_400_000
/** How many bits of an address are its network: what providers give to one site, or change within it. */
const PREFIX = { ipv4: 24, ipv6: 48 } as const
/** The id of no user. */
export const NOBODY = '00000000-0000-0000-0000-000000000000'

/** How many of a user's newest sessions at the realm tell networks. */
const SESSIONS_MAX = 50

/**
 * Whether an account signed in from a site at this realm lately. It asks the same of the database for an unknown account.
 * @param site as {@link siteOf} returns it
 * @param options.least the level that such a sign-in has to have reached. Default: any
 * @param options.except the id of a session that does not count
 */
export async function isUsual(
  { clock, read, scope }: Context,
  { directoryId, emailKey }: Pick<Attempt, 'directoryId' | 'emailKey'>,
  site: string,
  { least = 1, except }: { readonly least?: number; readonly except?: string } = {},
): Promise<boolean> {
  const found = await read.users.findForSignIn(directoryId, emailKey)
  const newest = { limit: SESSIONS_MAX, userId: found?.user.id ?? NOBODY }
  const { data } = await read.sessions.list(realmOf(scope).id, newest)
  const since = clock.now() - USUAL_FOR
  return data.some(
    ({ id, ip, aal, authenticatedAt, createdAt }) =>
      id !== except && aal >= least && Math.max(authenticatedAt, createdAt) > since && siteOf(ip) === site,
  )
}

/** The site of an IP address: the first 24 bits of an IPv4 address, or 48 bits of an IPv6 address. */
export function siteOf(ip: string | null): string | undefined {
  if (ip === null || !ipaddr.isValid(ip)) return undefined
  const address = ipaddr.process(ip)
  const prefix = PREFIX[address.kind()]
  const first =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${prefix}`)
  return `${first}/${prefix}`
}
