// Reads and writes connections.
import { type Selectable, sql } from 'kysely'
import type { Connection as DatabaseConnection } from '#database/database.ts'
import { type IndexedList, type IndexFilter, listIndexed } from '#database/indexed-list.ts'
import { prepared } from '#database/prepared.ts'
import { revocableRows } from '#database/revocable-rows.ts'
import type { ConnectionTable } from '#database/tables/broker.ts'
import { type Page, toPage } from '#kernel/page.ts'
import { type Connection, ConnectionFields, type ConnectionFilter } from './connection.ts'

export type ConnectionStore = ReturnType<typeof connectionStore>

/** Whose connections end together. */
export type ConnectionOwner =
  | { readonly userId: string }
  | { readonly providerId: string }
  | { readonly realmId: string }

/** What a refresh, or another visit of the user at the provider, puts in the place of what there was: nothing of that stays. */
export type Renewed = Pick<Connection, 'credential' | 'scopes' | 'expiresAt' | 'refreshedAt' | 'updatedAt'> &
  Partial<Pick<Connection, 'metadata'>>

const findLiving = prepared<{ tenant_id: string; user_id: string; provider_id: string }, Selectable<ConnectionTable>>(
  'connection_find',
  (kysely, value) =>
    kysely
      .selectFrom('connection')
      .selectAll()
      .where('user_id', '=', value('user_id'))
      .where('provider_id', '=', value('provider_id'))
      .where('tenant_id', '=', value('tenant_id'))
      .where('revoked_at', 'is', null),
)

/** The rows of a query: one more than a page. */
export function indexedConnections(
  tenantId: string,
  realmId: string,
  { limit, cursor, userId, providerId, revoked }: ConnectionFilter,
): IndexedList<string> {
  const owners = Object.entries({ user_id: userId, provider_id: providerId })
  const criteria = owners.flatMap(([column, value]): IndexFilter[] => (value ? [{ column, values: [value] }] : []))
  return revocableRows('connection', tenantId, realmId, { limit, cursor, criteria, revoked })
}

