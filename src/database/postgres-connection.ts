// Sends statements to PostgreSQL, and reads what it answers.
import type { CompiledQuery, DatabaseConnection, Kysely, QueryResult } from 'kysely'
import pg from 'pg'
import { POSTGRES, queriesOf } from './dialect.ts'
import { Conflict, fromPostgres } from './errors.ts'
import { type Compiled, compile, type Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

export const postgresQueries = queriesOf(POSTGRES)
const compiler: Kysely<Schema> = postgresQueries(() => Promise.reject(new Error('This connection only compiles.')))
const compiled = new WeakMap<object, Compiled>()

const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** Type identifiers of PostgreSQL (pg_type): counts and sums become numbers, booleans become 0 or 1, as in SQLite. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => (text === 't' ? 1 : 0),
  20: Number,
  1700: Number,
}

/** The options of every connection to a server. */
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

/** Where statements are sent: a connection, or a pool of them. */
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

/** Whether statements are sent under names. A pooler may hand each transaction to another connection, which knows none. */
export interface Naming {
  named: boolean
}

/** PostgreSQL's codes for a name that a connection does not know, or knows already: a pooler is in between. */
const NAME_ERRORS: ReadonlySet<string> = new Set(['26000', '42P05'])

/** Runs a statement under its name, where it may, so that the server parses and plans it once per connection. */
export async function runPrepared<Values extends object, Row>(
  target: Target,
  naming: Naming,
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
    const query = { text: known.sql, values: bound, ...(naming.named && { name: statement.name }) }
    return (await target.query(query)).rows as Row[]
  } catch (error) {
    if (NAME_ERRORS.has(String((error as { code?: unknown }).code))) {
      naming.named = false
      throw new Conflict('PostgreSQL: a pooler does not keep prepared statements; they are switched off.')
    }
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
