import { type Selectable, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { IssuanceTable } from '#database/schema.ts'
import { unindexed } from '#database/unindexed.ts'
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

const COLUMNS = {
  realmId: 'realm_id',
  clientId: 'client_id',
  userId: 'user_id',
  sessionId: 'session_id',
  familyId: 'family_id',
} as const

const findIssuance = prepared<{ id: string; tenant_id: string }, Selectable<IssuanceTable>>(
  'issuance_find',
  (kysely, value) =>
    kysely.selectFrom('issuance').selectAll().where('id', '=', value('id')).where('tenant_id', '=', value('tenant_id')),
)

/** How far the clock that an id was made with may be from the one that asks, in milliseconds. */
const SKEW = 300_000

// Bounds of every id.
const LEAST = ''
const BEYOND = 'g'

/** One row more than a page, newest first, by the index of the narrowest column that is asked for. */
export function listQuery({ kysely }: Connection, tenantId: string, query: IssuanceQuery) {
  const asked = { user_id: query.userId, client_id: query.clientId, audience: query.audience, realm_id: query.realmId }
  const [lead] = Object.entries(asked).find(([, value]) => value !== undefined) ?? []
  const from = query.since === undefined ? LEAST : floorId(query.since)
  const before = query.until === undefined ? BEYOND : floorId(query.until)
  const cursor = query.cursor === undefined ? BEYOND : decodeCursor(query.cursor)
  let rows = kysely
    .selectFrom('issuance')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where((row) => row.between('id', from, cursor < before ? cursor : before))
    .where('id', '!=', cursor)
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
  for (const [column, value] of Object.entries(asked)) {
    if (value === undefined) continue
    const leads = column === lead || (column === 'realm_id' && lead === 'audience')
    rows = rows.where(leads ? sql.ref<string>(column) : unindexed(column), '=', value)
  }
  return rows
}

/** The tokens issued by one tenant's realms. */
export function issuanceStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
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
    /** @param id the token's `jti` */
    async find(id: string): Promise<IssuedToken | undefined> {
      const [row] = await connection.run(findIssuance, { id, tenant_id: tenantId })
      return row && toIssuedToken(row)
    },

    /** One page, newest first. */
    async list(query: IssuanceQuery): Promise<Page<Issuance>> {
      const page = toPage(await listQuery(connection, tenantId, query).execute(), query.limit, (row) => row.id)
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

function toIssuance(row: Selectable<IssuanceTable>): Issuance {
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

function toIssuedToken(row: Selectable<IssuanceTable>): IssuedToken {
  return { ...toIssuance(row), tenantId: row.tenant_id, tokenHash: row.token_hash }
}