/** The connections of one tenant's users. */
export function connectionStore(connection: DatabaseConnection, tenantId: string) {
  const { kysely } = connection
  return {
    /** A user's connection at a provider that has not ended. */
    async find(userId: string, providerId: string): Promise<Connection | undefined> {
      const key = { tenant_id: tenantId, user_id: userId, provider_id: providerId }
      const [row] = await connection.run(findLiving, key)
      return row && ConnectionFields.fromRow(row)
    },

    async findById(realmId: string, id: string): Promise<Connection | undefined> {
      const row = await kysely
        .selectFrom('connection')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && ConnectionFields.fromRow(row)
    },

    /** One page of a realm's connections, newest first. */
    async list(realmId: string, query: ConnectionFilter): Promise<Page<Connection>> {
      const rows = await listIndexed<Selectable<ConnectionTable>, string>(
        connection,
        indexedConnections(tenantId, realmId, query),
      )
      const page = toPage(rows, query.limit, (row) => row.id)
      return { ...page, data: page.data.map((row) => ConnectionFields.fromRow(row)) }
    },

    /** @returns false if the user has one at the provider already */
    async insert(made: Connection): Promise<boolean> {
      const rows = await kysely
        .insertInto('connection')
        .values(ConnectionFields.toRow(made))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    ...renewals(connection, tenantId),
    ...endings(connection, tenantId),
  }
}

/** The statement that changes a connection that has not ended. */
function change({ kysely }: DatabaseConnection, tenantId: string, id: string) {
  return kysely
    .updateTable('connection')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
}

function renewals(connection: DatabaseConnection, tenantId: string) {
  const { kysely } = connection
  const living = (id: string) => change(connection, tenantId, id)
  const livingAt = (userId: string, providerId: string) =>
    kysely
      .selectFrom('connection')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('provider_id', '=', providerId)
      .where('revoked_at', 'is', null)
  return {
    /** Locks a user's connection at a provider until the write ends. */
    async lock(userId: string, providerId: string): Promise<Connection | undefined> {
      const row = await livingAt(userId, providerId).forUpdate().executeTakeFirst()
      return row && ConnectionFields.fromRow(row)
    },

    /** Holds a user's connection at a provider as it is until the write ends. */
    async hold(userId: string, providerId: string): Promise<Connection | undefined> {
      const row = await livingAt(userId, providerId).forShare().executeTakeFirst()
      return row && ConnectionFields.fromRow(row)
    },

    /**
     * Lets one process refresh a connection that still has a version. The lease passes, so that a process that ended holds
     * nobody up.
     * @returns whether this one may
     */
    async lease({ id, version }: Connection, now: number, until: number): Promise<boolean> {
      const { numUpdatedRows } = await living(id)
        .set({ leased_until: until })
        .where('version', '=', version)
        .where('needs_reauth', '=', 0)
        .where((is) => is.or([is('leased_until', 'is', null), is('leased_until', '<=', now)]))
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Ends a lease that led to nothing, so that the next request tries again. */
    async release({ id, version }: Connection): Promise<void> {
      await living(id).set({ leased_until: null }).where('version', '=', version).execute()
    },

    /** Puts new tokens in the place of those of a version. @returns whether it still had that version */
    async renew({ id, version }: Connection, renewed: Renewed): Promise<boolean> {
      const { metadata } = renewed
      const { numUpdatedRows } = await living(id)
        .set({
          credential: renewed.credential,
          scopes: JSON.stringify(renewed.scopes),
          expires_at: renewed.expiresAt,
          refreshed_at: renewed.refreshedAt,
          updated_at: renewed.updatedAt,
          ...(metadata !== undefined && { metadata: metadata && JSON.stringify(metadata) }),
          needs_reauth: 0,
          leased_until: null,
          version: version + 1,
        })
        .where('version', '=', version)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function endings(connection: DatabaseConnection, tenantId: string) {
  const { kysely } = connection
  const living = (id: string) => change(connection, tenantId, id)
  return {
    /**
     * Notes that the provider does not refresh a connection any more, and deletes its tokens.
     * @returns whether it still had that version
     */
    async expire({ id, version }: Connection, now: number): Promise<boolean> {
      const { numUpdatedRows } = await living(id)
        .set({ ...expired(now) })
        .where('version', '=', version)
        .where('needs_reauth', '=', 0)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Has all users of a provider connect again, and deletes their tokens. */
    async expireOf(providerId: string, now: number): Promise<void> {
      await kysely
        .updateTable('connection')
        .set({ ...expired(now), version: sql<number>`version + 1` })
        .where('tenant_id', '=', tenantId)
        .where('provider_id', '=', providerId)
        .where('revoked_at', 'is', null)
        .execute()
    },

    /** Ends a connection and deletes its tokens. @returns whether it had not ended before */
    async revoke(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await living(id).set(ended(now)).executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Ends the connections of an owner and deletes their tokens. */
    async revokeWhere(owner: ConnectionOwner, now: number): Promise<void> {
      const [column, id] = columnOf(owner)
      await kysely
        .updateTable('connection')
        .set(ended(now))
        .where('tenant_id', '=', tenantId)
        .where(column, '=', id)
        .where('revoked_at', 'is', null)
        .execute()
    },
  }
}

function columnOf(owner: ConnectionOwner): readonly ['user_id' | 'provider_id' | 'realm_id', string] {
  if ('userId' in owner) return ['user_id', owner.userId]
  return 'providerId' in owner ? ['provider_id', owner.providerId] : ['realm_id', owner.realmId]
}

function expired(now: number) {
  return { needs_reauth: 1 as const, updated_at: now, credential: null, leased_until: null }
}

/** What a connection is once it ended: nothing of the account is left. */
export function ended(now: number) {
  return { revoked_at: now, updated_at: now, credential: null, metadata: null, leased_until: null }
}
