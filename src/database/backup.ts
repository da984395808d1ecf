// Copies a database while a server uses it, and puts a copy back. The copy is one state: that of the moment when it began.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { DatabasePlace } from './inspect.ts'
import { clientOptions } from './postgres-connection.ts'
import { lockFile } from './sqlite-file.ts'

/** The newest entry of the log of events of a tenant. */
export interface LogHead {
  readonly tenantId: string
  readonly seq: number
  readonly hash: string
}

/** What a copy has. */
export interface CopiedDatabase {
  readonly migrations: readonly string[]
  readonly heads: readonly LogHead[]
}

/** The file of a copy in its folder. */
export const COPY_FILES = { sqlite: 'countersign.sqlite', postgres: 'countersign.dump' } as const

const MIGRATIONS = 'select name from kysely_migration order by name'
const HEADS = 'select tenant_id, seq, hash from event_head order by tenant_id'
/** More than any database has: one step copies all, so a commit of the server does not begin it anew. */
const ALL_PAGES = 0x7fffffff

/**
 * Copies a database into a new file that only its owner can read.
 * @param path where the programs of PostgreSQL are looked for: the variable PATH
 * @throws Error with a sentence for the operator
 */
export function copyDatabase(place: DatabasePlace, file: string, path: string): Promise<CopiedDatabase> {
  return place.dialect === 'sqlite' ? copySqlite(place.path, file) : dumpPostgres(place.url, file, path)
}

async function copySqlite(path: string, file: string): Promise<CopiedDatabase> {
  if (!existsSync(path)) throw new Error(`There is no database at ${path}.`)
  closeSync(openSync(file, 'wx', 0o600))
  const source = new DatabaseSync(path, { readOnly: true, timeout: 10_000 })
  try {
    await backup(source, file, { rate: ALL_PAGES })
  } finally {
    source.close()
  }
  const copied = readSqlite(file)
  syncFile(file)
  return copied
}

/** Reads a copy, and checks all of its pages. */
function readSqlite(file: string): CopiedDatabase {
  const copy = new DatabaseSync(file)
  try {
    // A copy has the mode of the original: without the log, it is one file.
    copy.exec('pragma journal_mode = delete')
    const [{ integrity_check: verdict }] = copy.prepare('pragma integrity_check(1)').all() as [Record<string, string>]
    if (verdict !== 'ok') throw new Error(`${file} is damaged: ${verdict}.`)
    return {
      migrations: (copy.prepare(MIGRATIONS).all() as { name: string }[]).map(({ name }) => name),
      heads: (copy.prepare(HEADS).all() as unknown as HeadRow[]).map(headOf),
    }
  } finally {
    copy.close()
  }
}

interface HeadRow {
  readonly tenant_id: string
  readonly seq: number | string
  readonly hash: string
}

function headOf({ tenant_id: tenantId, seq, hash }: HeadRow): LogHead {
  return { tenantId, seq: Number(seq), hash }
}

/** pg_dump reads the snapshot in which the heads are read, too. */
async function dumpPostgres(url: string, file: string, path: string): Promise<CopiedDatabase> {
  const client = new pg.Client(clientOptions(url))
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read read only')
    const { rows: snapshots } = await client.query<{ id: string }>('select pg_export_snapshot() as id')
    const migrations = await client.query<{ name: string }>(MIGRATIONS)
    const heads = await client.query<HeadRow>(HEADS)
    closeSync(openSync(file, 'wx', 0o600))
    const words = ['--format=custom', '--no-owner', '--no-privileges', '--no-comments', '--file', file]
    await runTool('pg_dump', [...words, `--snapshot=${snapshots[0]?.id}`], { url, path })
    syncFile(file)
    return { migrations: migrations.rows.map(({ name }) => name), heads: heads.rows.map(headOf) }
  } finally {
    await client.end()
  }
}

/**
 * Puts a copy in the place of a database.
 * @param options.force replace a database that has something
 * @param options.path where the programs of PostgreSQL are looked for: the variable PATH
 * @throws Error with a sentence for the operator. Then the place is as it was, but for one case: with `force` on PostgreSQL, what
 *   was there is gone if `pg_restore` fails after it has read the table of contents, as for a dump with damaged data. The
 *   database is empty then
 */
export function restoreDatabase(
  place: DatabasePlace,
  file: string,
  { force, path }: { readonly force: boolean; readonly path: string },
): Promise<void> {
  return place.dialect === 'sqlite'
    ? restoreSqlite(place.path, file, force)
    : restorePostgres(place.url, file, { force, path })
}

async function restoreSqlite(path: string, file: string, force: boolean): Promise<void> {
  if (existsSync(path) && !force) {
    throw new Error(`${path} exists already. Use another database, or --force to replace it.`)
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const lock = lockFile(path)
  const draft = `${path}.restoring`
  try {
    copyFileSync(file, draft)
    chmodSync(draft, 0o600)
    readSqlite(draft)
    syncFile(draft)
    // The log of another database would be read into this one.
    for (const rest of [`${path}-wal`, `${path}-shm`, `${path}-journal`]) rmSync(rest, { force: true })
    renameSync(draft, path)
    syncFile(dirname(path))
  } finally {
    rmSync(draft, { force: true })
    lock.close()
  }
}

async function restorePostgres(
  url: string,
  file: string,
  { force, path }: { readonly force: boolean; readonly path: string },
): Promise<void> {
  const client = new pg.Client(clientOptions(url))
  await client.connect()
  try {
    const { rows: tables } = await client.query("select 1 from pg_tables where schemaname = 'public' limit 1")
    if (tables.length > 0 && !force) {
      throw new Error('The database has tables already. Use an empty one, or --force to replace what is in it.')
    }
    const { rows: users } = await client.query(
      "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' limit 1",
    )
    if (users.length > 0) throw new Error('Other programs are connected to the database. Stop every server first.')
    await runTool('pg_restore', ['--list', file], { path })
    if (tables.length > 0) await client.query('drop schema public cascade; create schema public')
  } finally {
    await client.end()
  }
  await runTool('pg_restore', ['--no-owner', '--no-privileges', '--no-comments', '--single-transaction', file], {
    url,
    path,
  })
}

/**
 * Runs a program of PostgreSQL. The password is in its environment, not in its arguments, which others can see.
 * @param options.url the database; without it, the program gets none
 */
async function runTool(
  program: string,
  words: readonly string[],
  { url, path }: { readonly url?: string; readonly path: string },
): Promise<void> {
  const address = url === undefined ? undefined : new URL(url)
  const password = decodeURIComponent(address?.password ?? '')
  if (address) address.password = ''
  const child = spawn(program, [...words, ...(address ? ['--dbname', address.href] : [])], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: path, LC_ALL: 'C', ...(password && { PGPASSWORD: password }) },
  })
  let said = ''
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2000)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', () => reject(new Error(`${program} is not installed. Install the programs of PostgreSQL.`)))
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} failed: ${said.trim().split('\n').at(-1) ?? code}.`)
}

function syncFile(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
