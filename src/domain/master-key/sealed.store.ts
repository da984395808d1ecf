// Reads and replaces encrypted texts of every table, page by page.
import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'
import type { Reach } from '../actor.ts'

export type SealedStore = ReturnType<typeof sealedStore>

/** A column with texts that are encrypted with the master key. */
export interface SealedColumn {
  readonly table: keyof Schema
  readonly column: string
  /** The columns of the primary key. */
  readonly key: readonly string[]
  /** What the texts are encrypted for. A column may have other texts, too. */
  readonly purposes: readonly string[]
  /** Set where the purpose ends with the id of the row. */
  readonly withId?: true
  /** Set where the texts are inside of a JSON document. */
  readonly inJson?: true
}

/** A text, and the values of the primary key of its row. */
export interface SealedText {
  readonly key: readonly string[]
  readonly text: string
}

/** The encrypted texts of all tenants. */
export function sealedStore({ kysely }: Connection) {
  return {
    /** The texts of a column after a row, in the order of the primary key. */
    async page(
      _: Reach,
      { table, column, key }: SealedColumn,
      after: readonly string[] | undefined,
      limit: number,
    ): Promise<SealedText[]> {
      const columns = sql.join(key.map((name) => sql.ref(name)))
      const beyond = after ? sql`and (${columns}) > (${sql.join(after)})` : sql``
      const { rows } = await sql<Readonly<Record<string, string>>>`
        select ${columns}, ${sql.ref(column)} as sealed_text from ${sql.table(table)}
        where ${sql.ref(column)} is not null ${beyond} order by ${columns} limit ${limit}`.execute(kysely)
      return rows.map((row) => ({ key: key.map((name) => String(row[name])), text: String(row.sealed_text) }))
    },

    /** Replaces a text. @returns false if it has changed meanwhile */
    async replace(_: Reach, { table, column, key }: SealedColumn, old: SealedText, text: string): Promise<boolean> {
      const isRow = sql.join(
        key.map((name, at) => sql`${sql.ref(name)} = ${old.key[at]}`),
        sql` and `,
      )
      const { numAffectedRows } = await sql`
        update ${sql.table(table)} set ${sql.ref(column)} = ${text}
        where ${isRow} and ${sql.ref(column)} = ${old.text}`.execute(kysely)
      return numAffectedRows === 1n
    },
  }
}
