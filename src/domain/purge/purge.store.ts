// Counts and deletes rows of all tenants that are of no more use.
import type { Connection } from '#database/database.ts'
import { countOldRows, databaseBytes, deleteOldRows, type OldRows } from '#database/old-rows.ts'
import { purgePreviousTokens } from '#database/token-log/purge.ts'
import type { Id } from '#kernel/id.ts'
import type { Reach } from '../actor.ts'
import { type EventPurgeStore, eventPurgeStore } from '../event/event-purge.store.ts'
import {
  type AuthorizationCursor,
  type AuthorizationStep,
  countSpent,
  deleteSpent,
} from './spent-authorizations.store.ts'

export type PurgeStore = ReturnType<typeof purgeStore>

/** Where counting stops. */
const COUNT_MAX = 1_000_000

/** When clients were last approved at the latest, and which refresh tokens have not expired. */
interface UnusedTimes {
  readonly before: number
  readonly now: number
}

/** A client that nobody uses. */
export interface UnusedClient {
  readonly id: Id
  readonly realmId: Id
  readonly tenantId: Id
}

function unused({ kysely }: Connection, { before, now }: UnusedTimes) {
  return kysely
    .selectFrom('client')
    .select(['id', 'realm_id', 'tenant_id'])
    .where('last_used_at', '<', before)
    .where('status', '=', 'active')
    .where('deleted_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('token_family')
            .select('token_family.id')
            .whereRef('token_family.client_id', '=', 'client.id')
            .where('token_family.revoked_at', 'is', null)
            .where('token_family.expires_at', '>', now),
        ),
      ),
    )
}

/** A deleted user of whom there is personal data. */
export interface DeletedUser {
  readonly id: Id
  readonly directoryId: Id
  readonly tenantId: Id
}

function deletedUsers({ kysely }: Connection, before: number) {
  return kysely
    .selectFrom('user')
    .select(['id', 'directory_id', 'tenant_id'])
    .where('deleted_at', 'is not', null)
    .where('erased_at', 'is', null)
    .where('deleted_at', '<', before)
}

/** The old rows of all tenants, for those who reach everything. */
export function purgeStore(connection: Connection) {
  const reached = ({ kind }: Reach) => kind === 'platform'
  return {
    count: async (reach: Reach, rows: OldRows, before: number): Promise<number> =>
      reached(reach) ? countOldRows(connection, rows, before, COUNT_MAX) : 0,

    /** Deletes the oldest rows of a span of time. @returns how many, and from where to go on; undefined if none is left */
    delete: async (
      reach: Reach,
      rows: OldRows,
      span: { readonly from: number; readonly before: number },
      limit: number,
    ): Promise<{ deleted: number; next: number | undefined }> =>
      reached(reach) ? deleteOldRows(connection, rows, span, limit) : { deleted: 0, next: undefined },

    countSpentAuthorizations: async (reach: Reach, times: UnusedTimes): Promise<number> =>
      reached(reach) ? countSpent(connection, times, COUNT_MAX) : 0,

    /** Looks at authorizations that no refresh token came from, after one of them, and deletes those that are of no more use. */
    deleteSpentAuthorizations: async (
      reach: Reach,
      times: UnusedTimes,
      after: AuthorizationCursor,
      limit: number,
    ): Promise<AuthorizationStep> =>
      reached(reach) ? deleteSpent(connection, times, after, limit) : { deleted: 0, last: undefined },

    /** Clients that were last approved before a time, and that have no refresh token at another one. */
    async unusedClients(reach: Reach, times: UnusedTimes, limit: number): Promise<UnusedClient[]> {
      if (!reached(reach)) return []
      const rows = await unused(connection, times).orderBy('last_used_at').limit(limit).execute()
      return rows.map((row) => ({ id: row.id, realmId: row.realm_id, tenantId: row.tenant_id }))
    },

    async countUnusedClients(reach: Reach, times: UnusedTimes): Promise<number> {
      if (!reached(reach)) return 0
      return (await unused(connection, times).limit(COUNT_MAX).execute()).length
    },

    /** Users who were deleted before a time and not erased, the longest deleted first. */
    async deletedUsers(reach: Reach, before: number, limit: number): Promise<DeletedUser[]> {
      if (!reached(reach)) return []
      const rows = await deletedUsers(connection, before).orderBy('deleted_at').limit(limit).execute()
      return rows.map((row) => ({ id: row.id, directoryId: row.directory_id, tenantId: row.tenant_id }))
    },

    async countDeletedUsers(reach: Reach, before: number): Promise<number> {
      if (!reached(reach)) return 0
      return (await deletedUsers(connection, before).limit(COUNT_MAX).execute()).length
    },

    /** Deletes tokens of earlier versions. @returns how many; 0 if none is left */
    deletePreviousTokens: async (reach: Reach, before: number, limit: number): Promise<number> =>
      reached(reach) ? purgePreviousTokens(connection, before, limit) : 0,

    /** The tenants that have events, in the order of their ids, after one. */
    async tenantsAfter(reach: Reach, tenantId: Id, limit: number): Promise<Id[]> {
      if (!reached(reach)) return []
      const rows = await connection.kysely
        .selectFrom('event_head')
        .select('tenant_id')
        .where('tenant_id', '>', tenantId)
        .orderBy('tenant_id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.tenant_id)
    },

    /** The older part of a tenant's chain of events. */
    chainOf: (reach: Reach, tenantId: Id): EventPurgeStore => {
      if (!reached(reach)) throw new Error('a chain is purged only by who reaches everything')
      return eventPurgeStore(connection, tenantId)
    },

    databaseBytes: (reach: Reach): Promise<number> => (reached(reach) ? databaseBytes(connection) : Promise.resolve(0)),
  }
}
