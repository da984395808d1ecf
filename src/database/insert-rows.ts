// Inserts many rows the way that is quickest for a database.
import { type Insertable, sql } from 'kysely'
import type { Connection } from './database.ts'
import { type Prepared, prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

/** The type of a column on PostgreSQL. */
type ColumnType = 'bytea' | 'bigint' | 'text'
type Columns<Table extends keyof Schema> = Readonly<Record<keyof Insertable<Schema[Table]> & string, ColumnType>>

/** The two ways to insert rows of a table. */
export interface RowInsert<Table extends keyof Schema> {
  readonly columns: readonly string[]
  readonly one: Prepared<Insertable<Schema[Table]>, unknown>
  /** An array of values for each column. */
  readonly many: Prepared<Record<string, readonly unknown[]>, unknown>
}

/** Declares the insert of rows of a table. @param columns all columns, and their types on PostgreSQL */
export function rowInsert<Table extends keyof Schema & string>(
  table: Table,
  columns: Columns<Table>,
): RowInsert<Table> {
  const names = Object.keys(columns)
  const types = Object.values<ColumnType>(columns)
  return {
    columns: names,
    one: prepared(`${table}_insert`, (kysely, value) => {
      const row = Object.fromEntries(names.map((name) => [name, value(name as never)]))
      return kysely.insertInto(table).values(row as never) as never
    }),
    many: prepared(`${table}_insert_many`, (kysely, value) => {
      const arrays = names.map((name, index) => sql`${value(name)}::${sql.raw(types[index] ?? 'text')}[]`)
      const into = sql.join(names.map((name) => sql.ref(name)))
      return {
        compile: () =>
          sql<unknown>`insert into ${sql.table(table)} (${into}) select * from unnest(${sql.join(arrays)})`.compile(
            kysely,
          ),
      }
    }),
  }
}

/** Inserts rows: one by one where the database is in this process, by one statement where it is not. */
export async function insertRows<Table extends keyof Schema>(
  connection: Connection,
  { columns, one, many }: RowInsert<Table>,
  rows: readonly Insertable<Schema[Table]>[],
): Promise<void> {
  if (rows.length === 0) return
  if (!connection.remote) {
    for (const row of rows) await connection.run(one, row)
    return
  }
  const values = columns.map((name) => [name, rows.map((row) => (row as Record<string, unknown>)[name] ?? null)])
  await connection.run(many, Object.fromEntries(values))
}
