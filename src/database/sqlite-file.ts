// Opens the files of a SQLite database: the database itself, its write-ahead log, and the lock against other processes.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SQLITE_BUSY = 5

/** Why the file or what lies beside it cannot be used, and what to do. */
function unusable(path: string, error: unknown): Error {
  const { code, errcode, message } = error as { code?: string; errcode?: number; message: string }
  const notWritable = code === 'EACCES' || code === 'EPERM' || errcode === 8 || errcode === 14
  const what =
    code === 'EROFS'
      ? 'its file system is read-only. Mount it writable'
      : code === 'ENOSPC' || errcode === 13
        ? 'the disk is full. Make room'
        : notWritable
          ? `the server's user may not write it and its directory. Make both writable (chown)`
          : message
  return new Error(`The database ${path} cannot be used: ${what}.`)
}

/** The write-ahead log, to wait until it is on disk. */
export function openLog(path: string): number {
  try {
    return openSync(`${path}-wal`, 'r+')
  } catch (error) {
    throw unusable(path, error)
  }
}

/** The file's real path. A new file, and the files that SQLite adds to it, can be read by its owner only. */
export function createFile(path: string): string {
  if (path === '' || path.startsWith(':')) throw new Error('The database must be a file; databases in memory are not.')
  try {
    const directory = dirname(resolve(path))
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (!existsSync(path)) {
      closeSync(openSync(path, 'a', 0o600))
      // The directory holds the name, so it has to be on disk too.
      const handle = openSync(directory, 'r')
      fsyncSync(handle)
      closeSync(handle)
    }
    return realpathSync(path)
  } catch (error) {
    if (/^(EACCES|EPERM|EROFS|ENOSPC)$/.test((error as { code?: string }).code ?? '')) throw unusable(path, error)
    throw new Error(
      `The database file ${path} cannot be opened or created: ${error instanceof Error ? error.message : ''}`,
    )
  }
}

/**
 * Holds an exclusive transaction on a second file for as long as the process lives. It is a lock of the operating system,
 * so that `kill -9` leaves nothing behind.
 */
export function lockFile(path: string): DatabaseSync {
  const file = `${path}.lock`
  let lock: DatabaseSync | undefined
  try {
    closeSync(openSync(file, 'a', 0o600))
    lock = new DatabaseSync(file, { timeout: 0 })
    lock.exec('begin exclusive')
    return lock
  } catch (error) {
    lock?.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new Error(
        `The database ${path} is in use by another process. Stop that one first; to run several, use PostgreSQL.`,
      )
    }
    throw unusable(path, error)
  }
}

/** Milliseconds that SQLite may wait for another program's lock while the file is opened. After that, it does not block. */
const OPEN_TIMEOUT = 5000

/**
 * SQLite itself syncs its log before a checkpoint only (`synchronous = normal`). The writer waits until each commit is on
 * disk, which it can do without blocking the thread:
 * https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export function openFile(path: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: OPEN_TIMEOUT, enableForeignKeyConstraints: true })
  try {
    if (!readOnly) {
      database.exec('pragma journal_mode = wal')
      database.exec('pragma synchronous = normal')
    }
    database.exec('pragma cache_size = -16000')
    database.prepare('select count(*) from sqlite_schema').get()
    database.exec('pragma busy_timeout = 0')
    return database
  } catch (error) {
    database.close()
    throw unusable(path, error)
  }
}
