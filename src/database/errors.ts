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
