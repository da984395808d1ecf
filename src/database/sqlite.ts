import { closeSync, existsSync, fdatasync, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Appenders, Commit, Connection, Database } from './database.ts'
import { exclusiveQueries, SQLITE } from './dialect.ts'
import { unavailable } from './errors.ts'
import { migrateToLatest } from './migrations/timeline.ts'
import { SqliteConnection, sqliteQueries } from './sqlite-connection.ts'
import { SqliteWriter } from './sqlite-writer.ts'
import { tellAll, warn } from './tell.ts'

export interface SqliteOptions {
  /** The file; made, readable for its owner only, where there is none. */
  readonly path: string
  /** `full` (unless told): a commit survives a power cut. `normal`: it survives the end of the process. */
  readonly synchronous?: 'full' | 'normal'
  readonly appenders: Appenders
  /** Milliseconds that one write may take; 5000 unless told. */
  readonly patience?: number
  /** Told of failures that callers only see as `temporarily_unavailable`, and of listeners that throw. */
  readonly report?: (error: unknown) => void
}

/**
 * Opens a SQLite file: one connection that writes, one that reads, and a lock that keeps other processes off.
 * @throws Error, with a sentence for the operator, where the file cannot be opened or another process has it
 */
export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const { report = warn } = options
  const path = claim(options.path)
  const lock = lockFile(path)
  const writing = new SqliteConnection(openFile(path, false))
  const reading = new SqliteConnection(openFile(path, true))
  const log = openSync(`${path}-wal`, 'r+')
  const view = new View(reading, report)
  const read = connectionOver(reading, () => view.enter())
  const listeners = new Set<(commit: Commit) => void>()
  const writer = new SqliteWriter({
    connection: writing,
    inside: connectionOver(writing, () => {}),
    appenders: options.appenders,
    patience: options.patience ?? 5000,
    sync: options.synchronous === 'normal' ? undefined : () => flush(log),
    report,
    committing: () => view.leave(),
    committed: (events) => tellAll(listeners, { events }, report),
  })
  let closed: Promise<void> | undefined
  return {
    dialect: 'sqlite',
    read,
    write: (work) => writer.write(work),
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async migrate() {
      const applied = await writer.exclusively(() => migrateToLatest(exclusiveQueries(SQLITE, writing), SQLITE))
      view.leave()
      return applied
    },
    async ping() {
      if (closed !== undefined) throw unavailable(new Error('The database is closed.'))
      reading.command('select 1 from sqlite_schema limit 1')
    },
    close() {
      closed ??= writer.close().then(() => {
        for (const file of [reading.database, writing.database, lock]) file.close()
        closeSync(log)
      })
      return closed
    },
  }
}

/**
 * What the connection that reads sees of the database. Reads of one turn of the event loop share a transaction: to begin
 * and end one costs as much as to read a row. It is left before each commit, so that who is told of one reads it.
 */
class View {
  readonly #connection: SqliteConnection
  readonly #report: (error: unknown) => void

  constructor(connection: SqliteConnection, report: (error: unknown) => void) {
    this.#connection = connection
    this.#report = report
  }

  enter(): void {
    if (this.#connection.database.isTransaction) return
    this.#connection.command('begin')
    setImmediate(() => this.leave())
  }

  leave(): void {
    const { database } = this.#connection
    if (!database.isOpen || !database.isTransaction) return
    try {
      this.#connection.command('commit')
    } catch (error) {
      // Nobody waits for this: what is thrown would end the process.
      this.#report(error)
    }
  }
}

/** @param enter called before each query */
function connectionOver(connection: SqliteConnection, enter: () => void): Connection {
  return {
    remote: false,
    kysely: sqliteQueries((consumer) => {
      enter()
      return consumer(connection)
    }),
    run(statement, values) {
      try {
        enter()
        return Promise.resolve(connection.runPrepared(statement, values))
      } catch (error) {
        return Promise.reject(error)
      }
    },
  }
}

const flush = promisify(fdatasync)

/** The file's one true path; a new file is its owner's only, and so are the files that SQLite puts beside it. */
function claim(path: string): string {
  if (path === '' || path.startsWith(':')) throw new Error('The database must be a file; databases in memory are not.')
  try {
    const directory = dirname(resolve(path))
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (!existsSync(path)) {
      closeSync(openSync(path, 'a', 0o600))
      // The name is in the directory, which has to be on disk like the rows.
      const handle = openSync(directory, 'r')
      fsyncSync(handle)
      closeSync(handle)
    }
    return realpathSync(path)
  } catch (error) {
    throw new Error(
      `The database file ${path} cannot be opened or made: ${error instanceof Error ? error.message : ''}`,
    )
  }
}

/**
 * Holds an exclusive transaction on a file beside the database for as long as the process lives. It is a lock of the
 * operating system, so that nothing is left behind by `kill -9`.
 */
function lockFile(path: string): DatabaseSync {
  const file = `${path}.lock`
  closeSync(openSync(file, 'a', 0o600))
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
    return lock
  } catch {
    lock.close()
    throw new Error(
      `The database ${path} is in use by another process. Stop that one first; to run several, use PostgreSQL.`,
    )
  }
}

/**
 * SQLite itself syncs its log before a checkpoint only (`synchronous = normal`). That each commit is on disk before it
 * is answered is seen to by the writer, which can do so without holding up the thread:
 * https://www.sqlite.org/pragma.html#pragma_synchronous
 */
function openFile(path: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: 5000, enableForeignKeyConstraints: true })
  try {
    if (!readOnly) {
      database.exec('pragma journal_mode = wal')
      database.exec('pragma synchronous = normal')
    }
    database.exec('pragma cache_size = -16000')
    database.prepare('select count(*) from sqlite_schema').get()
    return database
  } catch (error) {
    database.close()
    throw new Error(`The database ${path} cannot be used: ${error instanceof Error ? error.message : ''}`)
  }
}
