import { type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { type Criterion, listNarrowly, type NarrowList } from '#database/narrow-list.ts'
import { prepared } from '#database/prepared.ts'
import type { IssuanceTable } from '#database/tables/tokens.ts'
import { floorId } from '#kernel/id.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import type { Issuance, IssuedToken, TokenOwner } from './issuance.ts'

export type IssuanceStore = ReturnType<typeof issuanceStore>

export interface IssuanceQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly realmId: string
  readonly clientId?: string | undefined
  readonly userId?: string | undefined
  readonly audience?: string | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

type Row = Selectable<IssuanceTable>

const COLUMNS = {
  realmId: 'realm_id',
  clientId: 'client_id',
  userId: 'user_id',
  sessionId: 'session_id',
  familyId: 'family_id',
} as const

const findIssuance = prepared<{ id: string; tenant_id: string }, Row>('issuance_find', (kysely, value) =>
  kysely.selectFrom('issuance').selectAll().where('id', '=', value('id')).where('tenant_id', '=', value('tenant_id')),
)

type TokenRow = Pick<
  Row,
  'id' | 'realm_id' | 'client_id' | 'user_id' | 'audience' | 'scopes' | 'token_hash' | 'expires_at' | 'revoked_at'
>

// Asked for each token that is presented, so it reads no more than that takes.
const findToken = prepared<{ id: string; tenant_id: string }, TokenRow>('issuance_find_token', (kysely, value) =>
  kysely
    .selectFrom('issuance')
    .select(['id', 'realm_id', 'client_id', 'user_id', 'audience', 'scopes', 'token_hash', 'expires_at', 'revoked_at'])
    .where('id', '=', value('id'))
    .where('tenant_id', '=', value('tenant_id')),
)

/** How far the clock that an id was made with may be from the one that asks, in milliseconds. */
const SKEW = 300_000

// Bounds of every id.
const LEAST = ''
const BEYOND = 'g'

/** How many audiences one statement reads: a database takes so many parts at once. */
const MOST_AUDIENCES = 100

/**
 * What a query asks of the table, one row more than a page.
 * @param audiences that the realm issued for: what is read where nothing narrows the query
 */
export function narrowList(
  tenantId: string,
  query: IssuanceQuery,
  audiences: readonly string[] = [],
): NarrowList<string> {
  const { realmId, userId, clientId, audience } = query
  const realm: Criterion = { column: 'audience', values: audiences, beside: { realm_id: realmId } }
  const criteria: Criterion[] = []
  if (userId !== undefined) criteria.push({ column: 'user_id', values: [userId] })
  if (clientId !== undefined) criteria.push({ column: 'client_id', values: [clientId] })
  if (audience !== undefined) criteria.push({ column: 'audience', values: [audience], beside: { realm_id: realmId } })
  const before = query.until === undefined ? BEYOND : floorId(query.until)
  const cursor = query.cursor === undefined ? BEYOND : decodeCursor(query.cursor)
  return {
    table: 'issuance',
    tenantId,
    position: 'id',
    from: query.since === undefined ? LEAST : floorId(query.since),
    before: cursor < before ? cursor : before,
    criteria: criteria.length > 0 ? criteria : [realm],
    sieves: criteria.length > 0 ? [['realm_id', '=', realmId]] : [],
    limit: query.limit + 1,
  }
}

/** The tokens issued by one tenant's realms. */
export function issuanceStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const rowsOf = async (query: IssuanceQuery): Promise<Row[]> => {
    const { clientId, userId, audience, realmId, limit } = query
    const isNarrow = [clientId, userId, audience].some((value) => value !== undefined)
    if (isNarrow) return listNarrowly<Row, string>(connection, narrowList(tenantId, query))
    const audiences = await audiencesOf(connection, tenantId, realmId)
    const rows: Row[] = []
    for (let start = 0; start < audiences.length; start += MOST_AUDIENCES) {
      const list = narrowList(tenantId, query, audiences.slice(start, start + MOST_AUDIENCES))
      rows.push(...(await listNarrowly<Row, string>(connection, list)))
    }
    return rows.sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, limit + 1)
  }
  const revoke = (now: number) =>
    kysely
      .updateTable('issuance')
      .set({ revoked_at: now })
      .where('tenant_id', '=', tenantId)
      .where('revoked_at', 'is', null)
  // No token lives longer, so that what a client was issued in all its years need not be read.
  const revokeLiving = (now: number) =>
    revoke(now)
      .where('expires_at', '>', now)
      .where('id', '>=', floorId(now - TOKEN_LIFETIME_MAX * 1000 - SKEW))
  return {
    async find(id: string): Promise<Issuance | undefined> {
      const [row] = await connection.run(findIssuance, { id, tenant_id: tenantId })
      return row && toIssuance(row)
    },

    /** @param id the token's `jti` */
    async findToken(id: string): Promise<IssuedToken | undefined> {
      const [row] = await connection.run(findToken, { id, tenant_id: tenantId })
      return row && toIssuedToken(row)
    },

    /** One page, newest first. */
    async list(query: IssuanceQuery): Promise<Page<Issuance>> {
      const page = toPage(await rowsOf(query), query.limit, (row) => row.id)
      return { ...page, data: page.data.map(toIssuance) }
    },

    /** Revokes what still holds of an owner's tokens. @returns how many that were */
    async revokeWhere(owner: TokenOwner, now: number): Promise<number> {
      let living = revokeLiving(now)
      for (const [name, value] of Object.entries(owner))
        living = living.where(COLUMNS[name as keyof typeof COLUMNS], '=', value)
      const { numUpdatedRows } = await living.executeTakeFirst()
      return Number(numUpdatedRows)
    },

    /** Revokes what still holds of the tokens for an audience, of all realms. @returns how many that were */
    async revokeForAudience(audience: string, now: number): Promise<number> {
      const { numUpdatedRows } = await revokeLiving(now)
        .where('realm_id', 'in', kysely.selectFrom('realm').select('id').where('tenant_id', '=', tenantId))
        .where('audience', '=', audience)
        .executeTakeFirst()
      return Number(numUpdatedRows)
    },

    /** @returns whether it still held */
    async revoke(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await revoke(now).where('id', '=', id).executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** The audiences that a realm issued tokens for: one step in the index for each, however many tokens those are. */
async function audiencesOf({ kysely }: Connection, tenantId: string, realmId: string): Promise<string[]> {
  const own = sql`from issuance where tenant_id = ${tenantId} and realm_id = ${realmId}`
  const { rows } = await sql<{ audience: string }>`
    with recursive seen (audience) as (
      select min(audience) ${own}
      union all
      select (select min(audience) ${own} and audience > seen.audience) from seen where seen.audience is not null
    )
    select audience from seen where audience is not null`.execute(kysely)
  return rows.map(({ audience }) => audience)
}

function toIssuance(row: Row): Issuance {
  return {
    id: row.id,
    realmId: row.realm_id,
    clientId: row.client_id,
    userId: row.user_id,
    sessionId: row.session_id,
    familyId: row.family_id,
    grantType: row.grant_type,
    audience: row.audience,
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    kid: row.kid,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}

function toIssuedToken(row: TokenRow): IssuedToken {
  return {
    id: row.id,
    realmId: row.realm_id,
    clientId: row.client_id,
    userId: row.user_id,
    audience: row.audience,
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    tokenHash: row.token_hash,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}
