import { fileURLToPath } from 'node:url'
import type { Appenders, Database } from './database.ts'
import { openSqlite } from './sqlite.ts'

export interface OpenOptions {
  readonly appenders: Appenders
  /** SQLite only; see SqliteOptions. */
  readonly synchronous?: 'full' | 'normal'
  /** PostgreSQL only; see PostgresOptions. */
  readonly poolSize?: number
  readonly patience?: number
  readonly report?: (error: unknown) => void
}

/**
 * Opens the database that a URL names.
 * @param url `postgres://…` or `postgresql://…`; `file:…`, `sqlite:…` or a bare path for a SQLite file
 * @throws Error, with a sentence for the operator, where it cannot be opened
 */
export async function openDatabase(url: string, options: OpenOptions): Promise<Database> {
  const { synchronous, poolSize, ...both } = options
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres({ url, ...both, ...(poolSize && { poolSize }) })
  }
  return openSqlite({ path: pathOf(url), ...both, ...(synchronous && { synchronous }) })
}

function pathOf(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url)
  const [, scheme, path] = /^([a-z][a-z0-9+.-]+):(.*)$/.exec(url) ?? []
  if (scheme === undefined) return url
  if ((scheme === 'sqlite' || scheme === 'file') && path !== undefined) return path.replace(/^\/\/(?=\/)/, '')
  throw new Error(`The database URL starts with ${scheme}:, which is none of postgres:, sqlite: and file:.`)
}
