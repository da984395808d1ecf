import type { House } from '#domain/open-context.ts'
import { contextOf, type RealmReply, type RealmRequest } from '#domain/realm-request.ts'
import { staleSessionCookie } from '#domain/sign-in/current-session.ts'

/**
 * A reply that also has the browser forget the cookie of a session which was revoked or has expired; as it is where it
 * sets another one in its place.
 */
export async function withoutStaleCookie(
  house: House,
  realmRequest: RealmRequest,
  reply: RealmReply,
): Promise<RealmReply> {
  // Nobody is to miss their answer for want of this.
  const stale = await staleSessionCookie(contextOf(house, realmRequest), realmRequest).catch(() => undefined)
  if (stale === undefined) return reply
  const set = [reply.headers['set-cookie'] ?? []].flat()
  const name = stale.slice(0, stale.indexOf('=') + 1)
  if (set.some((line) => line.startsWith(name))) return reply
  return { ...reply, headers: { ...reply.headers, 'set-cookie': [...set, stale] } }
}
