// The statements of all stores of versioned nouns: insert, find, lock, update under a version, soft delete.
import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from 'kysely'
import type { Schema } from '#database/schema.ts'
import type { Versioned } from '#database/tables/column.ts'
import type { Declaration, Declared, Row, Stored } from '#kernel/declaration.ts'
import type { Fields } from '#kernel/declared-fields.ts'
import { outcomeOf } from './update.store.ts'
import type { UpdateOutcome } from './update.ts'

type VersionedTable = {
  [Table in keyof Schema]: Schema[Table] extends Versioned & { id: string } ? Table : never
}[keyof Schema]

/** A type that fails to compile unless each declared column exists in the table with the same type. */
type Fits<Table extends VersionedTable, Of extends Fields> =
  Selectable<Schema[Table]> extends Row<Of>
    ? Row<Of> extends Pick<Selectable<Schema[Table]>, keyof Row<Of> & keyof Schema[Table]>
      ? unknown
      : { readonly columnsWithOtherTypes: Row<Of> }
    : { readonly columnsMissing: Exclude<keyof Row<Of>, keyof Schema[Table]> }
/** The columns of a table that are not declared as fields. */
type Following<Table extends VersionedTable, Of extends Fields> = Omit<
  Selectable<Schema[Table]>,
  keyof Row<Of> | 'deleted_at'
>
type Follow<Table extends VersionedTable, Of extends Fields> =
  Record<never, never> extends Following<Table, Of>
    ? []
    : [follow: (noun: Declared<Of>) => Following<Table, Of>, source?: 'name']

/**
 * The statements for the rows of a versioned noun. In each function, `place` contains the columns that limit which rows
 * are affected.
 * @param follow the columns that are not declared as fields, for a noun that is written
 * @param source the field that they follow from, where they stay as they are while it does: a name that was given before
 *   names had to differ is kept
 */
export function versionedRows<Table extends VersionedTable, Of extends Fields>(
  table: Table,
  declaration: Declaration<Of> & Fits<Table, Of>,
  ...[follow, source]: Follow<Table, Of>
) {
  type Noun = Declared<Of>
  type Place = Partial<Selectable<Schema[Table]>>
  // All versioned tables have these columns; the compiler checks the statements against one of these tables.
  const name = table as 'role'
  const fromRow = (row: unknown): Stored<Of> => declaration.fromRow(row as Row<Of>)
  const toRow = (noun: Noun) =>
    ({ ...declaration.toRow(noun), ...follow?.(noun) }) as unknown as Selectable<Schema['role']>
  const select = (kysely: Kysely<Schema>, place: Place) =>
    bounded(kysely.selectFrom(name).selectAll().where('deleted_at', 'is', null), place)
  const change = (kysely: Kysely<Schema>, place: Place, id: unknown) =>
    bounded(
      kysely
        .updateTable(name)
        .where('id', '=', id as string)
        .where('deleted_at', 'is', null),
      place,
    )
  return {
    /** The rows of a place that are not deleted. */
    living: (kysely: Kysely<Schema>, place: Place) =>
      select(kysely, place) as unknown as SelectQueryBuilder<Schema, Table, Selectable<Schema[Table]>>,

    /** Inserts a new noun. @throws the database's error if another row has the same unique key */
    async insert(kysely: Kysely<Schema>, noun: Noun): Promise<void> {
      await kysely.insertInto(name).values(toRow(noun)).execute()
    },

    /** Inserts a new noun. @returns false if another row has the same unique key */
    async insertIfFree(kysely: Kysely<Schema>, noun: Noun): Promise<boolean> {
      const statement = kysely.insertInto(name).values(toRow(noun))
      const rows = await statement
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    async find(kysely: Kysely<Schema>, place: Place, id: string): Promise<Stored<Of> | undefined> {
      const row = await select(kysely, place).where('id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    /** Finds a noun and locks it until the write ends. */
    async lock(kysely: Kysely<Schema>, place: Place, id: string): Promise<Stored<Of> | undefined> {
      const row = await select(kysely, place).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && fromRow(row)
    },

    /** Updates a noun if it still has the version that was read. */
    update(kysely: Kysely<Schema>, place: Place, noun: Noun): Promise<UpdateOutcome> {
      const { id, version } = noun as unknown as { id: string; version: number }
      const following = follow?.(noun)
      const columns = { ...declaration.toUpdate(noun), ...(source ? unlessSame(source, noun, following) : following) }
      return outcomeOf(
        change(kysely, place, id)
          .set(columns)
          .where('version', '=', version - 1)
          .executeTakeFirst(),
      )
    },

    /**
     * Marks a row as deleted.
     * @param also other columns to change
     * @returns whether the row existed
     */
    async delete(kysely: Kysely<Schema>, place: Place, id: string, now: number, also: Place = {}): Promise<boolean> {
      const statement = change(kysely, place, id).set({ ...also, deleted_at: now, updated_at: now })
      const { numUpdatedRows } = await statement.executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function bounded<Query extends { where: (column: never, operator: '=', value: never) => Query }>(
  query: Query,
  place: Readonly<Record<string, unknown>>,
): Query {
  return Object.entries(place).reduce(
    (narrowed, [column, value]) => narrowed.where(column as never, '=', value as never),
    query,
  )
}

/** Columns of an update that change only together with the text that they follow from. */
export function unlessSame<Column extends string>(
  source: Column,
  { [source]: text }: { readonly [name in Column]?: unknown },
  following: object = {},
) {
  const entries = Object.entries(following).map(([column, value]) => [
    column,
    sql`case when ${sql.ref(source)} is not distinct from ${text} then ${sql.ref(column)} else ${value} end`,
  ])
  return Object.fromEntries(entries)
}
