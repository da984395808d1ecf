import type { CompiledQuery, DatabaseConnection, Kysely, QueryResult } from 'kysely'
import pg from 'pg'
import { POSTGRES, queriesOf } from './dialect.ts'
import { fromPostgres } from './errors.ts'
import { type Compiled, compile, type Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

export const postgresQueries = queriesOf(POSTGRES)
const compiler: Kysely<Schema> = postgresQueries(() => Promise.reject(new Error('This one only compiles.')))
const compiled = new WeakMap<object, Compiled>()

const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** Type identifiers of PostgreSQL (pg_type): counts and sums come as numbers, truth as 0 or 1, as SQLite tells them. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => (text === 't' ? 1 : 0),
  20: Number,
  1700: Number,
}

/** How every connection to a server is made. */
export function clientOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'countersign',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 5000,
    types: {
      getTypeParser: ((oid: number, format: 'text' | 'binary') =>
        PARSERS[oid] ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  }
}

/** Where statements are sent: a connection, or a pool that chooses one. */
export type Target = Pick<pg.ClientBase, 'query'>

/** @throws as {@link fromPostgres} says */
export async function execute<Row>(target: Target, query: CompiledQuery): Promise<QueryResult<Row>> {
  try {
    const { command, rowCount, rows } = await target.query(query.sql, query.parameters as unknown[])
    return CHANGES.has(command) ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows }
  } catch (error) {
    throw fromPostgres(error)
  }
}

/** Runs a statement under its name, so that the server parses and plans it once per connection. */
export async function runPrepared<Values extends object, Row>(
  target: Target,
  statement: Prepared<Values, Row>,
  values: Values,
): Promise<Row[]> {
  try {
    let known = compiled.get(statement)
    if (known === undefined) {
      known = compile(compiler, statement)
      compiled.set(statement, known)
    }
    const bound = known.bind(values as Record<string, unknown>)
    return (await target.query({ name: statement.name, text: known.sql, values: bound })).rows as Row[]
  } catch (error) {
    throw fromPostgres(error)
  }
}

/** A target as Kysely sees it. */
export function kyselyConnection(target: Target): DatabaseConnection {
  return {
    executeQuery: (query) => execute(target, query),
    streamQuery: () => {
      throw new Error('This database does not stream; read pages.')
    },
  }
}
