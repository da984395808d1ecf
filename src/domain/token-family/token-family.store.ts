import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { RefreshTokenTable, TokenFamilyTable } from '#database/tables/tokens.ts'
import type { TokenOwner } from '../issuance/issuance.ts'
import type { RefreshToken, TokenFamily } from './token-family.ts'

export type TokenFamilyStore = ReturnType<typeof tokenFamilyStore>

const OWNER_COLUMNS = {
  realmId: 'realm_id',
  clientId: 'client_id',
  userId: 'user_id',
  sessionId: 'session_id',
  familyId: 'id',
} as const

const insertRefresh = prepared<Omit<Selectable<RefreshTokenTable>, 'consumed_at'>, unknown>(
  'refresh_token_insert',
  (kysely, value) =>
    kysely.insertInto('refresh_token').values({
      token_hash: value('token_hash'),
      tenant_id: value('tenant_id'),
      family_id: value('family_id'),
      issued_at: value('issued_at'),
      expires_at: value('expires_at'),
    }) as never,
)

const consumeRefresh = prepared<{ token_hash: string; tenant_id: string; now: number }, { family_id: string }>(
  'refresh_token_consume',
  (kysely, value) =>
    kysely
      .updateTable('refresh_token')
      .set({ consumed_at: value('now') })
      .where('token_hash', '=', value('token_hash'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('consumed_at', 'is', null)
      .returning('family_id'),
)

const findRefresh = prepared<{ token_hash: string; tenant_id: string }, Selectable<RefreshTokenTable>>(
  'refresh_token_find',
  (kysely, value) =>
    kysely
      .selectFrom('refresh_token')
      .selectAll()
      .where('token_hash', '=', value('token_hash'))
      .where('tenant_id', '=', value('tenant_id')),
)

type PresentedRow = Selectable<TokenFamilyTable> & {
  token_issued_at: number
  token_expires_at: number
  token_consumed_at: number | null
}

const findPresented = prepared<{ token_hash: string; tenant_id: string }, PresentedRow>(
  'refresh_token_find_presented',
  (kysely, value) =>
    kysely
      .selectFrom('refresh_token')
      .innerJoin('token_family', 'token_family.id', 'refresh_token.family_id')
      .selectAll('token_family')
      .select([
        'refresh_token.issued_at as token_issued_at',
        'refresh_token.expires_at as token_expires_at',
        'refresh_token.consumed_at as token_consumed_at',
      ])
      .where('refresh_token.token_hash', '=', value('token_hash'))
      .where('refresh_token.tenant_id', '=', value('tenant_id'))
      .where('token_family.tenant_id', '=', value('tenant_id')),
)

const holdFamily = prepared<{ id: string; tenant_id: string }, { id: string }>('token_family_hold', (kysely, value) =>
  kysely
    .selectFrom('token_family')
    .select('id')
    .where('id', '=', value('id'))
    .where('tenant_id', '=', value('tenant_id'))
    .where('revoked_at', 'is', null)
    .forNoKeyUpdate(),
)

const findFamily = prepared<{ id: string; tenant_id: string }, Selectable<TokenFamilyTable>>(
  'token_family_find',
  (kysely, value) =>
    kysely
      .selectFrom('token_family')
      .selectAll()
      .where('id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id')),
)

/** The token families of one tenant and their refresh tokens. */
export function tokenFamilyStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    async insert(family: TokenFamily): Promise<void> {
      await kysely
        .insertInto('token_family')
        .values({
          id: family.id,
          tenant_id: tenantId,
          realm_id: family.realmId,
          client_id: family.clientId,
          user_id: family.userId,
          session_id: family.sessionId,
          scopes: family.scopes.join(' '),
          resources: JSON.stringify(family.resources),
          nonce: family.nonce,
          acr: family.acr,
          amr: JSON.stringify(family.amr),
          authenticated_at: family.authenticatedAt,
          created_at: family.createdAt,
          expires_at: family.expiresAt,
        })
        .execute()
    },

    async find(id: string): Promise<TokenFamily | undefined> {
      const [row] = await connection.run(findFamily, { id, tenant_id: tenantId })
      return row && toFamily(row)
    },

    /** Keeps a living family from being revoked by others until the write is done. @returns whether it lives */
    async hold(id: string): Promise<boolean> {
      return (await connection.run(holdFamily, { id, tenant_id: tenantId })).length === 1
    },

    /** Revokes the families of an owner that still live. @returns how many those were */
    async revokeWhere(owner: TokenOwner, now: number): Promise<number> {
      let living = kysely
        .updateTable('token_family')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('revoked_at', 'is', null)
      for (const [name, value] of Object.entries(owner)) {
        living = living.where(OWNER_COLUMNS[name as keyof typeof OWNER_COLUMNS], '=', value)
      }
      const { numUpdatedRows } = await living.executeTakeFirst()
      return Number(numUpdatedRows)
    },

    async insertRefreshToken(token: Omit<RefreshToken, 'consumedAt'>): Promise<void> {
      await connection.run(insertRefresh, {
        token_hash: token.hash,
        tenant_id: tenantId,
        family_id: token.familyId,
        issued_at: token.issuedAt,
        expires_at: token.expiresAt,
      })
    },

    /** A refresh token as it is presented, and the family that it belongs to. */
    async findPresented(hash: string): Promise<{ token: RefreshToken; family: TokenFamily } | undefined> {
      const [row] = await connection.run(findPresented, { token_hash: hash, tenant_id: tenantId })
      if (!row) return undefined
      const token: RefreshToken = {
        hash,
        familyId: row.id,
        issuedAt: row.token_issued_at,
        expiresAt: row.token_expires_at,
        consumedAt: row.token_consumed_at,
      }
      return { token, family: toFamily(row) }
    },

    async findRefreshToken(hash: string): Promise<RefreshToken | undefined> {
      const [row] = await connection.run(findRefresh, { token_hash: hash, tenant_id: tenantId })
      return row && toRefreshToken(row)
    },

    /** Spends a refresh token: of any number of callers at once, one does. @returns whether this one did */
    async consumeRefreshToken(hash: string, now: number): Promise<boolean> {
      const rows = await connection.run(consumeRefresh, { token_hash: hash, tenant_id: tenantId, now })
      return rows.length === 1
    },
  }
}

function toFamily(row: Selectable<TokenFamilyTable>): TokenFamily {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    clientId: row.client_id,
    userId: row.user_id,
    sessionId: row.session_id,
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    resources: JSON.parse(row.resources),
    nonce: row.nonce,
    acr: row.acr,
    amr: JSON.parse(row.amr),
    authenticatedAt: row.authenticated_at,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}

function toRefreshToken(row: Selectable<RefreshTokenTable>): RefreshToken {
  return {
    hash: row.token_hash,
    familyId: row.family_id,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    consumedAt: row.consumed_at,
  }
}
