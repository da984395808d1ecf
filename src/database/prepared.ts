// Statements that are compiled once and then only bound.
import type { Compilable, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/**
 * A statement that is built once per connection and then only bound. `build` gets a function that puts a named value
 * into the query; the names are the keys of `Values`.
 */
export interface Prepared<Values extends object, Row> {
  readonly name: string
  readonly build: (
    kysely: Kysely<Schema>,
    value: <Name extends keyof Values>(name: Name) => Values[Name],
  ) => Compilable<Row>
}

/** A compiled statement: its SQL, and which named value goes into which of its parameters. */
export interface Compiled {
  readonly sql: string
  /** Puts the values in the order of the SQL's parameters. */
  readonly bind: (values: Record<string, unknown>) => unknown[]
}

class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * Declares a statement for the paths where building a query would cost more than running it.
 * @param name unique; also its name as a server-side prepared statement
 */
export function prepared<Values extends object, Row>(
  name: string,
  build: Prepared<Values, Row>['build'],
): Prepared<Values, Row> {
  return { name, build }
}

/** Compiles a statement with the SQL dialect of a Kysely. */
export function compile<Values extends object, Row>(
  kysely: Kysely<Schema>,
  statement: Prepared<Values, Row>,
): Compiled {
  const { sql, parameters } = built(kysely, statement)
  return { sql, bind: binderOf(parameters) }
}

/**
 * Compiles a statement for SQLite. A named value is bound once even if it stands at several places: each binding copies
 * it, which would take a tenth of the time of the most frequent statements.
 */
export function compileNumbered<Values extends object, Row>(
  kysely: Kysely<Schema>,
  statement: Prepared<Values, Row>,
): Compiled {
  const { sql, parameters } = built(kysely, statement)
  const distinct: unknown[] = []
  const numbers = parameters.map((parameter) => {
    const known = parameter instanceof Placeholder ? distinct.indexOf(parameter) : -1
    return known < 0 ? distinct.push(parameter) : known + 1
  })
  // Where no value stands twice nothing is numbered: SQLite then binds by position without looking for names.
  if (distinct.length === parameters.length) return { sql, bind: binderOf(parameters) }
  let place = 0
  return { sql: sql.replaceAll('?', () => `?${numbers[place++]}`), bind: binderOf(distinct) }
}

function built<Values extends object, Row>(kysely: Kysely<Schema>, statement: Prepared<Values, Row>) {
  const placeholders = new Map<string, Placeholder>()
  const placeholderOf = (name: string): Placeholder => {
    const placeholder = placeholders.get(name) ?? new Placeholder(name)
    placeholders.set(name, placeholder)
    return placeholder
  }
  return statement.build(kysely, (name) => placeholderOf(String(name)) as never).compile()
}

function binderOf(parameters: readonly unknown[]): Compiled['bind'] {
  return (values) =>
    parameters.map((parameter) => (parameter instanceof Placeholder ? values[parameter.name] : parameter))
}
