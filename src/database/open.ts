// Opens the database that a URL names.
import type { Append, Database, OnWait } from './database.ts'
import { locationOf } from './database-url.ts'
import { openSqlite } from './sqlite.ts'

export interface OpenOptions {
  readonly append: Append
  /** SQLite only; see SqliteOptions. */
  readonly synchronous?: 'full' | 'normal'
  /** PostgreSQL only; see PostgresOptions. */
  readonly poolSize?: number
  readonly listenUrl?: string | undefined
  readonly patience?: number
  readonly report?: (error: unknown) => void
  readonly onWait?: OnWait
}

/**
 * Opens the database that a URL names.
 * @param url `postgres://…` or `postgresql://…`; `file:…`, `sqlite:…` or a bare path for a SQLite file
 * @throws Error, with a sentence for the operator, where it cannot be opened
 */
export async function openDatabase(url: string, options: OpenOptions): Promise<Database> {
  const { synchronous, poolSize, listenUrl, ...both } = options
  const location = locationOf(url)
  if (location.dialect === 'postgres') {
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres({ url, ...both, ...(poolSize && { poolSize }), ...(listenUrl && { listenUrl }) })
  }
  return openSqlite({ path: location.path, ...both, ...(synchronous && { synchronous }) })
}
