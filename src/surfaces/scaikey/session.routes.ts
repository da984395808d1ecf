import * as z from 'zod'
import { sessionGet, sessionRevoke, sessionSurvey } from '#domain/session/session.operations.ts'
import type { SessionWithUser } from '#domain/session/session.ts'
import { renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import { acrossTenants, idIn, listOf, listSchema, PageParameters, pageOf, row, single, timeOut } from './row.ts'

const List = PageParameters.extend({
  user_id: idIn('user').optional(),
  tenant_id: idIn('tenant').optional(),
  partner_id: idIn('partner').optional(),
})

const Session = z.object({
  id: z.string(),
  user_id: z.string(),
  user_email: z.string().nullable(),
  tenant_id: z.string(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  auth_method: z.string().describe('How the person authenticated, in a word.'),
  amr: z.array(z.string()).describe('The same as RFC 8176 has it.'),
  created_at: z.string(),
  last_activity_at: z.string(),
  expires_at: z.string(),
  revoked_at: z.string().nullable(),
})

/** Words for the first of what RFC 8176 calls a person’s authentication methods. */
const METHODS: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'totp',
  hwk: 'passkey',
  swk: 'passkey',
  fed: 'federated',
  email: 'magic_link',
}

function shown(session: SessionWithUser): z.output<typeof Session> {
  const [first = 'unknown'] = session.amr
  return {
    id: renderId('session', session.id),
    user_id: renderId('user', session.userId),
    user_email: session.userEmail,
    tenant_id: renderId('tenant', session.tenantId),
    ip_address: session.ip,
    user_agent: session.userAgent,
    auth_method: METHODS[first] ?? first,
    amr: session.amr,
    created_at: timeOut(session.createdAt) ?? '',
    last_activity_at: timeOut(session.lastSeenAt) ?? '',
    expires_at: timeOut(session.expiresAt) ?? '',
    revoked_at: timeOut(session.endedAt),
  }
}

const its: Route['scope'] = async ({ params }, places) => places.of('session', params.id)
const id = ({ params }: { params: Readonly<Record<string, string>> }) => ({ id: params.id })

/** Who is signed in (ScaiKey, “Sessions”). */
export const sessionRoutes: readonly Route[] = [
  row('GET /api/v1/admin/sessions', sessionSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query: { user_id: userId, tenant_id: tenantId, partner_id: partnerId, ...page } }) => ({
      ...pageOf(page),
      userId,
      tenantId,
      partnerId,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Session),
  }),
  row('GET /api/v1/admin/sessions/{id}', sessionGet, {
    scope: its,
    input: id,
    reply: (session: SessionWithUser) => single(shown(session)),
    replySchema: Session,
  }),
  row('POST /api/v1/admin/sessions/{id}/revoke', sessionRevoke, {
    scope: its,
    input: id,
    reply: () => ({ message: 'Session revoked' }),
    replySchema: z.object({ message: z.string() }),
  }),
]
