// Reads, adds and purges refusals.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { deleteOldRows } from '#database/old-rows.ts'
import type { RefusalTable } from '#database/tables/log.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import type { RefusalReason } from '#kernel/refusal-reason.ts'
import type { RefusalQuery, Refusals } from './refusal.ts'

export type RefusalStore = ReturnType<typeof refusalStore>

const KEY = ['realm_id', 'minute', 'client_id', 'error', 'reason', 'network'] as const

/** The refusals of one tenant. */
export function refusalStore({ kysely }: Connection, tenantId: string) {
  return {
    /** One page of a realm’s refusals, newest first. */
    async list(realmId: string, { limit, cursor, clientId, reason, network }: RefusalQuery): Promise<Page<Refusals>> {
      let query = kysely
        .selectFrom('refusal')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .orderBy('id', 'desc')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '<', decodeCursor(cursor))
      if (clientId !== undefined) query = query.where('client_id', '=', clientId)
      if (reason !== undefined) query = query.where('reason', '=', reason)
      if (network !== undefined) query = query.where('network', '=', network)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toRefusals) }
    },
  }
}

/** Adds refusals to those of the same minute that other processes counted. */
export async function addRefusals({ kysely }: Connection, refusals: readonly Refusals[]): Promise<void> {
  for (const { id, tenantId, realmId, minute, clientId, error, reason, network, count } of refusals) {
    await kysely
      .insertInto('refusal')
      .values({
        ...{ id, tenant_id: tenantId, realm_id: realmId, minute, client_id: clientId },
        ...{ error, reason, network, count },
      })
      .onConflict((conflict) =>
        conflict.columns(KEY).doUpdateSet((row) => ({ count: row('refusal.count', '+', row.ref('excluded.count')) })),
      )
      .execute()
  }
}

/** Deletes refusals from before a time, the oldest first. @param limit about how many @returns their number */
export async function purgeRefusals(connection: Connection, before: number, limit = 5000): Promise<number> {
  return (await deleteOldRows(connection, { table: 'refusal', column: 'minute' }, { from: 0, before }, limit)).deleted
}

function toRefusals(row: Selectable<RefusalTable>): Refusals {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    minute: row.minute,
    clientId: row.client_id,
    error: row.error as Refusals['error'],
    reason: row.reason as RefusalReason,
    network: row.network,
    count: row.count,
  }
}
