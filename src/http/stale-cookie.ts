// Owns the deletion of session cookies that are no longer valid.
import type { Services } from '#domain/open-context.ts'
import { staleSessionCookie } from '#web/current-session.ts'
import { contextOf } from '#web/realm-context.ts'
import type { RealmReply, RealmRequest } from '#web/realm-request.ts'

/**
 * Adds to a reply that the browser deletes the cookie of a session that was revoked or has expired. A reply that sets a
 * new session cookie stays as it is.
 */
export async function withoutStaleCookie(
  services: Services,
  realmRequest: RealmRequest,
  reply: RealmReply,
): Promise<RealmReply> {
  // A failure here must not replace the reply.
  const stale = await staleSessionCookie(contextOf(services, realmRequest), realmRequest).catch(() => undefined)
  if (stale === undefined) return reply
  const set = [reply.headers['set-cookie'] ?? []].flat()
  const name = stale.slice(0, stale.indexOf('=') + 1)
  if (set.some((line) => line.startsWith(name))) return reply
  return { ...reply, headers: { ...reply.headers, 'set-cookie': [...set, stale] } }
}
