// Reads and revokes single tokens of earlier versions.
import { type RawBuilder, type Selectable, type SqlBool, sql, type UpdateQueryBuilder, type UpdateResult } from 'kysely'
import type { Connection } from '../../database.ts'
import { prepared } from '../../prepared.ts'
import type { Schema } from '../../schema.ts'
import type { IssuanceTable } from '../../tables/tokens.ts'
import { type OwnedMember, ownedBy } from '../owner-condition.ts'
import type { PresentedToken, PreviousLog, TokenRecord, TokenSelection } from '../token-log.ts'

/** A row of the table of tokens. */
export type TokenRow = Selectable<IssuanceTable>

type PresentedRow = Pick<
  TokenRow,
  'id' | 'realm_id' | 'client_id' | 'user_id' | 'audience' | 'scopes' | 'token_hash' | 'expires_at' | 'revoked_at'
>

const findRow = prepared<{ id: string; tenant_id: string }, TokenRow>('issuance_find', (kysely, value) =>
  kysely.selectFrom('issuance').selectAll().where('id', '=', value('id')).where('tenant_id', '=', value('tenant_id')),
)

// Asked for each token that is presented, so it reads only what that takes.
const findPresentedRow = prepared<{ id: string; tenant_id: string }, PresentedRow>(
  'issuance_find_token',
  (kysely, value) =>
    kysely
      .selectFrom('issuance')
      .select([
        'id',
        'realm_id',
        'client_id',
        'user_id',
        'audience',
        'scopes',
        'token_hash',
        'expires_at',
        'revoked_at',
      ])
      .where('id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id')),
)

const holdRow = prepared<{ id: string; tenant_id: string; now: number }, { id: string }>(
  'issuance_hold',
  (kysely, value) =>
    kysely
      .selectFrom('issuance')
      .select('id')
      .where('id', '=', value('id'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', value('now'))
      .forNoKeyUpdate(),
)

/** What a token log does by the token's id, however the rows are partitioned. */
export function singleRows(
  connection: Connection,
  tenantId: string,
): Pick<PreviousLog, 'find' | 'findPresented' | 'hold' | 'revoke'> {
  return {
    async find(id) {
      const [row] = await connection.run(findRow, { id, tenant_id: tenantId })
      return row && toRecord(row)
    },
    async findPresented(id) {
      const [row] = await connection.run(findPresentedRow, { id, tenant_id: tenantId })
      return row && toPresented(row)
    },
    async hold(id, now) {
      return (await connection.run(holdRow, { id, tenant_id: tenantId, now })).length === 1
    },
    async revoke(id, now) {
      const { numUpdatedRows } = await connection.kysely
        .updateTable('issuance')
        .set({ revoked_at: now })
        .where('id', '=', id)
        .where('tenant_id', '=', tenantId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

type Revocation = UpdateQueryBuilder<Schema, 'issuance', 'issuance', UpdateResult>

/** An update that revokes the valid tokens of a tenant, to be narrowed. */
export function revocation({ kysely }: Connection, tenantId: string, now: number, oldest: string): Revocation {
  return kysely
    .updateTable('issuance')
    .set({ revoked_at: now })
    .where('tenant_id', '=', tenantId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('id', '>=', oldest)
}

const COLUMNS = {
  realmId: 'realm_id',
  clientId: 'client_id',
  userId: 'user_id',
  sessionId: 'session_id',
  familyId: 'family_id',
  audience: 'audience',
} as const

/** Narrows a revocation to a selection. @param byRealm whether to name the tenant's realms, with which indexes begin */
export function revocationOf(
  { kysely }: Connection,
  tenantId: string,
  update: Revocation,
  which: TokenSelection,
  byRealm: boolean,
): Revocation {
  const realms = kysely.selectFrom('realm').select('id').where('tenant_id', '=', tenantId)
  let narrowed = byRealm && ('audience' in which || 'tenant' in which) ? update.where('realm_id', 'in', realms) : update
  const columnOf = (member: OwnedMember | 'audience') => (member in COLUMNS ? sql.ref(COLUMNS[member]) : undefined)
  for (const own of ownedBy(tenantId, which, columnOf)) narrowed = narrowed.where(own as RawBuilder<SqlBool>)
  return narrowed
}

/** A token as its row holds it. */
export function toRecord(row: TokenRow): TokenRecord {
  return {
    ...toPresented(row),
    sessionId: row.session_id,
    familyId: row.family_id,
    grantType: row.grant_type,
    kid: row.kid,
    issuedAt: row.issued_at,
    ...{ parentId: null, confirmation: null, act: null },
  }
}

function toPresented(row: PresentedRow): PresentedToken {
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
    // What is above it is not read: these tokens expire soon.
    hasParent: false,
  }
}
