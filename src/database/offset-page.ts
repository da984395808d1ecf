// Reads ids so many rows down a query, and counts rows: for lists that a cursor does not lead through.
import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { type Connection, longReadsOf } from './database.ts'

// biome-ignore lint/suspicious/noExplicitAny: any tables, joined in any way
type Rows<Row> = SelectQueryBuilder<any, any, Row>

type Reads = Pick<Connection, 'kysely' | 'longReads'>

/** Whoever skips more rows than this has a long read. */
export const DEEP = 1000

/** Runs a query that may read very many rows. */
export async function runLong<Row>(connection: Reads, query: Rows<Row>): Promise<Row[]> {
  return (await longReadsOf(connection).executeQuery(query)).rows as Row[]
}

/** Which rows a page has: how many, after how many that are skipped. */
export interface OffsetWindow {
  readonly offset: number
  readonly limit: number
}

/** The ids of the rows of one page, and how many rows all pages have. */
export interface CountedIds {
  readonly ids: string[]
  readonly total: number
}

/**
 * The ids on one page of a query, in the order of some columns. A page that is nearer to the end is read from the end,
 * where the number of rows is known.
 * @param rows what passes every filter
 * @param known how many rows that are, where they were counted as they were written
 */
export async function idsAtOffset(
  connection: Reads,
  rows: Rows<object>,
  order: readonly string[],
  { offset, limit }: OffsetWindow,
  known?: number,
): Promise<CountedIds> {
  if (known !== undefined && offset > known / 2) {
    const left = Math.max(0, known - offset)
    const count = Math.min(limit, left)
    const ids =
      count === 0 ? [] : await idsInOrder(connection, rows, order, { limit: count, offset: left - count }, 'desc')
    return { ids: ids.reverse(), total: known }
  }
  const ids = await idsInOrder(connection, rows, order, { limit, offset })
  if (ids.length > 0 && ids.length < limit) return { ids, total: offset + ids.length }
  return { ids, total: known ?? (await countOf(connection, rows)) }
}

/** The ids of some rows of a query, in the order of some columns. */
export async function idsInOrder(
  connection: Reads,
  rows: Rows<object>,
  order: readonly string[],
  { limit, offset }: OffsetWindow,
  direction: 'asc' | 'desc' = 'asc',
): Promise<string[]> {
  let ordered = rows.select('id').limit(limit).offset(offset)
  for (const column of order) ordered = ordered.orderBy(column, direction)
  return (await runLong(connection, ordered)).map(({ id }) => String(id))
}

/** How many rows a query has. */
export async function countOf(connection: Reads, rows: Rows<unknown>): Promise<number> {
  const counted = rows
    .clearSelect()
    .clearOrderBy()
    .select(({ fn }) => fn.countAll<number>().as('count'))
  const [row] = await runLong(connection, counted)
  return Number(row?.count ?? 0)
}

/**
 * That one of a few columns starts with a text, whatever the case. It reads every row, so it is for tables of few.
 * @param columns of text
 */
export function startsWith<Tables, Table extends keyof Tables>(
  row: ExpressionBuilder<Tables, Table>,
  columns: readonly string[],
  text: string,
): Expression<SqlBool> {
  const pattern = `${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  return row.or(columns.map((column) => sql<SqlBool>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`))
}
