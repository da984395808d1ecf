// The rows for sessions.
import * as z from 'zod'
import * as sessions from '#domain/session/session.operations.ts'
import { type SessionsEnded, type SessionsPurged, SessionView, SessionWithUser } from '#domain/session/session.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { computed, json, list, noContent, representation, row } from './dialect.ts'

/** What the document calls the methods of a sign-in (RFC 8176); the first one is shown. */
const METHODS: Readonly<Record<string, string>> = {
  password: 'pwd',
  passkey: 'hwk',
  magic_link: 'mca',
  sso: 'fed',
}
const wordOf = (amr: string) => Object.keys(METHODS).find((word) => METHODS[word] === amr) ?? amr

const members = ['id', 'userId', 'ip', 'userAgent', 'expiresAt', 'createdAt', 'lastSeenAt'] as const
const names = { lastSeenAt: 'last_activity_at' }
const method = {
  auth_method: computed(z.string(), ({ amr: [first = 'pwd'] }: SessionView) => wordOf(first === 'swk' ? 'hwk' : first)),
  mfa_passed: computed(z.boolean(), ({ aal }: SessionView) => aal > 1),
}
/** A session of a user who is known. */
export const sessionOfUser = representation(SessionView, { pick: [...members], names }, method)
const session = representation(SessionWithUser, { pick: [...members, 'userEmail'], names }, method)

const byMethod: Codec = { schema: z.string().max(40), decode: (sent) => METHODS[String(sent)] ?? sent }
const byFactor: Codec = {
  schema: z.stringbool(),
  decode: (sent) => ({ true: 2, false: 1 })[String(sent)] ?? String(sent),
}

const revoked = json(z.object({ revoked: z.number().int() }), ({ ended }: SessionsEnded) => ({ revoked: ended }))
const deleted = json(z.object({ deleted: z.number().int() }), ({ deleted }: SessionsPurged) => ({ deleted }))
const BASE = '/api/v1/admin/sessions'

/** Sessions (SharkAuth, “Sessions (Admin)”). */
export const sessionRoutes: readonly Route[] = [
  row(`GET ${BASE}`, sessions.sessionList, list(session), {
    pick: ['userId', 'method', 'aal'],
    names: { method: 'auth_method', aal: 'mfa_passed' },
    codecs: { method: byMethod, aal: byFactor },
  }),
  row(`DELETE ${BASE}`, sessions.sessionRevokeAll, revoked, { pick: [] }),
  row(`DELETE ${BASE}/{id}`, sessions.sessionRevoke, noContent),
  row(`POST ${BASE}/purge-expired`, sessions.sessionPurge, deleted),
]
