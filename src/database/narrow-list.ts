import { type RawBuilder, sql } from 'kysely'
import type { Connection } from './database.ts'

// Lists with several filters over tables that only grow. Each filter has an index, no two have one together, so a list
// is read through one of them and the others sift what comes. Which one is not left to the databases: SQLite has no
// statistics and chooses by chance, PostgreSQL guesses how filters hang together. And nothing is read at one go that
// could be the whole table: rows come by windows, between which everybody else has a turn.

/** Rows that are read through an index before the others are asked whether that was enough. */
export const WINDOW = 500

/** A filter with an index: on its column after those beside it, ending in the position. */
export interface Criterion {
  readonly column: string
  /** What the column may be. More than one is as many reads, each from the end of its own part of the index. */
  readonly values: readonly string[]
  /** Other columns of the index. */
  readonly beside?: Readonly<Record<string, string>>
  /** The index is a partial one, of this value: the query must say it and not bind it. Never for what a caller gave. */
  readonly literal?: boolean
  /** What a partial index leaves out: the query must say it, and not bind it. */
  readonly without?: { readonly column: string; readonly value: string }
}

/** A filter that only sifts. `is` is for null. */
export type Sieve =
  | readonly [column: string, operator: '=' | '<' | '>' | '>=' | 'is', value: string | number | null]
  | readonly [column: string, operator: 'in', values: readonly string[]]

export interface NarrowList<Position extends string | number> {
  readonly table: string
  readonly tenantId: string
  /** Other columns that every index of it begins with. */
  readonly beside?: Readonly<Record<string, number>>
  /** The column that rows are ordered by, last one first. */
  readonly position: string
  /** Bounds of the position: the least, and what it must be less than. */
  readonly from: Position
  readonly before: Position
  /** Filters with an index, the narrowest first as a rule. With none, the index of tenant and position is read. */
  readonly criteria: readonly Criterion[]
  readonly sieves: readonly Sieve[]
  readonly limit: number
  /** What the index of tenant and position leaves out, where it is a partial one. */
  readonly without?: Criterion['without']
}

/** How much a count may still cost. It is spent as rows are counted. */
export interface CountBudget {
  /** Rows that pass. */
  rows: number
  /** Rows that are looked at. */
  looks: number
}

/**
 * The rows that pass every filter, last one first, through the first of the indexes that has few rows to read, or the
 * first one where all have many.
 * @returns at most `limit` rows
 */
