// Reads one page of a query, in either reading: after or before a cursor, or so many rows down and counted.
import { type SelectQueryBuilder, sql } from 'kysely'
import { Failure } from '#kernel/error.ts'
import {
  COUNT_MAX,
  type Count,
  cursorAt,
  type ListPosition,
  type ListQuery,
  type Page,
  positionAt,
} from '#kernel/page.ts'
import { type Connection, longReadsOf } from './database.ts'
import { countOf, DEEP, runLong } from './offset-page.ts'

// biome-ignore lint/suspicious/noExplicitAny: any tables, joined in any way
type Rows<Row> = SelectQueryBuilder<any, any, Row>

/** A column that a list can be ordered by. Equal values are in the order of ids, and the index ends in the id. */
export interface OrderColumn {
  readonly column: string
  /** The column's value in the row of an id; of a row that was deleted meanwhile too. */
  readonly valueAt: (id: string) => Promise<string>
}

/** What a store says of one of its lists. */
export interface ListShape<Row> {
  /** The id's column, where the rows come from several tables, and the id of a row. */
  readonly id?: { readonly column: string; readonly of: (row: Row) => string }
  /** That the newest item comes first where no order is asked for. */
  readonly newestFirst?: boolean
  /** Columns besides `created_at`, which is the order of ids. */
  readonly orders?: Readonly<Record<string, OrderColumn>>
  /** How many rows there are, where it is known already. */
  readonly known?: number | undefined
  /** That a filter has no index, so that very many rows may be read for few. */
  readonly isUnindexed?: boolean
}

type Reads = Pick<Connection, 'kysely' | 'longReads'>

interface Order {
  readonly by: OrderColumn | undefined
  readonly direction: 'asc' | 'desc'
}

/**
 * One page of a query's rows.
 * @param rows what passes every filter, in no order
 * @throws Failure `invalid_request` for a cursor that is none, or one beside an offset
 */
export async function readListPage<Row>(
  connection: Reads,
  rows: Rows<Row>,
  query: ListQuery,
  shape: ListShape<Row> = {},
): Promise<Page<Row>> {
  const { limit, offset, cursor } = query
  if (offset !== undefined && cursor !== undefined) {
    throw new Failure('invalid_request', 'A page is asked for by a cursor or by an offset, not by both.')
  }
  const position = cursor === undefined ? undefined : positionAt(cursor)
  const idOf = shape.id?.of ?? ((row: Row) => (row as { readonly id: string }).id)
  const page = await pageOf(rows, { limit: limit + 1, offset, position }, shape, orderOf(query, shape))
  const isLong = shape.isUnindexed || (offset ?? 0) > DEEP
  const fetched = await (isLong ? runLong(connection, page) : page.execute())
  const hasMore = fetched.length > limit
  const data = fetched.slice(0, limit)
  if (position?.isBackward) data.reverse()
  const count = await countFor(connection, rows, query, { known: shape.known, found: fetched.length })
  return { data, ...cursorsOf(data.map(idOf), { hasMore, offset, position }), ...(count && { count }) }
}

function orderOf<Row>({ order }: ListQuery, { orders = {}, newestFirst = false }: ListShape<Row>): Order {
  if (order === undefined) return { by: undefined, direction: newestFirst ? 'desc' : 'asc' }
  return { by: orders[order.replace(/^-/, '')], direction: order.startsWith('-') ? 'desc' : 'asc' }
}

interface Span {
  readonly limit: number
  readonly offset: number | undefined
  readonly position: ListPosition | undefined
}

/** One row more than the page, from its beginning on; from its end backwards, where it ends at a position. */
async function pageOf<Row>(rows: Rows<Row>, span: Span, shape: ListShape<Row>, order: Order): Promise<Rows<Row>> {
  const { limit, offset, position } = span
  const id = shape.id?.column ?? 'id'
  const isAscending = (order.direction === 'asc') !== (position?.isBackward === true)
  let query = rows.limit(limit)
  if (offset !== undefined) query = query.offset(offset)
  if (position) {
    const [further, notBefore] = isAscending ? (['>', '>='] as const) : (['<', '<='] as const)
    if (order.by) {
      const { column, valueAt } = order.by
      const value = await valueAt(position.id)
      query = query
        .where(column, notBefore, value)
        .where(({ or, eb }) => or([eb(column, further, value), eb(id, further, position.id)]))
    } else query = query.where(id, further, position.id)
  }
  const direction = isAscending ? 'asc' : 'desc'
  if (order.by) query = query.orderBy(order.by.column, direction)
  return query.orderBy(id, direction)
}

function cursorsOf(
  ids: readonly string[],
  { hasMore, offset = 0, position }: Pick<Span, 'position'> & { hasMore: boolean; offset: number | undefined },
): Pick<Page<unknown>, 'nextCursor' | 'prevCursor'> {
  const first = ids[0]
  const last = ids.at(-1)
  // The row of the position itself lies on the side that the page was read from.
  const hasNext = position?.isBackward || hasMore
  const hasPrevious = position?.isBackward ? hasMore : position !== undefined || offset > 0
  return {
    nextCursor: hasNext && last !== undefined ? cursorAt({ id: last, isBackward: false }) : null,
    prevCursor: hasPrevious && first !== undefined ? cursorAt({ id: first, isBackward: true }) : null,
  }
}

async function countFor(
  connection: Reads,
  rows: Rows<unknown>,
  { limit, cursor, offset, include }: ListQuery,
  { known, found }: { readonly known: number | undefined; readonly found: number },
): Promise<Count | undefined> {
  if (offset === undefined && include === undefined) return undefined
  // The last page says how many there are.
  const isLast = cursor === undefined && found <= limit && (found > 0 || !offset)
  if (isLast) return { value: (offset ?? 0) + found }
  if (known !== undefined) return { value: known }
  return offset === undefined ? countUpTo(connection, rows, COUNT_MAX) : { value: await countOf(connection, rows) }
}

/** How many rows a query has, where they are no more than so many. */
export async function countUpTo(connection: Reads, rows: Rows<unknown>, most: number): Promise<Count> {
  const some = rows
    .clearSelect()
    .clearOrderBy()
    .select(sql`1`.as('one'))
    .limit(most + 1)
  const counted = await sql<{ count: number }>`select count(*) as count from (${some}) as counted`.execute(
    longReadsOf(connection),
  )
  const count = Number(counted.rows[0]?.count ?? 0)
  return count > most ? { value: most, isBound: true } : { value: count }
}
