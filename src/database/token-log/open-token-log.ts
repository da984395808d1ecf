// Opens the token log, whatever the database.
import type { Connection } from '../database.ts'
import { compactLog } from './compact-log.ts'
import { compactPartitions } from './partitions.ts'
import type { TokenLog } from './token-log.ts'

/** The tokens of one tenant. */
export function tokenLog(connection: Connection, tenantId: string): TokenLog {
  return compactLog(connection, tenantId)
}

/**
 * Moves tokens of the oldest recent partition to those of their periods. PostgreSQL has no partitions.
 * @param limit rows to move
 * @returns how many were moved; 0 where nothing is left to move
 */
export async function compactTokenLog(connection: Connection, limit: number): Promise<number> {
  return connection.remote ? 0 : compactPartitions(connection, limit)
}
