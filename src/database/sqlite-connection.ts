import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, Kysely, QueryResult } from 'kysely'
import { queriesOf, SQLITE } from './dialect.ts'
import { fromSqlite } from './errors.ts'
import { compileNumbered, type Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

/** Statements of built queries to keep; a multi-row insert is another statement for each number of rows. */
const KEPT_STATEMENTS = 256

export const sqliteQueries = queriesOf(SQLITE)
const compiler: Kysely<Schema> = sqliteQueries(() => Promise.reject(new Error('This one only compiles.')))

interface Cached {
  readonly statement: StatementSync
  readonly answers: boolean
}

interface CachedPrepared {
  readonly statement: StatementSync
  readonly bind: (values: Record<string, unknown>) => unknown[]
}

/** One connection to a SQLite file, with its compiled statements. Everything it does is done when the call returns. */
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
      const { statement, answers } = this.#statement(query.sql)
      const parameters = query.parameters as SQLInputValue[]
      if (answers) return { rows: statement.all(...parameters) as Row[] }
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

  /** Runs a statement that takes and gives nothing: begin, commit, savepoint and their like. */
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
    const entry = { statement, answers: statement.columns().length > 0 }
    if (this.#statements.size >= KEPT_STATEMENTS) {
      const [oldest] = this.#statements.keys()
      if (oldest !== undefined) this.#statements.delete(oldest)
    }
    this.#statements.set(sql, entry)
    return entry
  }
}
