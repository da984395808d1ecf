// Tokens that were issued before rows were compact. They stay where they are until they expire and are purged.
import type { Connection } from '../../database.ts'
import type { PreviousLog } from '../token-log.ts'
import { previousLastIssuedPartitioned, previousPartitionedLog } from './partitioned-log.ts'
import { previousLastIssuedPlain, previousPlainLog } from './plain-log.ts'

/** The tokens of one tenant. */
export function previousLog(connection: Connection, tenantId: string): PreviousLog {
  return connection.remote ? previousPlainLog(connection, tenantId) : previousPartitionedLog(connection, tenantId)
}

/** When each of some clients got its newest token, milliseconds since 1970; clients without any are left out. */
export function previousLastIssued(
  connection: Connection,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return connection.remote
    ? previousLastIssuedPlain(connection, clientIds)
    : previousLastIssuedPartitioned(connection, clientIds)
}
