// Reads and writes token families.
import { type Insertable, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { TokenFamilyTable } from '#database/tables/tokens.ts'
import { ownedBy } from '#database/token-log/owner-condition.ts'
import type { TokenOwner } from '#database/token-log/token-log.ts'
import type { RefreshState, TokenFamily } from './token-family.ts'

export type TokenFamilyStore = ReturnType<typeof tokenFamilyStore>

const OWNER_COLUMNS = {
  realmId: 'realm_id',
  clientId: 'client_id',
  userId: 'user_id',
  sessionId: 'session_id',
  familyId: 'id',
} as const

const FAMILY_COLUMNS = [
  'id',
  'tenant_id',
  'realm_id',
  'client_id',
  'user_id',
  'session_id',
  'scopes',
  'resources',
  'details',
  'nonce',
  'claims',
  'organization_id',
  'acr',
  'amr',
  'authenticated_at',
  'created_at',
  'expires_at',
  'generation',
  'refreshed_at',
  'refresh_expires_at',
  'confirmation',
] as const

const insertFamily = prepared<Pick<Selectable<TokenFamilyTable>, (typeof FAMILY_COLUMNS)[number]>, never>(
  'token_family_insert',
  (kysely, value) => {
    const values = Object.fromEntries(FAMILY_COLUMNS.map((column) => [column, value(column)]))
    return kysely.insertInto('token_family').values(values as Insertable<TokenFamilyTable>)
  },
)

type RefreshRow = Pick<Selectable<TokenFamilyTable>, 'generation' | 'refreshed_at' | 'refresh_expires_at'>

const lockedFamily = prepared<{ id: string; tenant_id: string }, RefreshRow>('token_family_hold', (kysely, value) =>
  kysely
    .selectFrom('token_family')
    .select(['generation', 'refreshed_at', 'refresh_expires_at'])
    .where('id', '=', value('id'))
    .where('tenant_id', '=', value('tenant_id'))
    .where('revoked_at', 'is', null)
    .forNoKeyUpdate(),
)

interface Rotation {
  id: string
  tenant_id: string
  generation: number
  next: number
  refreshed_at: number
  refresh_expires_at: number
}

const rotateFamily = prepared<Rotation, { id: string }>('token_family_rotate', (kysely, value) =>
  kysely
    .updateTable('token_family')
    .set({
      generation: value('next'),
      refreshed_at: value('refreshed_at'),
      refresh_expires_at: value('refresh_expires_at'),
    })
    .where('id', '=', value('id'))
    .where('tenant_id', '=', value('tenant_id'))
    .where('generation', '=', value('generation'))
    .where('revoked_at', 'is', null)
    .returning('id'),
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

/** The conditions for families of an owner. */
export function familiesOf(tenantId: string, owner: TokenOwner): RawBuilder<unknown>[] {
  return ownedBy(tenantId, owner, (member) => sql.ref(OWNER_COLUMNS[member]))
}

/** The token families of one tenant. */
export function tokenFamilyStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    async insert(family: TokenFamily): Promise<void> {
      await connection.run(insertFamily, {
        id: family.id,
        tenant_id: tenantId,
        realm_id: family.realmId,
        client_id: family.clientId,
        user_id: family.userId,
        session_id: family.sessionId,
        scopes: family.scopes.join(' '),
        resources: JSON.stringify(family.resources),
        details: family.details.length === 0 ? null : JSON.stringify(family.details),
        nonce: family.nonce,
        claims: family.claims === null ? null : JSON.stringify(family.claims),
        organization_id: family.organizationId,
        acr: family.acr,
        amr: JSON.stringify(family.amr),
        authenticated_at: family.authenticatedAt,
        created_at: family.createdAt,
        expires_at: family.expiresAt,
        generation: family.refresh?.generation ?? 0,
        refreshed_at: family.refresh?.refreshedAt ?? null,
        refresh_expires_at: family.refresh?.expiresAt ?? null,
        confirmation: family.confirmation === null ? null : JSON.stringify(family.confirmation),
      })
    },

    async find(id: string): Promise<TokenFamily | undefined> {
      const [row] = await connection.run(findFamily, { id, tenant_id: tenantId })
      return row && toFamily(row)
    },

    /**
     * Locks a valid family, so that it cannot be revoked or refreshed until the write ends.
     * @returns the state of its refresh tokens; undefined if the family is not valid or has none
     */
    async lock(id: string): Promise<RefreshState | undefined> {
      const [row] = await connection.run(lockedFamily, { id, tenant_id: tenantId })
      return (row && toRefreshState(row)) ?? undefined
    },

    /**
     * Spends the refresh token of a generation of a valid family. Only one of several concurrent callers succeeds. The
     * family is locked until the write ends.
     * @param next the new state
     * @returns whether this caller succeeded
     */
    async rotate(id: string, generation: number, next: RefreshState): Promise<boolean> {
      const rows = await connection.run(rotateFamily, {
        id,
        tenant_id: tenantId,
        generation,
        next: next.generation,
        refreshed_at: next.refreshedAt,
        refresh_expires_at: next.expiresAt,
      })
      return rows.length === 1
    },

    /** Revokes the valid families that are for an organization, of one user or of all. */
    async revokeOfOrganization(organizationId: string, now: number, userId?: string): Promise<void> {
      const all = kysely
        .updateTable('token_family')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('organization_id', '=', organizationId)
        .where('revoked_at', 'is', null)
      await (userId === undefined ? all : all.where('user_id', '=', userId)).execute()
    },

    /** Revokes the valid families of an owner. @returns their number */
    async revokeWhere(owner: TokenOwner, now: number): Promise<number> {
      let valid = kysely
        .updateTable('token_family')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('revoked_at', 'is', null)
      for (const own of familiesOf(tenantId, owner)) valid = valid.where(own as RawBuilder<SqlBool>)
      const { numUpdatedRows } = await valid.executeTakeFirst()
      return Number(numUpdatedRows)
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
    details: row.details === null ? [] : JSON.parse(row.details),
    nonce: row.nonce,
    claims: row.claims === null ? null : JSON.parse(row.claims),
    organizationId: row.organization_id,
    acr: row.acr,
    amr: JSON.parse(row.amr),
    authenticatedAt: row.authenticated_at,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    refresh: toRefreshState(row),
    confirmation: row.confirmation === null ? null : JSON.parse(row.confirmation),
  }
}

function toRefreshState(row: RefreshRow): RefreshState | null {
  if (row.refreshed_at === null || row.refresh_expires_at === null) return null
  return { generation: row.generation, refreshedAt: row.refreshed_at, expiresAt: row.refresh_expires_at }
}
