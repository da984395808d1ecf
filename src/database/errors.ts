// Turns the errors of database drivers into errors that may leave this room.
import { Failure } from '#kernel/error.ts'
import type { Trouble } from './database.ts'

// Messages of drivers may quote values and SQL, so none is passed on.

/** A row was refused because another one has its unique key. */
export class UniqueViolation extends Error {
  /** The table whose key it is, where the database names it. */
  readonly table: string | undefined

  constructor(table: string | undefined) {
    super(`Another row of ${table ?? 'a table'} has this unique key.`)
    this.table = table
  }
}

/**
 * Whether a query failed because a row with the same unique key exists, on either database. The write it happened in
 * is lost: let the error out of the work, and turn it into Failure `already_exists` outside of `Database.write`,
 * or throw that Failure from inside.
 */
export function isUniqueViolation(error: unknown): error is UniqueViolation {
  return error instanceof UniqueViolation
}

/** A failure of the database itself. Its cause is for the operator. */
export function unavailable(cause: unknown): Failure {
  if (cause instanceof Failure) return cause
  const failure = new Failure('temporarily_unavailable')
  failure.cause = cause
  return failure
}

/** Why a database does not write at the time. */
export class TroubleError extends Error {
  readonly trouble: Trouble

  constructor(trouble: Trouble, message: string) {
    super(message)
    this.trouble = trouble
  }
}

/** What the database suffers from, where an error says so. */
export function troubleOf(error: unknown): Trouble | undefined {
  const cause = error instanceof Failure ? error.cause : error
  return cause instanceof TroubleError ? cause.trouble : undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** https://www.sqlite.org/rescode.html: the primary codes of a wrong statement, as opposed to a failing database. */
const SQLITE_DEFECTS: ReadonlySet<number> = new Set([1, 19, 20, 21, 25])
/** SQLITE_BUSY, SQLITE_READONLY, SQLITE_FULL; and SQLITE_IOERR_SHMSIZE, where the shared memory beside the file cannot grow. */
const SQLITE_TROUBLES: ReadonlyMap<number, Trouble> = new Map([
  [5, 'locked'],
  [8, 'read_only'],
  [13, 'full'],
  [4874, 'full'],
])
const SQLITE_UNIQUE: ReadonlySet<number> = new Set([1555, 2067, 2579])

/**
 * Converts an error of node:sqlite: {@link UniqueViolation}, an Error for a wrong statement (a defect),
 * or Failure `temporarily_unavailable`. Other errors pass.
 */
export function fromSqlite(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  if (SQLITE_UNIQUE.has(error.errcode)) return new UniqueViolation(/failed: (\w+)\./.exec(error.message)?.[1])
  if (SQLITE_DEFECTS.has(error.errcode & 0xff)) return new Error(`SQLite ${error.errcode}: ${error.message}`)
  const message = `SQLite ${error.errcode}: ${'errstr' in error ? text(error.errstr) : ''}`
  const trouble = SQLITE_TROUBLES.get(error.errcode) ?? SQLITE_TROUBLES.get(error.errcode & 0xff)
  return unavailable(trouble === undefined ? new Error(message) : new TroubleError(trouble, message))
}

/** The database ended a statement that took too long. */
export class StatementTimeout extends Error {}

/** Whether a query failed because it took too long. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Failure && error.cause instanceof StatementTimeout
}

/** Two transactions conflicted; one of them may be run again. */
export class Conflict extends Error {}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const POSTGRES_CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01'])
/** Wrong statements: constraint violations, syntax and access rules, features that are not there. */
const POSTGRES_DEFECTS: ReadonlySet<string> = new Set(['23', '42', '0A'])

/** A server that is read-only, as a primary is after a failover, and one whose disk is full. */
const POSTGRES_TROUBLES: ReadonlyMap<string, Trouble> = new Map([
  ['25006', 'read_only'],
  ['53100', 'full'],
])

/**
 * Converts an error of pg: {@link UniqueViolation}, {@link Conflict}, Failure `invalid_request` for a value
 * that PostgreSQL cannot hold (a NUL character), an Error for a wrong statement (a defect), or Failure
 * `temporarily_unavailable`.
 */
export function fromPostgres(error: unknown): unknown {
  if (error instanceof Failure || error instanceof UniqueViolation || error instanceof Conflict) return error
  const { code, table, message } = (error ?? {}) as { code?: unknown; table?: unknown; message?: unknown }
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) {
    return unavailable(new Error(`PostgreSQL: ${text(code) || text(message)}`))
  }
  const kind = code.slice(0, 2)
  if (code === '23505') return new UniqueViolation(text(table) || undefined)
  if (POSTGRES_CONFLICTS.has(code)) return new Conflict(`PostgreSQL ${code}`)
  if (kind === '22') return new Failure('invalid_request', 'The request has a value that cannot be stored.')
  if (POSTGRES_DEFECTS.has(kind)) return new Error(`PostgreSQL ${code}: ${text(message)}`)
  const trouble = POSTGRES_TROUBLES.get(code)
  const sentence = `PostgreSQL ${code}`
  if (code === '57014') return unavailable(new StatementTimeout(sentence))
  return unavailable(trouble === undefined ? new Error(sentence) : new TroubleError(trouble, sentence))
}
