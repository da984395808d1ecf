// Opens a SQLite file: one connection that writes, one that reads, and a lock against other processes.
import { closeSync, fdatasync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { Condition } from './condition.ts'
import {
  type Append,
  type Commit,
  type Connection,
  type Database,
  type OnWait,
  type Trouble,
  unmeasured,
} from './database.ts'
import { exclusiveQueries, SQLITE } from './dialect.ts'
import { unavailable } from './errors.ts'
import { migrateToLatest } from './migrations/timeline.ts'
import { notifyAll, warn } from './notify.ts'
import { connectionOver, SqliteConnection, sqliteQueries } from './sqlite-connection.ts'
import { createFile, lockFile, openFile, openLog } from './sqlite-file.ts'
import { SqliteReader } from './sqlite-reader.ts'
import { SqliteWriter } from './sqlite-writer.ts'

export interface SqliteOptions {
  /** The file; created, readable for its owner only, where there is none. */
  readonly path: string
  /** `full` (the default): a commit survives a power cut. `normal`: it survives the end of the process. */
  readonly synchronous?: 'full' | 'normal'
  readonly append: Append
  /** Milliseconds that one write may take, and that a statement may wait for another program's lock; 5000 by default. */
  readonly patience?: number
  /** Called with failures that callers only see as `temporarily_unavailable`, and with errors of listeners. */
  readonly report?: (error: unknown) => void
  /** Called with waits: of writes and of long reads. */
  readonly onWait?: OnWait
}

/**
 * Opens a SQLite file.
 * @throws Error, with a sentence for the operator, where the file cannot be opened or another process has it
 */
export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const { report = warn, patience = 5000, onWait = unmeasured } = options
  const path = createFile(options.path)
  const lock = lockFile(path)
  const writing = new SqliteConnection(openFile(path, false))
  const reading = new SqliteConnection(openFile(path, true))
  const log = openLog(path)
  const transaction = new ReadTransaction(reading, report)
  const reader = new SqliteReader({ path, patience }, onWait)
  const read: Connection = {
    ...connectionOver(reading, () => transaction.enter(), patience),
    longReads: sqliteQueries((consumer) => consumer(reader)),
  }
  const listeners = new Set<(commit: Commit) => void>()
  const writer = new SqliteWriter({
    connection: writing,
    inside: connectionOver(writing, () => {}, 0),
    append: options.append,
    patience,
    onWait,
    sync: options.synchronous === 'normal' ? undefined : () => flush(log),
    report,
    committing: () => transaction.leave(),
    committed: (commit) => notifyAll(listeners, commit, report),
    troubled: (trouble) => condition.enter(trouble),
  })
  const condition: Condition = new Condition({
    words: WORDS,
    over: 'SQLite writes again.',
    probe: async (trouble) => {
      await writer.write(touch)
      return trouble !== 'full' || hasRoom(path)
    },
    report,
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
      // Nothing is served yet, so it may wait for another program on this thread.
      writing.command(`pragma busy_timeout = ${patience}`)
      try {
        return await writer.exclusively(() => migrateToLatest(exclusiveQueries(SQLITE, writing), SQLITE))
      } finally {
        writing.command('pragma busy_timeout = 0')
        transaction.leave()
      }
    },
    feed: () => undefined,
    trouble: () => condition.trouble,
    async ping() {
      if (closed !== undefined) throw unavailable(new Error('The database is closed.'))
      if (writer.fatal !== undefined) throw unavailable(writer.fatal)
      condition.mustBeGood()
      reading.command('select 1 from sqlite_schema limit 1')
    },
    close() {
      condition.stop()
      closed ??= Promise.all([writer.close(), reader.close()]).then(() => {
        for (const file of [reading.database, writing.database, lock]) file.close()
        closeSync(log)
      })
      return closed
    },
  }
}

/**
 * The transaction of the connection that reads. Reads of one turn of the event loop share it: to begin and end one costs as
 * much as to read a row. It ends before each commit, so that the listeners of a commit read what was committed.
 */
class ReadTransaction {
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
      // Nobody awaits this: an error would end the process.
      this.#report(error)
    }
  }
}

const WORDS: Readonly<Partial<Record<Trouble, string>>> = {
  locked: 'SQLite: another program holds the lock to write. Writes wait for it, and fail where they wait too long.',
  full: 'SQLite: the disk is full. Nothing can be written until there is room.',
  read_only: 'SQLite: the file or its file system has become read-only. Nothing can be written.',
}

/** Writes a page without changing what it says. Nothing else uses this number. */
async function touch({ kysely }: Connection): Promise<void> {
  await sql`pragma user_version = 0`.execute(kysely)
}

/** Less than so many bytes are too few to go on with. */
const ROOM_MIN = 256 * 1024

async function hasRoom(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize >= ROOM_MIN
}

const flush = promisify(fdatasync)
