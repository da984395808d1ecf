// Defines tables and indexes in the SQL of either database.
import type { CreateTableBuilder, Kysely } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import type { Schema } from '../schema.ts'

/** A column's type; with a question mark it may be null. */
export type Column = 'text' | 'text?' | 'integer' | 'integer?' | 'bytes' | 'bytes?'

export interface TableOptions {
  /** The primary key's columns. Default: `id`. */
  readonly key?: readonly string[]
  /** The rows lie in the order of the key, where the database can: for small rows that are found by their key. */
  readonly clustered?: boolean
  /** Columns that hold another table's `id`. */
  readonly references?: Readonly<Record<string, string>>
}

export interface IndexOptions {
  readonly unique?: boolean
  readonly where?: Condition
  readonly and?: Condition
}
type Condition = readonly [column: string, operator: 'is' | 'is not' | '=' | '<>', value: string | null]

/** Defines tables and indexes in one database's spelling. */
export class Definer {
  readonly #kysely: Kysely<Schema>
  readonly #dialect: SqlDialect

  constructor(kysely: Kysely<Schema>, dialect: SqlDialect) {
    this.#kysely = kysely
    this.#dialect = dialect
  }

  async table(name: string, columns: Readonly<Record<string, Column>>, options: TableOptions = {}): Promise<void> {
    const { key = ['id'], clustered = false, references = {} } = options
    let table: CreateTableBuilder<string> = this.#kysely.schema.createTable(name)
    for (const [column, type] of Object.entries(columns)) {
      const columnType = this.#typeOf(type)
      table = table.addColumn(column, columnType, (definition) => {
        const nullable = type.endsWith('?') ? definition : definition.notNull()
        const target = references[column]
        return target === undefined ? nullable : nullable.references(`${target}.id`)
      })
    }
    table = table.addPrimaryKeyConstraint(`${name}_key`, key as never)
    await this.#dialect.finish(table, clustered).execute()
  }

  #typeOf(column: Column) {
    if (column.startsWith('bytes')) return this.#dialect.bytes
    return column.startsWith('text') ? this.#dialect.text : this.#dialect.integer
  }

  /** Columns that a table gets besides; a row that is there has null in them. */
  async columns(table: string, columns: Readonly<Record<string, 'text?' | 'integer?'>>): Promise<void> {
    for (const [column, type] of Object.entries(columns)) {
      const columnType = type === 'text?' ? this.#dialect.text : this.#dialect.integer
      await this.#kysely.schema.alterTable(table).addColumn(column, columnType).execute()
    }
  }

  /** Adds columns that are never null, with values for the existing rows. */
  async filledColumns(table: string, columns: Readonly<Record<string, string | number>>): Promise<void> {
    for (const [column, value] of Object.entries(columns)) {
      const columnType = typeof value === 'string' ? this.#dialect.text : this.#dialect.integer
      await this.#kysely.schema
        .alterTable(table)
        .addColumn(column, columnType, (definition) => definition.notNull().defaultTo(value))
        .execute()
    }
  }

  /** An index on columns of a table, read forwards or backwards. */
  async index(table: string, columns: readonly string[], options: IndexOptions = {}): Promise<void> {
    let index = this.#kysely.schema
      .createIndex(`${table}_${columns.join('_')}`)
      .on(table)
      .columns([...columns])
    if (options.unique === true) index = index.unique()
    for (const condition of [options.where, options.and]) if (condition) index = index.where(...condition)
    await index.execute()
  }
}

/** Rows that were not deleted; what is unique among them is free again once a row is. */
export const UNIQUE_UNDELETED = { unique: true, where: ['deleted_at', 'is', null] } as const
export const UNIQUE = { unique: true } as const

export const VERSIONED = {
  version: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
  deleted_at: 'integer?',
} as const satisfies Record<string, Column>
