// Reads and writes sessions.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { countIndexed, type IndexedList, listIndexed, type ResidualFilter } from '#database/indexed-list.ts'
import { prepared } from '#database/prepared.ts'
import type { SessionTable } from '#database/tables/tokens.ts'
import { Failure } from '#kernel/error.ts'
import { COUNT_MAX, decodeCursor, mapPage, type Page, toPage } from '#kernel/page.ts'
import type { Session } from './session.ts'
import { sessionEndStore } from './session-end.store.ts'
import { toRow, toSession } from './session-row.store.ts'

/** The maximum offset in one realm. */
const OFFSET_MAX = 10_000
/** How many rows a count reads. */
const ROWS_READ_MAX = 50_000

export type SessionStore = ReturnType<typeof sessionStore>

export interface SessionQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly offset?: number | undefined
  readonly userId?: string | undefined
  /** The first method of the sign-in. */
  readonly method?: string | undefined
  readonly aal?: number | undefined
  /** Selects valid sessions: valid at a time, and last used after another time. Milliseconds since 1970. */
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

const holdSession = prepared<{ id: string; tenant_id: string }, Pick<Row, 'last_seen_at'>>(
  'session_hold',
  (kysely, value) =>
    kysely
      .selectFrom('session')
      .select('last_seen_at')
      .where('id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('ended_at', 'is', null)
      .forNoKeyUpdate(),
)

const touchSession = prepared<{ id: string; tenant_id: string; now: number }, never>(
  'session_touch',
  (kysely, value) =>
    kysely
      .updateTable('session')
      .set({ last_seen_at: value('now') })
      .where('id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id')) as never,
)

/** The rows of a query: one more than a page. */
export function indexedSessions(tenantId: string, realmId: string, query: SessionQuery): IndexedList<string> {
  const { limit, cursor, userId, method, aal, living } = query
  const validFilters: ResidualFilter[] = living
    ? [
        ['ended_at', 'is', null],
        ['expires_at', '>', living.now],
        ['last_seen_at', '>', living.idleSince],
      ]
    : []
  const filters: ResidualFilter[] = [...validFilters]
  if (method !== undefined) filters.push(['amr', 'like', `["${method}"%`])
  if (aal !== undefined) filters.push(['aal', '=', aal])
  return {
    table: 'session',
    tenantId,
    position: 'id',
    from: '',
    before: cursor === undefined ? 'g' : decodeCursor(cursor),
    indexFilters: [
      userId === undefined ? { column: 'realm_id', values: [realmId] } : { column: 'user_id', values: [userId] },
    ],
    residualFilters: userId === undefined ? filters : [['realm_id', '=', realmId], ...filters],
    limit: limit + 1,
  }
}

/** The sessions at one tenant's realms. */
export function sessionStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    ...ofUserStore(connection, tenantId),
    ...sessionEndStore(connection, tenantId),

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

    /** Finds the session of a cookie's secret, unless it was ended. The caller must check whether it has expired. */
    async findBySecretHash(realmId: string, hash: string): Promise<Session | undefined> {
      const [row] = await connection.run(findBySecret, { secret_hash: hash, tenant_id: tenantId, realm_id: realmId })
      return row && toSession(row)
    },

    /** One page of a realm's sessions, newest first. */
    async list(realmId: string, query: SessionQuery): Promise<Page<Session>> {
      const { limit, offset } = query
      const list = indexedSessions(tenantId, realmId, { ...query, limit: limit + (offset ?? 0) })
      if (offset === undefined) {
        return mapPage(
          toPage(await listIndexed<Row, string>(connection, list), limit, (row) => row.id),
          toSession,
        )
      }
      if (query.cursor !== undefined || offset > OFFSET_MAX) {
        throw new Failure('invalid_request', `An offset goes without a cursor, and up to ${OFFSET_MAX}.`)
      }
      const rows = (await listIndexed<Row, string>(connection, list)).slice(offset)
      const budget = { rows: COUNT_MAX, rowsRead: ROWS_READ_MAX }
      const value = await countIndexed(connection, list, budget)
      const isBound = budget.rows < 0 || budget.rowsRead < 0
      const page = toPage(rows, limit, (row) => row.id)
      return { ...mapPage(page, toSession), count: { value, ...(isBound && { isBound }) } }
    },

    /**
     * Locks a session until the write ends, and records that it was used.
     * @param since the last use is not recorded again if it is known to be later
     * @returns whether it had not ended
     */
    async touch(id: string, now: number, since: number): Promise<boolean> {
      const [row] = await connection.run(holdSession, { id, tenant_id: tenantId })
      if (row && row.last_seen_at <= since) await connection.run(touchSession, { id, tenant_id: tenantId, now })
      return row !== undefined
    },

    /**
     * Updates a session after another sign-in of its user, with a new secret.
     * @returns when it would have expired; undefined if it had ended
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
    /** A user’s newest sessions at all realms that neither ended nor expired; some may be idle for too long. */
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
