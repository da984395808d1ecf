// Reads a SQLite file on a thread of its own, one statement after another. SqliteReader starts it.
import { constants, setPriority } from 'node:os'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** A statement to run. */
export interface ReaderQuery {
  readonly number: number
  readonly sql: string
  readonly parameters: readonly SQLInputValue[]
}

/** What came of a statement: its rows, or how it failed. */
export interface ReaderAnswer {
  readonly number: number
  readonly rows?: readonly unknown[]
  readonly error?: { readonly message: string; readonly errcode?: number; readonly errstr?: string }
}

/** What the thread is started with. */
export interface ReaderSettings {
  readonly path: string
  /** Milliseconds that a statement waits for another program's lock. */
  readonly patience: number
}

const KEPT_STATEMENTS = 64

// On Linux this is the priority of the thread that asks; elsewhere it would be that of the process.
try {
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // Where it may not be changed, both threads have the same one.
}

const { path, patience } = workerData as ReaderSettings
const database = new DatabaseSync(path, { readOnly: true, timeout: patience })
database.exec('pragma cache_size = -16000')
const statements = new Map<string, StatementSync>()

parentPort?.on('message', ({ number, sql, parameters }: ReaderQuery) => {
  parentPort?.postMessage({ number, ...run(sql, parameters) } satisfies ReaderAnswer)
})

function run(sql: string, parameters: readonly SQLInputValue[]): Omit<ReaderAnswer, 'number'> {
  try {
    return { rows: statementOf(sql).all(...parameters) }
  } catch (error) {
    const { message, errcode, errstr } = error as Error & { errcode?: number; errstr?: string }
    return { error: { message, ...(errcode !== undefined && { errcode }), ...(errstr !== undefined && { errstr }) } }
  }
}

function statementOf(sql: string): StatementSync {
  const known = statements.get(sql)
  if (known !== undefined) return known
  const statement = database.prepare(sql)
  const [oldest] = statements.size < KEPT_STATEMENTS ? [] : statements.keys()
  if (oldest !== undefined) statements.delete(oldest)
  statements.set(sql, statement)
  return statement
}
