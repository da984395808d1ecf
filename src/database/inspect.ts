// Inspects a database from outside, while a server may be using it: nothing is written, and no lock is kept.
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { MIGRATIONS } from './migrations/timeline.ts'
import { clientOptions } from './postgres-connection.ts'

/** Where a database is. */
export type DatabasePlace =
  | { readonly dialect: 'sqlite'; readonly path: string }
  | { readonly dialect: 'postgres'; readonly url: string }

/** What was found at its place. */
export interface DatabaseFindings {
  /** False where there is no file yet, or a database without our tables. */
  readonly made: boolean
  /** Whether a server has it open; undefined where that is unknown. */
  readonly inUse: boolean | undefined
  /** The product and its version. */
  readonly product: string
  /** Migrations that were not applied to it. */
  readonly missing: readonly string[]
  /** Migrations that were applied to it and that this version does not know. */
  readonly unknown: readonly string[]
}

const APPLIED = 'select name from kysely_migration order by name'
const ENCODING =
  'select current_setting($$server_version$$) as version, current_setting($$server_encoding$$) as encoding'

/**
 * Inspects the database in a place.
 * @throws Error, with the end of a sentence that starts with the database, where it cannot be read
 */
export function inspectDatabase(place: DatabasePlace): Promise<DatabaseFindings> {
  return place.dialect === 'sqlite'
    ? Promise.resolve().then(() => inspectSqlite(place.path))
    : inspectPostgres(place.url)
}

function inspectSqlite(path: string): DatabaseFindings {
  const known = { inUse: isLocked(`${path}.lock`) }
  if (!existsSync(path)) return { ...known, ...compare(undefined), product: 'SQLite' }
  const database = readOnly(path)
  try {
    const [{ version }] = database.prepare('select sqlite_version() as version').all() as [{ version: string }]
    const tables = database.prepare("select 1 from sqlite_schema where name = 'kysely_migration'").all()
    const applied = tables.length === 0 ? undefined : (database.prepare(APPLIED).all() as { name: string }[])
    return { ...known, ...compare(applied), product: `SQLite ${version}` }
  } catch (error) {
    throw new Error(`cannot be read: ${(error as Error).message}`)
  } finally {
    database.close()
  }
}

function readOnly(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true, timeout: 1000 })
  } catch (error) {
    throw new Error(`cannot be opened: ${(error as Error).message}`)
  }
}

/** The server keeps an exclusive transaction open on this file, so that every reader gets SQLITE_BUSY. */
function isLocked(path: string): boolean | undefined {
  if (!existsSync(path)) return false
  try {
    const lock = new DatabaseSync(path, { readOnly: true, timeout: 0 })
    try {
      lock.prepare('select 1 from sqlite_schema').all()
      return false
    } catch (error) {
      const BUSY = 5
      return ((error as { errcode?: number }).errcode ?? 0) === BUSY ? true : undefined
    } finally {
      lock.close()
    }
  } catch {
    return undefined
  }
}

async function inspectPostgres(url: string): Promise<DatabaseFindings> {
  const client = new pg.Client({ ...clientOptions(url), statement_timeout: 5000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; encoding: string }>(ENCODING)
    const [{ version = '', encoding = '' } = {}] = rows
    if (encoding !== 'UTF8') throw new Error(`has the encoding ${encoding}, and must have UTF8`)
    const tables = await client.query("select 1 where to_regclass('kysely_migration') is not null")
    const applied = tables.rows.length === 0 ? undefined : (await client.query<{ name: string }>(APPLIED)).rows
    return { inUse: undefined, ...compare(applied), product: `PostgreSQL ${version}` }
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    throw new Error(message || code || 'does not answer')
  } finally {
    await client.end().catch(() => {})
  }
}

function compare(
  applied: readonly { name: string }[] | undefined,
): Pick<DatabaseFindings, 'made' | 'missing' | 'unknown'> {
  const names = new Set(applied?.map(({ name }) => name))
  return {
    made: names.size > 0,
    missing: MIGRATIONS.filter((name) => !names.has(name)),
    unknown: [...names].filter((name) => !MIGRATIONS.includes(name)),
  }
}
