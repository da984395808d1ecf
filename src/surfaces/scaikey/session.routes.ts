// Sessions (ScaiKey, “Sessions”).
import * as z from 'zod'
import * as sessions from '#domain/session/session.operations.ts'
import { SessionWithUser } from '#domain/session/session.ts'
import type { Route } from '../surface.ts'
import { computed, json, list, ok, representation, rows } from './dialect.ts'
import { acrossPartners, placeOf } from './scope.ts'

const row = rows({ scope: placeOf('session') })

/** ScaiKey’s names of authentication methods (RFC 8176); the first method of the session is shown. */
const METHODS: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'totp',
  hwk: 'passkey',
  swk: 'passkey',
  fed: 'federated',
  mca: 'magic_link',
}
const auth_method = computed(
  z.string().describe('How the person authenticated, in a word.'),
  ({ amr: [first = 'unknown'] }: SessionWithUser) => METHODS[first] ?? first,
)

const session = representation(
  SessionWithUser,
  {
    names: { ip: 'ip_address', lastSeenAt: 'last_activity_at', endedAt: 'revoked_at' },
    omit: ['realmId', 'aal', 'authenticatedAt'],
  },
  { auth_method },
)

const revoked = json(z.object({ message: z.string() }), () => ({ message: 'Session revoked' }))

export const sessionRoutes: readonly Route[] = [
  row('GET /api/v1/admin/sessions', sessions.sessionList, list(session), acrossPartners),
  row('GET /api/v1/admin/sessions/{id}', sessions.sessionGet, ok(session)),
  row('POST /api/v1/admin/sessions/{id}/revoke', sessions.sessionRevoke, revoked),
]
