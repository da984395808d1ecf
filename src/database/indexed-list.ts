// Reads and counts lists with several filters over tables that only grow.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from './database.ts'

// Each filter has an index, and no two filters share one. So a list is read through one index, and the other filters are
// applied to the rows that it returns. The databases do not choose the index: SQLite has no statistics, and PostgreSQL
// guesses how filters correlate. Rows are read in windows, so that other work has its turn between two windows.

/** Rows that are read through an index at once. */
export const WINDOW_SIZE = 500

/** A filter with an index: on the columns of `equal`, then its own column, then the position. */
export interface IndexFilter {
  readonly column: string
  /** Values that the column may have. Each value is read from the end of its own part of the index. */
  readonly values: readonly string[]
  /** Values of the columns that come before it in the index. */
  readonly equal?: Readonly<Record<string, string>>
  /** The index is a partial one, of this value: the value stands in the SQL and is not bound. Never for what a caller gave. */
  readonly literal?: boolean
  /** Rows that a partial index excludes: the value stands in the SQL and is not bound. */
  readonly excludes?: { readonly column: string; readonly value: string }
}

/** A filter without an index. `is` is for null. */
export type ResidualFilter =
  | readonly [column: string, operator: '=' | '<' | '>' | '>=' | 'is' | 'like', value: string | number | null]
  | readonly [column: string, operator: 'in', values: readonly string[]]

export interface IndexedList<Position extends string | number> {
  readonly table: string
  readonly tenantId: string
  /** Values of other columns that every index of the table begins with. */
  readonly equal?: Readonly<Record<string, number>>
  /** The column that rows are ordered by, descending. */
  readonly position: string
  /** Bounds of the position: the least, and an exclusive end. */
  readonly from: Position
  readonly before: Position
  /** Filters with an index, the narrowest first as a rule. With none, the index of tenant and position is read. */
  readonly indexFilters: readonly IndexFilter[]
  readonly residualFilters: readonly ResidualFilter[]
  readonly limit: number
  /** Rows that the index of tenant and position excludes, where it is a partial one. */
  readonly excludes?: IndexFilter['excludes']
}

/** How much a count may still cost. It is reduced as rows are counted. */
export interface CountBudget {
  /** Rows that pass the filters. */
  rows: number
  /** Rows that are read. */
  rowsRead: number
}

/**
 * The rows that pass every filter, in descending order. They are read through the first index that has few rows to
 * read, or through the first index where all have many.
 * @returns at most `limit` rows
 */
