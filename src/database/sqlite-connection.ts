// One connection to a SQLite file, with its compiled statements.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import type { CompiledQuery, DatabaseConnection, Kysely, QueryResult } from 'kysely'
import type { Connection } from './database.ts'
import { queriesOf, SQLITE } from './dialect.ts'
import { fromSqlite, troubleOf } from './errors.ts'
import { compileNumbered, type Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

/** Statements of built queries to keep; a multi-row insert is a different statement for each number of rows. */
const KEPT_STATEMENTS = 256

export const sqliteQueries = queriesOf(SQLITE)
const compiler: Kysely<Schema> = sqliteQueries(() => Promise.reject(new Error('This connection only compiles.')))

interface Cached {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

interface CachedPrepared {
  readonly statement: StatementSync
  readonly bind: (values: Record<string, unknown>) => unknown[]
}

/** One connection to a SQLite file, with its compiled statements. Every call has done its work when it returns. */
export class SqliteConnection implements DatabaseConnection {
  readonly database: DatabaseSync
  readonly #statements = new Map<string, Cached>()
  readonly #prepared = new Map<object, CachedPrepared>()

  constructor(database: DatabaseSync) {
    this.database = database
  }

  /** @throws as {@link fromSqlite} says */
  runPrepared<Values extends object, Row>(prepared: Prepared<Values, Row>, values: Values): Row[] {
    try {
      let cached = this.#prepared.get(prepared)
      if (cached === undefined) {
        const { sql, bind } = compileNumbered(compiler, prepared)
        cached = { statement: this.database.prepare(sql), bind }
        this.#prepared.set(prepared, cached)
      }
      return cached.statement.all(...(cached.bind(values as Record<string, unknown>) as SQLInputValue[])) as Row[]
    } catch (error) {
      throw fromSqlite(error)
    }
  }

  /** @throws as {@link fromSqlite} says */
  execute<Row>(query: CompiledQuery): QueryResult<Row> {
    try {
      const { statement, returnsRows } = this.#statement(query.sql)
      const parameters = query.parameters as SQLInputValue[]
      if (returnsRows) return { rows: statement.all(...parameters) as Row[] }
      return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) }
    } catch (error) {
      throw fromSqlite(error)
    }
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return Promise.resolve(this.execute<Row>(query))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Runs a statement without parameters and results: begin, commit, savepoint. */
  command(sql: string): void {
    try {
      this.#statement(sql).statement.run()
    } catch (error) {
      throw fromSqlite(error)
    }
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    try {
      const statement = this.database.prepare(query.sql)
      for (const row of statement.iterate(...(query.parameters as SQLInputValue[]))) yield { rows: [row as Row] }
    } catch (error) {
      throw fromSqlite(error)
    }
  }

  #statement(sql: string): Cached {
    const cached = this.#statements.get(sql)
    if (cached !== undefined) return cached
    const statement = this.database.prepare(sql)
    const entry = { statement, returnsRows: statement.columns().length > 0 }
    if (this.#statements.size >= KEPT_STATEMENTS) {
      const [oldest] = this.#statements.keys()
      if (oldest !== undefined) this.#statements.delete(oldest)
    }
    this.#statements.set(sql, entry)
    return entry
  }
}

const LOCK_RETRY = 10

/**
 * Does something with a connection. While another program holds a lock that it needs, it is tried again; the thread is free
 * meanwhile.
 * @param patience milliseconds after which the failure is passed on
 */
function patiently<T>(attempt: () => T, patience: number): Promise<T> {
  try {
    return Promise.resolve(attempt())
  } catch (error) {
    if (troubleOf(error) !== 'locked') return Promise.reject(error)
    return again(attempt, Math.floor(patience / LOCK_RETRY))
  }
}

async function again<T>(attempt: () => T, times: number): Promise<T> {
  for (let time = 1; ; time++) {
    await pause(LOCK_RETRY)
    try {
      return attempt()
    } catch (error) {
      if (troubleOf(error) !== 'locked' || time >= times) throw error
    }
  }
}

/**
 * A connection as stores see it.
 * @param enter called before each query
 * @param patience milliseconds to wait for the lock of another program
 */
export function connectionOver(connection: SqliteConnection, enter: () => void, patience: number): Connection {
  const entered = <T>(query: () => T) =>
    patiently(() => {
      enter()
      return query()
    }, patience)
  const patient: DatabaseConnection = {
    executeQuery: (query) => entered(() => connection.execute(query)),
    streamQuery: (query) => {
      enter()
      return connection.streamQuery(query)
    },
  }
  return {
    remote: false,
    kysely: sqliteQueries((consumer) => consumer(patient)),
    run: (statement, values) => entered(() => connection.runPrepared(statement, values)),
  }
}