export async function listNarrowly<Row, Position extends string | number>(
  { kysely }: Connection,
  list: NarrowList<Position>,
): Promise<Row[]> {
  const edgeOf = async (lead: Criterion | undefined, before: Position) => {
    const { rows } = await edge(list, lead, before).execute(kysely)
    return rows[0]?.count === WINDOW ? rows[0].edge : undefined
  }
  const rowsOf = async (lead: Criterion | undefined, before: Position) =>
    (await sifted<Row, Position>(list, lead, before).execute(kysely)).rows

  for (const lead of list.criteria.length > 1 ? list.criteria : []) {
    if ((await edgeOf(lead, list.before)) === undefined) return rowsOf(lead, list.before)
  }
  const [lead] = list.criteria
  const found: Row[] = []
  let before = list.before
  for (;;) {
    found.push(...(await rowsOf(lead, before)))
    if (found.length >= list.limit) return found.slice(0, list.limit)
    const next = await edgeOf(lead, before)
    if (next === undefined) return found
    before = next
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/**
 * How many rows pass every filter, or how many were seen to before the budget was spent.
 * @param budget what is left of it afterwards tells whether it was enough
 */
export async function countNarrowly<Position extends string | number>(
  { kysely }: Connection,
  list: NarrowList<Position>,
  budget: CountBudget,
): Promise<number> {
  const edgeOf = async (lead: Criterion | undefined, before: Position) =>
    (await edge(list, lead, before).execute(kysely)).rows[0]
  let [lead] = list.criteria
  for (const narrow of list.criteria.length > 1 ? list.criteria : []) {
    if (((await edgeOf(narrow, list.before))?.count ?? 0) < WINDOW) {
      lead = narrow
      break
    }
  }
  let counted = 0
  let before = list.before
  for (;;) {
    const end = await edgeOf(lead, before)
    if (!end || Number(end.count) === 0) return counted
    const { rows } = await passing(list, lead, before).execute(kysely)
    const passed = Number(rows[0]?.count ?? 0)
    counted += passed
    budget.rows -= passed
    budget.looks -= Number(end.count)
    if (Number(end.count) < WINDOW || budget.rows < 0 || budget.looks < 0) return counted
    before = end.edge
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** How many rows of one window pass the other filters. */
function passing<Position extends string | number>(
  list: NarrowList<Position>,
  lead: Criterion | undefined,
  before: Position,
): RawBuilder<{ count: number }> {
  const conditions = conditionsOf(list, lead)
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  return sql`select count(*) as count from (${windowOf(list, lead, before, WINDOW)}) as seen ${where}`
}

/** The rows of one window, read through one index, that pass the other filters. */
export function sifted<Row, Position extends string | number>(
  list: NarrowList<Position>,
  lead: Criterion | undefined,
  before: Position,
): RawBuilder<Row> {
  const conditions = conditionsOf(list, lead)
  if (conditions.length === 0) return windowOf(list, lead, before, list.limit)
  return sql`select * from (${windowOf(list, lead, before, WINDOW)}) as seen
    where ${sql.join(conditions, sql` and `)} order by ${sql.ref(list.position)} desc limit ${list.limit}`
}

function conditionsOf<Position extends string | number>(
  list: NarrowList<Position>,
  lead: Criterion | undefined,
): RawBuilder<unknown>[] {
  const others = list.criteria.filter((criterion) => criterion !== lead)
  return [...others.map(among), ...list.sieves.map(sieve)]
}

/** How many rows a window has, and where it ends. */
function edge<Position extends string | number>(
  list: NarrowList<Position>,
  lead: Criterion | undefined,
  before: Position,
): RawBuilder<{ count: number; edge: Position }> {
  return sql`select count(*) as count, min(${sql.ref(list.position)}) as edge
    from (${windowOf(list, lead, before, WINDOW)}) as seen`
}

function windowOf<Row, Position extends string | number>(
  list: NarrowList<Position>,
  lead: Criterion | undefined,
  before: Position,
  size: number,
): RawBuilder<Row> {
  const position = sql.ref(list.position)
  const beside = { tenant_id: list.tenantId, ...list.beside, ...lead?.beside }
  const part = (value?: string) => {
    // Not as two comparisons: with those, SQLite prefers the index that has fewer columns before the position.
    const bounds = [sql`${position} between ${list.from} and ${before}`, sql`${position} <> ${before}`]
    const equal = Object.entries(beside).map(([column, own]) => sql`${sql.ref(column)} = ${own}`)
    if (lead && value !== undefined) equal.push(sql`${sql.ref(lead.column)} = ${lead.literal ? sql.lit(value) : value}`)
    const without = lead ? lead.without : list.without
    if (without) equal.push(sql`${sql.ref(without.column)} <> ${sql.lit(without.value)}`)
    const where = sql.join([...equal, ...bounds], sql` and `)
    return sql<Row>`select * from ${sql.table(list.table)} where ${where} order by ${position} desc limit ${size}`
  }
  const [only, ...more] = lead?.values ?? []
  if (more.length === 0) return part(only)
  const parts = (lead?.values ?? []).map((value) => sql`select * from (${part(value)}) as part`)
  return sql`${sql.join(parts, sql` union all `)} order by ${position} desc limit ${size}`
}

function among({ column, values }: Criterion): RawBuilder<unknown> {
  return sql`${sql.ref(column)} in (${sql.join(values)})`
}

function sieve([column, operator, value]: Sieve): RawBuilder<unknown> {
  if (operator === 'in') return among({ column, values: value })
  return sql`${sql.ref(column)} ${sql.raw(operator)} ${value === null ? sql`null` : value}`
}