export async function listIndexed<Row, Position extends string | number>(
  { kysely }: Connection,
  list: IndexedList<Position>,
): Promise<Row[]> {
  const edgeOf = async (lead: IndexFilter | undefined, before: Position) => {
    const { rows } = await windowEnd(list, lead, before).execute(kysely)
    return rows[0]?.count === WINDOW_SIZE ? rows[0].edge : undefined
  }
  const rowsOf = async (lead: IndexFilter | undefined, before: Position) =>
    (await filteredWindow<Row, Position>(list, lead, before).execute(kysely)).rows

  for (const lead of list.indexFilters.length > 1 ? list.indexFilters : []) {
    if ((await edgeOf(lead, list.before)) === undefined) return rowsOf(lead, list.before)
  }
  const [lead] = list.indexFilters
  const rows: Row[] = []
  let before = list.before
  for (;;) {
    rows.push(...(await rowsOf(lead, before)))
    if (rows.length >= list.limit) return rows.slice(0, list.limit)
    const next = await edgeOf(lead, before)
    if (next === undefined) return rows
    before = next
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/**
 * How many rows pass every filter, or how many were found before the budget was spent.
 * @param budget it is negative afterwards where it was not enough
 */
export async function countIndexed<Position extends string | number>(
  { kysely }: Connection,
  list: IndexedList<Position>,
  budget: CountBudget,
): Promise<number> {
  const edgeOf = async (lead: IndexFilter | undefined, before: Position) =>
    (await windowEnd(list, lead, before).execute(kysely)).rows[0]
  let [lead] = list.indexFilters
  for (const narrow of list.indexFilters.length > 1 ? list.indexFilters : []) {
    if (((await edgeOf(narrow, list.before))?.count ?? 0) < WINDOW_SIZE) {
      lead = narrow
      break
    }
  }
  let counted = 0
  let before = list.before
  for (;;) {
    const end = await edgeOf(lead, before)
    if (!end || Number(end.count) === 0) return counted
    const { rows } = await countInWindow(list, lead, before).execute(kysely)
    const passed = Number(rows[0]?.count ?? 0)
    counted += passed
    budget.rows -= passed
    budget.rowsRead -= Number(end.count)
    if (Number(end.count) < WINDOW_SIZE || budget.rows < 0 || budget.rowsRead < 0) return counted
    before = end.edge
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** How many rows of one window pass the other filters. */
function countInWindow<Position extends string | number>(
  list: IndexedList<Position>,
  lead: IndexFilter | undefined,
  before: Position,
): RawBuilder<{ count: number }> {
  const conditions = conditionsOf(list, lead)
  const whereClause = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  return sql`select count(*) as count from (${windowOf(list, lead, before, WINDOW_SIZE)}) as candidate ${whereClause}`
}

/** The rows of one window, read through one index, that pass the other filters. */
export function filteredWindow<Row, Position extends string | number>(
  list: IndexedList<Position>,
  lead: IndexFilter | undefined,
  before: Position,
): RawBuilder<Row> {
  const conditions = conditionsOf(list, lead)
  if (conditions.length === 0) return windowOf(list, lead, before, list.limit)
  return sql`select * from (${windowOf(list, lead, before, WINDOW_SIZE)}) as candidate
    where ${sql.join(conditions, sql` and `)} order by ${sql.ref(list.position)} desc limit ${list.limit}`
}

function conditionsOf<Position extends string | number>(
  list: IndexedList<Position>,
  lead: IndexFilter | undefined,
): RawBuilder<unknown>[] {
  const others = list.indexFilters.filter((criterion) => criterion !== lead)
  return [...others.map(oneOf), ...list.residualFilters.map(conditionOf)]
}

/** How many rows a window has, and where it ends. */
function windowEnd<Position extends string | number>(
  list: IndexedList<Position>,
  lead: IndexFilter | undefined,
  before: Position,
): RawBuilder<{ count: number; edge: Position }> {
  return sql`select count(*) as count, min(${sql.ref(list.position)}) as edge
    from (${windowOf(list, lead, before, WINDOW_SIZE)}) as candidate`
}

function windowOf<Row, Position extends string | number>(
  list: IndexedList<Position>,
  lead: IndexFilter | undefined,
  before: Position,
  size: number,
): RawBuilder<Row> {
  const position = sql.ref(list.position)
  const equalities = { tenant_id: list.tenantId, ...list.equal, ...lead?.equal }
  const part = (value?: string) => {
    // `between` and not two comparisons: with those, SQLite prefers the index with fewer columns before the position.
    const bounds = [sql`${position} between ${list.from} and ${before}`, sql`${position} <> ${before}`]
    const equal = Object.entries(equalities).map(([column, own]) => sql`${sql.ref(column)} = ${own}`)
    if (lead && value !== undefined) equal.push(sql`${sql.ref(lead.column)} = ${lead.literal ? sql.lit(value) : value}`)
    const excludes = lead ? lead.excludes : list.excludes
    if (excludes) equal.push(sql`${sql.ref(excludes.column)} <> ${sql.lit(excludes.value)}`)
    const conditions = sql.join([...equal, ...bounds], sql` and `)
    return sql<Row>`select * from ${sql.table(list.table)} where ${conditions} order by ${position} desc limit ${size}`
  }
  const [only, ...more] = lead?.values ?? []
  if (more.length === 0) return part(only)
  const parts = (lead?.values ?? []).map((value) => sql`select * from (${part(value)}) as part`)
  return sql`${sql.join(parts, sql` union all `)} order by ${position} desc limit ${size}`
}

function oneOf({ column, values }: IndexFilter): RawBuilder<unknown> {
  return sql`${sql.ref(column)} in (${sql.join(values)})`
}

function conditionOf([column, operator, value]: ResidualFilter): RawBuilder<unknown> {
  if (operator === 'in') return oneOf({ column, values: value })
  return sql`${sql.ref(column)} ${sql.raw(operator)} ${value === null ? sql`null` : value}`
}
