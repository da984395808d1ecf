import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { type Criterion, listNarrowly, type NarrowList, type Sieve } from '#database/narrow-list.ts'
import { prepared } from '#database/prepared.ts'
import type { ConsentGrantTable } from '#database/tables/tokens.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import { type Grant, mergeScopes } from './grant.ts'

export type GrantStore = ReturnType<typeof grantStore>

/** Which grants of a realm to list, and where the page begins. */
export interface GrantQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly userId?: string | undefined
  readonly clientId?: string | undefined
  readonly revoked: boolean
}

/** What a set of grants has in common that is revoked together. */
export type GrantOwner =
  | { readonly realmId: string }
  | { readonly clientId: string }
  | { readonly userId: string }
  | { readonly resource: string }

/** A grant as it stands after a consent, and whether that made it, added scopes, or said what it said already. */
export interface Merged {
  readonly grant: Grant
  readonly outcome: 'created' | 'extended' | 'same'
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

/** What a query asks of the table, one row more than a page. */
export function narrowList(tenantId: string, realmId: string, query: GrantQuery): NarrowList<string> {
  const { limit, cursor, userId, clientId, revoked } = query
  const criteria: Criterion[] = []
  if (userId !== undefined) criteria.push({ column: 'user_id', values: [userId] })
  if (clientId !== undefined) criteria.push({ column: 'client_id', values: [clientId] })
  const sieves: Sieve[] = revoked ? [] : [['revoked_at', 'is', null]]
  return {
    table: 'consent_grant',
    tenantId,
    position: 'id',
    from: '',
    before: cursor === undefined ? 'g' : decodeCursor(cursor),
    criteria: criteria.length > 0 ? criteria : [{ column: 'realm_id', values: [realmId] }],
    sieves: criteria.length > 0 ? [['realm_id', '=', realmId], ...sieves] : sieves,
    limit: limit + 1,
  }
}

/** What the users of one tenant allowed its clients. */
export function grantStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    /** What holds of a user's consent. @param resource an identifier, or empty for the realm itself */
    async find(userId: string, clientId: string, resource: string): Promise<Grant | undefined> {
      const values = { tenant_id: tenantId, user_id: userId, client_id: clientId, resource }
      const [row] = await connection.run(findGrant, values)
      return row && toGrant(row)
    },

    /** What holds of a user's consent; it cannot be revoked until the write is done. */
    async hold(userId: string, clientId: string, resource: string): Promise<Grant | undefined> {
      const row = await living(connection, tenantId, { userId, clientId, resource }).forUpdate().executeTakeFirst()
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
      const rows = await listNarrowly<Row, string>(connection, narrowList(tenantId, realmId, query))
      const page = toPage(rows, query.limit, (row) => row.id)
      return { ...page, data: page.data.map(toGrant) }
    },

    /**
     * Adds to what a user allowed a client at a resource; nothing that was allowed at the same time is lost.
     * @param grant what it is if there is none yet
     */
    merge: (grant: Grant) => merge(connection, tenantId, grant),

    /** @returns whether it still held */
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

    /** Revokes what still holds of an owner's grants. @returns how many those were */
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

function living(
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
    if (inserted) return { grant, outcome: 'created' }
    const row = await living(connection, tenantId, grant).forUpdate().executeTakeFirst()
    if (!row) continue // It was revoked between the two statements.
    const before = toGrant(row)
    const scopes = mergeScopes(before.scopes, grant.scopes)
    if (scopes.length === before.scopes.length) return { grant: before, outcome: 'same' }
    await kysely
      .updateTable('consent_grant')
      .set({ scopes: JSON.stringify(scopes), updated_at: grant.updatedAt })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', before.id)
      .execute()
    return { grant: { ...before, scopes, updatedAt: grant.updatedAt }, outcome: 'extended' }
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
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revokedAt: row.revoked_at,
  }
}
