import { Failure } from '#kernel/error.ts'

// What leaves this room when a database says no. Messages of drivers may quote values and SQL, so none passes.

/** A row was refused because another one has its unique key. */
export class UniqueViolation extends Error {
  /** The table whose key it is, where the database tells. */
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

/** A failure of the database itself, with what an operator may be told about it as its cause. */
export function unavailable(cause: unknown): Failure {
  if (cause instanceof Failure) return cause
  const failure = new Failure('temporarily_unavailable')
  failure.cause = cause
  return failure
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** https://www.sqlite.org/rescode.html: the primary codes that tell of a wrong statement, not of a sick database. */
const SQLITE_DEFECTS: ReadonlySet<number> = new Set([1, 19, 20, 21, 25])
const SQLITE_UNIQUE: ReadonlySet<number> = new Set([1555, 2067, 2579])

/**
 * An error of node:sqlite as this room shows it: {@link UniqueViolation}, an Error for a wrong statement (a defect),
 * or Failure `temporarily_unavailable`. Other errors pass.
 */
export function fromSqlite(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  if (SQLITE_UNIQUE.has(error.errcode)) return new UniqueViolation(/failed: (\w+)\./.exec(error.message)?.[1])
  if (SQLITE_DEFECTS.has(error.errcode & 0xff)) return new Error(`SQLite ${error.errcode}: ${error.message}`)
  return unavailable(new Error(`SQLite ${error.errcode}: ${'errstr' in error ? text(error.errstr) : ''}`))
}

/** Two transactions were in each other's way; one of them may simply be run again. */
export class Conflict extends Error {}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const POSTGRES_CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01'])
/** Wrong statements: constraint violations, syntax and access rules, features that are not there. */
const POSTGRES_DEFECTS: ReadonlySet<string> = new Set(['23', '42', '0A'])

/**
 * An error of pg as this room shows it: {@link UniqueViolation}, {@link Conflict}, Failure `invalid_request` for a value
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
  return unavailable(new Error(`PostgreSQL ${code}`))
}
