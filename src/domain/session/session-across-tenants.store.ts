// The list of the valid sessions at the realms of several tenants.
import { type Kysely, type Selectable, sql } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import { mergeSorted, pageOfSorted, type SortedList } from '#database/merge-sorted.ts'
import type { Schema } from '#database/schema.ts'
import type { SessionTable } from '#database/tables/tokens.ts'
import { offsetOf, type Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { counterStore } from '../counter/counter.store.ts'
import { type TenantFilter, tenantsWithin } from '../tenant/tenants-within.store.ts'
import type { Session, SessionFilter } from './session.ts'
import { toSession } from './session-row.store.ts'

type Row = Selectable<SessionTable>

/** How many sessions are counted one by one; beyond, the running counts tell how many there are. */
const COUNT_MAX = 10_000
/** How many of a user’s newest sessions are looked at. */
const OF_USER_MAX = 1000
const CHUNK_SIZE = 50
/** Sessions of the only tenant of a list that are read at once. */
const CHUNK_MAX = 500

export type SessionsAcrossTenants = ReturnType<typeof sessionsAcrossTenants>

/** The sessions of all tenants, limited to a reach. */
export function sessionsAcrossTenants(connection: Connection) {
  const kysely = longReadsOf(connection)
  return {
    /** The e-mail addresses of users by their ids; also of deleted users. */
    async addressesOf(reach: Reach, userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (userIds.length === 0) return new Map()
      const rows = await kysely
        .selectFrom('user')
        .select(['id', 'email'])
        .where('id', 'in', [...new Set(userIds)])
        .where('tenant_id', 'in', tenantsWithin(kysely, reach))
        .execute()
      return new Map(rows.map(({ id, email }) => [id, email]))
    },

    /** One page of the valid sessions by its offset, with a count; the sessions that expire last come first. */
    async list(reach: Reach, query: SessionFilter, now: number): Promise<Page<Session>> {
      const { userId, tenantId, partnerId } = query
      const { offset, limit } = offsetOf(query)
      const scope = { reach, filter: { tenantId, partnerId }, now }
      if (userId !== undefined) {
        const rows = await holdingOfUser(kysely, scope, userId)
        return pageOfRows(rows.slice(offset, offset + limit), rows.length)
      }
      const lists = await sortedListsOf(kysely, scope, offset + limit)
      const rows = await pageOfSorted(mergeSorted(lists, keyOf), offset, limit)
      const isLast = rows.length > 0 && rows.length < limit
      return pageOfRows(rows, isLast ? offset + rows.length : await countOf(connection, scope))
    },
  }
}

function pageOfRows(rows: readonly Row[], total: number): Page<Session> {
  return { data: rows.map(toSession), nextCursor: null, count: { value: total } }
}

interface SessionScope {
  readonly reach: Reach
  readonly filter: TenantFilter
  readonly now: number
}

/** Sessions that neither ended nor expired nor were left idle for too long, at living realms that people sign in to. */
function holding(kysely: Kysely<Schema>, now: number) {
  return kysely
    .selectFrom('session')
    .innerJoin('realm', 'realm.id', 'session.realm_id')
    .where('session.ended_at', 'is', null)
    .where('session.expires_at', '>', now)
    .where(sql<boolean>`session.last_seen_at > ${now} - realm.session_idle_lifetime * 1000`)
    .where('realm.kind', '<>', 'admin')
    .where('realm.deleted_at', 'is', null)
}

async function holdingOfUser(
  kysely: Kysely<Schema>,
  { reach, filter, now }: SessionScope,
  userId: string,
): Promise<Row[]> {
  const newest = await kysely
    .selectFrom('session')
    .select('id')
    .where('user_id', '=', userId)
    .where('tenant_id', 'in', tenantsWithin(kysely, reach, filter))
    .orderBy('id', 'desc')
    .limit(OF_USER_MAX)
    .execute()
  if (newest.length === 0) return []
  return holding(kysely, now)
    .selectAll('session')
    .where('session.tenant_id', 'in', tenantsWithin(kysely, reach, filter))
    .where(
      'session.id',
      'in',
      newest.map(({ id }) => id),
    )
    .orderBy('session.expires_at', 'desc')
    .orderBy('session.id', 'desc')
    .execute()
}

/** The sessions of each tenant that has any, as lists of one list. */
async function sortedListsOf(
  kysely: Kysely<Schema>,
  { reach, filter, now }: SessionScope,
  most: number,
): Promise<SortedList<Row>[]> {
  const tenants = await kysely
    .selectFrom('tenant')
    .select([
      'tenant.id',
      ({ selectFrom }) =>
        selectFrom('session')
          .select('session.expires_at')
          .whereRef('session.tenant_id', '=', 'tenant.id')
          .where('session.ended_at', 'is', null)
          .where('session.expires_at', '>', now)
          .orderBy('session.expires_at', 'desc')
          .limit(1)
          .as('newest'),
    ])
    .where('tenant.id', 'in', tenantsWithin(kysely, reach, filter))
    .execute()
  const chunkSize = tenants.length === 1 ? Math.min(most, CHUNK_MAX) : CHUNK_SIZE
  return tenants.flatMap(({ id, newest }) =>
    newest === null
      ? []
      : [
          {
            bound: keyOf({ expires_at: newest, id: '~' }),
            read: (after) => readStrand(kysely, id, { now, after, chunkSize }),
          },
        ],
  )
}

async function readStrand(
  kysely: Kysely<Schema>,
  tenantId: string,
  { now, after, chunkSize }: { now: number; after: Row | undefined; chunkSize: number },
): Promise<Row[]> {
  let sessions = holding(kysely, now)
    .selectAll('session')
    .where('session.tenant_id', '=', tenantId)
    .orderBy('session.expires_at', 'desc')
    .orderBy('session.id', 'desc')
    .limit(chunkSize)
  if (after) {
    const { expires_at: at, id } = after
    sessions = sessions
      .where('session.expires_at', '<=', at)
      .where(({ or, eb }) => or([eb('session.expires_at', '<', at), eb('session.id', '<', id)]))
  }
  return sessions.execute()
}

function keyOf({ expires_at: expiresAt, id }: Pick<Row, 'expires_at' | 'id'>): string {
  return `${String(expiresAt).padStart(16, '0')} ${id}`
}

async function countOf(connection: Connection, { reach, filter, now }: SessionScope): Promise<number> {
  const kysely = longReadsOf(connection)
  const some = holding(kysely, now)
    .select('session.id')
    .where('session.tenant_id', 'in', tenantsWithin(kysely, reach, filter))
    .limit(COUNT_MAX + 1)
    .as('some')
  const { count } = await kysely
    .selectFrom(some)
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) <= COUNT_MAX) return Number(count)
  return Math.max(Number(count), await counterStore(connection).sessions(reach, now, filter))
}
