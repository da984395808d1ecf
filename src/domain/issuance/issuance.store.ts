import type { UpdateQueryBuilder, UpdateResult } from 'kysely'
import { type BlockPart, eachBlock, settle } from '#database/blocks.ts'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { Schema } from '#database/schema.ts'
import { floorId } from '#kernel/id.ts'
import { type Page, toPage } from '#kernel/page.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import type { Issuance, IssuedToken, TokenOwner } from './issuance.ts'
import { type IssuanceQuery, type IssuanceRow, listIssuances } from './issuance-list.store.ts'

export type IssuanceStore = ReturnType<typeof issuanceStore>

type Row = IssuanceRow

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

type Living = UpdateQueryBuilder<Schema, 'issuance', 'issuance', UpdateResult>

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
  const living = (now: number) =>
    revoke(now)
      .where('expires_at', '>', now)
      .where('id', '>=', floorId(now - TOKEN_LIFETIME_MAX * 1000 - SKEW))
  const revokeLiving = async (now: number, narrow: (rows: Living, block: BlockPart) => Living): Promise<number> => {
    let revoked = 0
    for (const block of eachBlock(connection)) {
      const { numUpdatedRows } = await narrow(living(now).where(block.condition), block).executeTakeFirst()
      revoked += Number(numUpdatedRows)
    }
    return revoked
  }
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
      const page = toPage(await listIssuances(connection, tenantId, query), query.limit, (row) => row.id)
      return { ...page, data: page.data.map(toIssuance) }
    },

    /** Revokes what still holds of an owner's tokens. @returns how many that were */
    revokeWhere(owner: TokenOwner, now: number): Promise<number> {
      const own = Object.entries(owner).map(([name, value]) => [COLUMNS[name as keyof typeof COLUMNS], value] as const)
      return revokeLiving(now, (living) => own.reduce((all, [column, value]) => all.where(column, '=', value), living))
    },

    /** Revokes what still holds of the tokens for an audience, of all realms. @returns how many that were */
    revokeForAudience(audience: string, now: number): Promise<number> {
      const realms = kysely.selectFrom('realm').select('id').where('tenant_id', '=', tenantId)
      return revokeLiving(now, (living, block) =>
        // A recent block is looked through: a step for each of many realms would be more.
        (block.isRecent ? living : living.where('realm_id', 'in', realms)).where('audience', '=', audience),
      )
    },

    /** @returns whether it still held */
    async revoke(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await revoke(now).where('id', '=', id).executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/**
 * Moves index entries of tokens that were issued in a rush to where they belong.
 * @param most tokens to move
 * @returns how many were moved; 0 where nothing is left to move
 */
export function settleIssuances(connection: Connection, most: number): Promise<number> {
  return settle(connection, most)
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
