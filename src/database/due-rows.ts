// Reads which rows are due for a next attempt, of every tenant.
import type { Connection } from './database.ts'

/** The tables whose rows are attempted until they are settled. */
type AttemptedTable = 'mail' | 'logout_delivery' | 'backchannel_authentication'

/** The rows of a table that are due, of every tenant, the longest due first. @param now milliseconds since 1970 */
export async function dueRows(
  { kysely }: Connection,
  table: AttemptedTable,
  now: number,
  limit: number,
): Promise<{ readonly id: string; readonly tenantId: string }[]> {
  const rows = await kysely
    .selectFrom(table)
    .select(['id', 'tenant_id'])
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id }))
}
