import { type Kysely, type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { merged, pageOfMerged, type Strand } from '#database/merge.ts'
import type { Schema } from '#database/schema.ts'
import type { SessionTable } from '#database/tables/tokens.ts'
import type { NumberedPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { counterStore } from '../counter/counter.store.ts'
import { type Among, tenantsWithin } from '../tenant/reached.store.ts'
import type { Session, SessionSurvey } from './session.ts'
import { toSession } from './session-row.store.ts'

type Row = Selectable<SessionTable>

/** How many sessions are counted one by one; beyond, the running counts tell how many there are. */
const COUNT_MAX = 10_000
/** How many of a user’s newest sessions are looked at. */
const OF_USER_MAX = 1000
const PIECE = 50

/** What is asked of the sessions of many tenants at once; a reach is what bounds it. */
export function sessionSurveyStore(connection: Connection) {
  const { kysely } = connection
  return {
    /**
     * The e-mail addresses of users of a tenant, by their ids; of those that were deleted too.
     * @param tenantId of the sessions that name them
     */
    async addressesOf(tenantId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const rows = await kysely
        .selectFrom('user')
        .select(['id', 'email'])
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', [...new Set(userIds)])
        .execute()
      return new Map(rows.map(({ id, email }) => [id, email]))
    },

    /** One numbered page of the sessions that hold, those first that hold longest. */
    async survey(reach: Reach, survey: SessionSurvey, now: number): Promise<NumberedPage<Session>> {
      const { page, perPage, userId, ...among } = survey
      const skip = (page - 1) * perPage
      if (userId !== undefined) {
        const rows = await holdingOfUser(kysely, { reach, among, now }, userId)
        return { data: rows.slice(skip, skip + perPage).map(toSession), total: rows.length }
      }
      const strands = await strandsOf(kysely, { reach, among, now }, skip + perPage)
      const data = await pageOfMerged(merged(strands, keyOf), skip, perPage)
      if (data.length > 0 && data.length < perPage) return { data: data.map(toSession), total: skip + data.length }
      return { data: data.map(toSession), total: await countOf(connection, { reach, among, now }) }
    },
  }
}

interface Asked {
  readonly reach: Reach
  readonly among: Among
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

async function holdingOfUser(kysely: Kysely<Schema>, { reach, among, now }: Asked, userId: string): Promise<Row[]> {
  const newest = await kysely
    .selectFrom('session')
    .select('id')
    .where('user_id', '=', userId)
    .where('tenant_id', 'in', tenantsWithin(kysely, reach, among))
    .orderBy('id', 'desc')
    .limit(OF_USER_MAX)
    .execute()
  if (newest.length === 0) return []
  return holding(kysely, now)
    .selectAll('session')
    .where('session.tenant_id', 'in', tenantsWithin(kysely, reach, among))
    .where(
      'session.id',
      'in',
      newest.map(({ id }) => id),
    )
    .orderBy('session.expires_at', 'desc')
    .orderBy('session.id', 'desc')
    .execute()
}

/** The sessions of each tenant that has any, as strands of one list. */
async function strandsOf(kysely: Kysely<Schema>, { reach, among, now }: Asked, most: number): Promise<Strand<Row>[]> {
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
    .where('tenant.id', 'in', tenantsWithin(kysely, reach, among))
    .execute()
  const piece = tenants.length === 1 ? most : PIECE
  return tenants.flatMap(({ id, newest }) =>
    newest === null
      ? []
      : [
          {
            bound: keyOf({ expires_at: newest, id: '~' }),
            read: (after) => readStrand(kysely, id, { now, after, piece }),
          },
        ],
  )
}

async function readStrand(
  kysely: Kysely<Schema>,
  tenantId: string,
  { now, after, piece }: { now: number; after: Row | undefined; piece: number },
): Promise<Row[]> {
  let sessions = holding(kysely, now)
    .selectAll('session')
    .where('session.tenant_id', '=', tenantId)
    .orderBy('session.expires_at', 'desc')
    .orderBy('session.id', 'desc')
    .limit(piece)
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

async function countOf(connection: Connection, { reach, among, now }: Asked): Promise<number> {
  const { kysely } = connection
  const some = holding(kysely, now)
    .select('session.id')
    .where('session.tenant_id', 'in', tenantsWithin(kysely, reach, among))
    .limit(COUNT_MAX + 1)
    .as('some')
  const { count } = await kysely
    .selectFrom(some)
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) <= COUNT_MAX) return Number(count)
  return Math.max(Number(count), await counterStore(connection).sessions(reach, now, among))
}
