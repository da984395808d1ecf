import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { listNarrowly, type NarrowList, type Sieve } from '#database/narrow-list.ts'
import { prepared } from '#database/prepared.ts'
import type { SessionTable } from '#database/tables/tokens.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import type { Session } from './session.ts'
import { sessionEndStore } from './session-end.store.ts'
import { toRow, toSession } from './session-row.store.ts'
import { sessionSurveyStore } from './session-survey.store.ts'

export type SessionStore = ReturnType<typeof sessionStore>

export interface SessionQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly userId?: string | undefined
  /** Only sessions that hold: at a time, seen after another. Milliseconds since 1970. */
  readonly living?: { readonly now: number; readonly idleSince: number } | undefined
}

type Row = Selectable<SessionTable>

const findBySecret = prepared<{ secret_hash: string; tenant_id: string; realm_id: string }, Row>(
  'session_find_by_secret',
  (kysely, value) =>
    kysely
      .selectFrom('session')
      .selectAll()
      .where('secret_hash', '=', value('secret_hash'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('realm_id', '=', value('realm_id'))
      .where('ended_at', 'is', null),
)

const touchSession = prepared<{ id: string; tenant_id: string; now: number }, { id: string }>(
  'session_touch',
  (kysely, value) =>
    kysely
      .updateTable('session')
      .set({ last_seen_at: value('now') })
      .where('id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('ended_at', 'is', null)
      .returning('id'),
)

/** What a query asks of the table, one row more than a page. */
export function narrowList(tenantId: string, realmId: string, query: SessionQuery): NarrowList<string> {
  const { limit, cursor, userId, living } = query
  const alive: Sieve[] = living
    ? [
        ['ended_at', 'is', null],
        ['expires_at', '>', living.now],
        ['last_seen_at', '>', living.idleSince],
      ]
    : []
  return {
    table: 'session',
    tenantId,
    position: 'id',
    from: '',
    before: cursor === undefined ? 'g' : decodeCursor(cursor),
    criteria: [
      userId === undefined ? { column: 'realm_id', values: [realmId] } : { column: 'user_id', values: [userId] },
    ],
    sieves: userId === undefined ? alive : [['realm_id', '=', realmId], ...alive],
    limit: limit + 1,
  }
}

/** The sessions at one tenant's realms. */
export function sessionStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    ...ofUserStore(connection, tenantId),
    ...sessionEndStore(connection, tenantId),
    ...sessionSurveyStore(connection),

    async insert(session: Session): Promise<void> {
      await kysely.insertInto('session').values(toRow(session)).execute()
    },

    async find(realmId: string, id: string): Promise<Session | undefined> {
      const row = await kysely
        .selectFrom('session')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toSession(row)
    },

    /** The session that a cookie's secret opens, if it was not ended; whether it expired is for the caller to say. */
    async findBySecretHash(realmId: string, hash: string): Promise<Session | undefined> {
      const [row] = await connection.run(findBySecret, { secret_hash: hash, tenant_id: tenantId, realm_id: realmId })
      return row && toSession(row)
    },

    /** One page of a realm's sessions, newest first. */
    async list(realmId: string, query: SessionQuery): Promise<Page<Session>> {
      const rows = await listNarrowly<Row, string>(connection, narrowList(tenantId, realmId, query))
      const page = toPage(rows, query.limit, (row) => row.id)
      return { ...page, data: page.data.map(toSession) }
    },

    /**
     * Writes down that a session was seen. Until the write is done, nobody else can end it.
     * @returns whether it had not ended
     */
    async touch(id: string, now: number): Promise<boolean> {
      return (await connection.run(touchSession, { id, tenant_id: tenantId, now })).length === 1
    },

    /**
     * Writes a session back after another sign-in of its user, with another secret.
     * @returns when it would have expired; undefined where it had ended
     */
    async renew(session: Session): Promise<number | undefined> {
      const before = await kysely
        .selectFrom('session')
        .select('expires_at')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', session.id)
        .where('user_id', '=', session.userId)
        .where('ended_at', 'is', null)
        .forUpdate()
        .executeTakeFirst()
      if (!before) return undefined
      await kysely
        .updateTable('session')
        .set(toRow(session))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', session.id)
        .execute()
      return before.expires_at
    },
  }
}

function ofUserStore({ kysely }: Connection, tenantId: string) {
  return {
    /** A user’s newest sessions, at whichever realm, that neither ended nor expired; some may be idle for too long. */
    async openOf(userId: string, now: number, limit: number): Promise<Session[]> {
      const rows = await kysely
        .selectFrom('session')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .where('expires_at', '>', now)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toSession)
    },
  }
}
