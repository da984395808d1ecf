// Opens a database to read it only, beside the one that is open.
import type { Connection } from './database.ts'
import type { Location } from './database-url.ts'
import { connectionOver, SqliteConnection } from './sqlite-connection.ts'
import { openFile } from './sqlite-file.ts'

/** Milliseconds that a statement may wait for another program's lock. */
const PATIENCE = 5000
/** One reads; the one that would write is never opened. */
const POSTGRES_CONNECTIONS = 2

/** Connections of its own to a database that another part of the program has open. */
export interface Reader {
  /** Committed state only. Its snapshots do not overlap. */
  readonly read: Connection
  close(): Promise<void>
}

/**
 * Opens a database to read it. It is not migrated, and no other process is kept from it.
 * @throws Error, with a sentence for the operator, where it cannot be opened
 */
export async function openReader(location: Location): Promise<Reader> {
  if (location.dialect === 'postgres') {
    const { connectServer } = await import('./postgres-server.ts')
    // A connection that breaks is reported by the query that needs it.
    const server = await connectServer({ url: location.url, poolSize: POSTGRES_CONNECTIONS }, () => {})
    return { read: server.read(), close: () => server.end() }
  }
  const connection = new SqliteConnection(openFile(location.path, true))
  const snapshot = async <T>(work: () => Promise<T>): Promise<T> => {
    connection.command('begin')
    try {
      return await work()
    } finally {
      connection.command('commit')
    }
  }
  return {
    read: { ...connectionOver(connection, () => {}, PATIENCE), snapshot },
    close: async () => connection.database.close(),
  }
}
