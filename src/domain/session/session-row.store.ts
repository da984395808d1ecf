// Reads sessions from rows.
import type { Selectable } from 'kysely'
import type { SessionTable } from '#database/tables/tokens.ts'
import type { Session } from './session.ts'

type Row = Selectable<SessionTable>

/** A session's row. */
export function toRow(session: Session): Row {
  return {
    id: session.id,
    tenant_id: session.tenantId,
    realm_id: session.realmId,
    user_id: session.userId,
    secret_hash: session.secretHash,
    amr: JSON.stringify(session.amr),
    aal: session.aal,
    ip: session.ip,
    user_agent: session.userAgent,
    authenticated_at: session.authenticatedAt,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
    ended_at: session.endedAt,
  }
}

/** A session from its row. */
export function toSession(row: Row): Session {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    userId: row.user_id,
    secretHash: row.secret_hash,
    amr: JSON.parse(row.amr),
    aal: row.aal,
    ip: row.ip,
    userAgent: row.user_agent,
    authenticatedAt: row.authenticated_at,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  }
}
