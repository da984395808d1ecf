import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { IssuanceTable } from '#database/schema.ts'
import { floorId } from '#kernel/id.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
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

/** The tokens issued by one tenant's realms. */
export function issuanceStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const revoke = (now: number) =>
    kysely
      .updateTable('issuance')
      .set({ revoked_at: now })
      .where('tenant_id', '=', tenantId)
      .where('revoked_at', 'is', null)
  return {
    /** @param id the token's `jti` */
    async find(id: string): Promise<IssuedToken | undefined> {
      const [row] = await connection.run(findIssuance, { id, tenant_id: tenantId })
      return row && toIssuedToken(row)
    },

    /** One page, newest first. */
    async list(query: IssuanceQuery): Promise<Page<Issuance>> {
      let rows = kysely
        .selectFrom('issuance')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', query.realmId)
        .orderBy('id', 'desc')
        .limit(query.limit + 1)
      if (query.cursor) rows = rows.where('id', '<', decodeCursor(query.cursor))
      if (query.clientId) rows = rows.where('client_id', '=', query.clientId)
      if (query.userId) rows = rows.where('user_id', '=', query.userId)
      if (query.audience) rows = rows.where('audience', '=', query.audience)
      if (query.since !== undefined) rows = rows.where('id', '>=', floorId(query.since))
      if (query.until !== undefined) rows = rows.where('id', '<', floorId(query.until))
      const page = toPage(await rows.execute(), query.limit, (row) => row.id)
      return { ...page, data: page.data.map(toIssuance) }
    },

    /** Revokes what still holds of an owner's tokens. @returns how many that were */
    async revokeWhere(owner: TokenOwner, now: number): Promise<number> {
      let living = revoke(now).where('expires_at', '>', now)
      for (const [name, value] of Object.entries(owner))
        living = living.where(COLUMNS[name as keyof typeof COLUMNS], '=', value)
      const { numUpdatedRows } = await living.executeTakeFirst()
      return Number(numUpdatedRows)
    },

    /** Revokes what still holds of the tokens for an audience, of all realms. @returns how many that were */
    async revokeForAudience(audience: string, now: number): Promise<number> {
      const { numUpdatedRows } = await revoke(now)
        .where('realm_id', 'in', kysely.selectFrom('realm').select('id').where('tenant_id', '=', tenantId))
        .where('audience', '=', audience)
        .where('expires_at', '>', now)
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
