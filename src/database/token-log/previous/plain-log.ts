// Tokens of earlier versions on PostgreSQL, in one table.
import type { Connection } from '../../database.ts'
import type { PreviousLog } from '../token-log.ts'
import { listCompacted, newestRows } from './compacted-list.ts'
import { COMPACTED } from './partitions.ts'
import { revocation, revocationOf, singleRows, toRecord } from './token-rows.ts'

/** The tokens of one tenant. */
export function previousPlainLog(connection: Connection, tenantId: string): PreviousLog {
  return {
    ...singleRows(connection, tenantId),

    async list(query) {
      return newestRows(await listCompacted(connection, tenantId, query), query.limit).map(toRecord)
    },

    async revokeWhere(which, now, oldest) {
      const update = revocation(connection, tenantId, now, oldest).where('block', '=', COMPACTED)
      const result = await revocationOf(connection, tenantId, update, which, true).executeTakeFirst()
      return Number(result.numUpdatedRows)
    },
  }
}

/** When each of some clients got its newest token, milliseconds since 1970; clients without any are left out. */
export async function previousLastIssuedPlain(
  { kysely }: Connection,
  clientIds: readonly string[],
): Promise<Map<string, number>> {
  const newest = kysely
    .selectFrom('issuance')
    .select(['client_id', ({ fn }) => fn.max('id').as('id')])
    .where('block', '=', COMPACTED)
    .where('client_id', 'in', clientIds)
    .groupBy('client_id')
  const rows = await kysely
    .selectFrom(newest.as('newest'))
    .innerJoin('issuance', 'issuance.id', 'newest.id')
    .select(['issuance.client_id', 'issuance.issued_at'])
    .execute()
  return new Map(rows.map((row) => [row.client_id, row.issued_at]))
}
