import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import type { NumberedPage, NumberedQuery } from '#kernel/page.ts'

// biome-ignore lint/suspicious/noExplicitAny: any tables, joined anyhow
type Rows<Row> = SelectQueryBuilder<any, any, Row>

/**
 * One numbered page of a query, and how many rows all pages have.
 * @param rows what passes every filter, in order
 * @param known how many that are, where it was counted as they came to be
 */
export async function numbered<Row>(
  rows: Rows<Row>,
  { page, perPage }: NumberedQuery,
  known?: number,
): Promise<NumberedPage<Row>> {
  const data = await rows
    .limit(perPage)
    .offset((page - 1) * perPage)
    .execute()
  // The last page says how many there are.
  if (data.length > 0 && data.length < perPage) return { data, total: (page - 1) * perPage + data.length }
  return { data, total: known ?? (await countOf(rows)) }
}

/** The ids of the rows of one numbered page, and how many rows all pages have. */
export interface NumberedIds {
  readonly ids: string[]
  readonly total: number
}

/**
 * The ids on one numbered page of a query, in the order of some columns. Of a page that is nearer to the end they are
 * read from there, where it is known how many rows there are.
 * @param rows what passes every filter
 * @param known how many that are, where it was counted as they came to be
 */
export async function numberedIds(
  rows: Rows<object>,
  order: readonly string[],
  { page, perPage }: NumberedQuery,
  known?: number,
): Promise<NumberedIds> {
  const offset = (page - 1) * perPage
  if (known !== undefined && offset > known / 2) {
    const left = Math.max(0, known - offset)
    const count = Math.min(perPage, left)
    const ids = count === 0 ? [] : await someIds(rows, order, count, left - count, 'desc')
    return { ids: ids.reverse(), total: known }
  }
  const ids = await someIds(rows, order, perPage, offset)
  if (ids.length > 0 && ids.length < perPage) return { ids, total: offset + ids.length }
  return { ids, total: known ?? (await countOf(rows)) }
}

/**
 * The ids on one numbered page of a query over few rows that no index narrows: they are looked through once.
 * @param rows what passes every filter
 */
export async function numberedOfFew(rows: Rows<object>, { page, perPage }: NumberedQuery): Promise<NumberedIds> {
  const all = await rows.select('id').orderBy('id').execute()
  const start = (page - 1) * perPage
  return { ids: all.slice(start, start + perPage).map(({ id }) => String(id)), total: all.length }
}

/** The ids of some rows of a query, in the order of some columns. */
export async function someIds(
  rows: Rows<object>,
  order: readonly string[],
  limit: number,
  offset: number,
  direction: 'asc' | 'desc' = 'asc',
): Promise<string[]> {
  let ordered = rows.select('id').limit(limit).offset(offset)
  for (const column of order) ordered = ordered.orderBy(column, direction)
  return (await ordered.execute()).map(({ id }) => String(id))
}

/** How many rows a query has. */
export async function countOf(rows: Rows<unknown>): Promise<number> {
  const { count } = await rows
    .clearSelect()
    .clearOrderBy()
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
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
