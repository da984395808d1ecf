// Reads and writes grants.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { type IndexedList, type IndexFilter, listIndexed } from '#database/indexed-list.ts'
import { prepared } from '#database/prepared.ts'
import { revocableRows } from '#database/revocable-rows.ts'
import type { ConsentGrantTable } from '#database/tables/tokens.ts'
import { type Page, toPage } from '#kernel/page.ts'
import { type Grant, mergeDetails, mergeScopes } from './grant.ts'

export type GrantStore = ReturnType<typeof grantStore>

/** The filters of a list of a realm's grants, and the start of the page. */
export interface GrantQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly userId?: string | undefined
  readonly clientId?: string | undefined
  readonly revoked: boolean
}

/** The owner of the grants that are revoked together. */
export type GrantOwner =
  | { readonly realmId: string }
  | { readonly clientId: string }
  | { readonly userId: string }
  | { readonly resource: string }

/** A grant after a consent, and as it was before; undefined if there was none. */
export interface Merged {
  readonly grant: Grant
  readonly before: Grant | undefined
}

const OWNER_COLUMNS = { realmId: 'realm_id', clientId: 'client_id', userId: 'user_id', resource: 'resource' } as const

type Row = Selectable<ConsentGrantTable>

const findGrant = prepared<{ tenant_id: string; user_id: string; client_id: string; resource: string }, Row>(
  'consent_grant_find',
  (kysely, value) =>
    kysely
      .selectFrom('consent_grant')
      .selectAll()
      .where('user_id', '=', value('user_id'))
      .where('client_id', '=', value('client_id'))
      .where('resource', '=', value('resource'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('revoked_at', 'is', null),
)

/** The rows of a query: one more than a page. */
export function indexedGrants(tenantId: string, realmId: string, query: GrantQuery): IndexedList<string> {
  const { limit, cursor, userId, clientId, revoked } = query
  const criteria: IndexFilter[] = []
  if (userId !== undefined) criteria.push({ column: 'user_id', values: [userId] })
  if (clientId !== undefined) criteria.push({ column: 'client_id', values: [clientId] })
  return revocableRows('consent_grant', tenantId, realmId, { limit, cursor, criteria, revoked })
}

/** The grants of one tenant. */
export function grantStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    /** A user's grant that is not revoked. @param resource an identifier, or empty for the realm itself */
    async find(userId: string, clientId: string, resource: string): Promise<Grant | undefined> {
      const values = { tenant_id: tenantId, user_id: userId, client_id: clientId, resource }
      const [row] = await connection.run(findGrant, values)
      return row && toGrant(row)
    },

    /** A user's grant that is not revoked; it is locked until the write ends. */
    async lock(userId: string, clientId: string, resource: string): Promise<Grant | undefined> {
      const row = await notRevoked(connection, tenantId, { userId, clientId, resource }).forUpdate().executeTakeFirst()
      return row && toGrant(row)
    },

    async findById(realmId: string, id: string): Promise<Grant | undefined> {
      const row = await kysely
        .selectFrom('consent_grant')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toGrant(row)
    },

    /** One page of a realm's grants, newest first. */
    async list(realmId: string, query: GrantQuery): Promise<Page<Grant>> {
      const rows = await listIndexed<Row, string>(connection, indexedGrants(tenantId, realmId, query))
      const page = toPage(rows, query.limit, (row) => row.id)
      return { ...page, data: page.data.map(toGrant) }
    },

    /**
     * Adds scopes and details to a user's grant; concurrent additions are all kept.
     * @param grant the new grant, if there is none yet
     */
    merge: (grant: Grant) => merge(connection, tenantId, grant),

    /** @returns whether it was not revoked before */
    async revoke(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('consent_grant')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Revokes the grants of an owner. @returns how many were not revoked before */
    async revokeWhere(owner: GrantOwner, now: number): Promise<number> {
      const [name, value] = Object.entries(owner)[0] as [keyof typeof OWNER_COLUMNS, string]
      const { numUpdatedRows } = await kysely
        .updateTable('consent_grant')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where(OWNER_COLUMNS[name], '=', value)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return Number(numUpdatedRows)
    },
  }
}

function notRevoked(
  { kysely }: Connection,
  tenantId: string,
  { userId, clientId, resource }: Pick<Grant, 'userId' | 'clientId' | 'resource'>,
) {
  return kysely
    .selectFrom('consent_grant')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('client_id', '=', clientId)
    .where('resource', '=', resource)
    .where('revoked_at', 'is', null)
}

async function merge(connection: Connection, tenantId: string, grant: Grant): Promise<Merged> {
  const { kysely } = connection
  for (;;) {
    const inserted = await kysely
      .insertInto('consent_grant')
      .values(toRow(grant, tenantId))
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (inserted) return { grant, before: undefined }
    const row = await notRevoked(connection, tenantId, grant).forUpdate().executeTakeFirst()
    if (!row) continue // A concurrent write revoked it between the two statements.
    const before = toGrant(row)
    const scopes = mergeScopes(before.scopes, grant.scopes)
    const details = mergeDetails(before.details, grant.details)
    if (scopes.length === before.scopes.length && details === before.details) return { grant: before, before }
    await kysely
      .updateTable('consent_grant')
      .set({ scopes: JSON.stringify(scopes), details: JSON.stringify(details), updated_at: grant.updatedAt })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', before.id)
      .execute()
    return { grant: { ...before, scopes, details, updatedAt: grant.updatedAt }, before }
  }
}

function toRow(grant: Grant, tenantId: string): Row {
  return {
    id: grant.id,
    tenant_id: tenantId,
    realm_id: grant.realmId,
    user_id: grant.userId,
    client_id: grant.clientId,
    resource: grant.resource,
    scopes: JSON.stringify(grant.scopes),
    details: JSON.stringify(grant.details),
    created_at: grant.createdAt,
    updated_at: grant.updatedAt,
    revoked_at: grant.revokedAt,
  }
}

function toGrant(row: Row): Grant {
  return {
    id: row.id,
    realmId: row.realm_id,
    userId: row.user_id,
    clientId: row.client_id,
    resource: row.resource,
    scopes: JSON.parse(row.scopes),
    details: JSON.parse(row.details),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revokedAt: row.revoked_at,
  }
}
