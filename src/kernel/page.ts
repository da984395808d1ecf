// One page of a list: how a caller asks for it, by a cursor or by a number of rows to skip, and how it is answered.
import * as z from 'zod'
import { Failure } from './error.ts'

/** The longest page a caller may ask for. */
export const PAGE_LIMIT_MAX = 200

/** The longest page of the surfaces whose documents number their pages. */
export const NUMBERED_PAGE_MAX = 100

/** The most rows a caller may skip: a million pages of the longest kind that is numbered. */
const OFFSET_MAX = 100_000_000

/** Where a count stops that was asked for beside a cursor. */
export const COUNT_MAX = 10_000

/**
 * The members of the input of a list: how many items, from where, in which order, and whether to count them.
 * @param columns the columns that the list can be ordered by; each has an index
 */
export function listQuery<const Column extends string>(...columns: readonly [Column, ...Column[]]) {
  const orders = columns.flatMap((column): (Column | `-${Column}`)[] => [column, `-${column}`])
  return z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(PAGE_LIMIT_MAX)
      .default(50)
      .describe('The maximum number of items, 1 to 200.'),
    cursor: z.string().max(500).optional().describe('The next_cursor or the prev_cursor of another page.'),
    offset: z.coerce
      .number()
      .int()
      .min(0)
      .max(OFFSET_MAX)
      .optional()
      .describe('The number of items to skip, instead of a cursor. The response then has the total.'),
    include: z.enum(['count']).optional().describe(`Say how many there are, up to ${COUNT_MAX}.`),
    order: z.enum(orders).optional().describe('The order; a minus sign in front means descending.'),
  })
}

/** The members of the input of a list that has one order, and is counted if it is read by offset. */
export const offsetQuery = listQuery('created_at').omit({ order: true, include: true })

/** The members of the input of a list that reads several indexes: from its start, page by page. */
export const forwardQuery = offsetQuery
  .pick({ limit: true })
  .extend({ cursor: z.string().max(500).optional().describe('The next_cursor of the previous page.') })

/** The page that a caller requests: by a cursor, or by an offset. */
export interface ListQuery {
  readonly limit: number
  /** The page begins after the item of the cursor, or ends before it. */
  readonly cursor?: string | undefined
  /** The number of items to skip. The page then has the count. */
  readonly offset?: number | undefined
  readonly include?: 'count' | undefined
  /** A column, with a minus sign before it for descending order. */
  readonly order?: string | undefined
}

/**
 * The offset and the limit of a page of a list that is only read by offset and has one order.
 * @throws Failure `invalid_request` for a cursor or an order
 */
export function offsetOf({ limit, cursor, offset = 0, order }: ListQuery): { offset: number; limit: number } {
  if (cursor === undefined && order === undefined) return { offset, limit }
  throw new Failure('invalid_request', 'This list is read by offset, in its own order.')
}

/** The number of items on all pages of a list. */
export interface Count {
  readonly value: number
  /** Whether the list may have more, because counting stopped. */
  readonly isBound?: boolean | undefined
}

/** One page of a list. */
export interface Page<Item> {
  readonly data: Item[]
  /** The cursor of the next page; null for the last page. */
  readonly nextCursor: string | null
  /** The cursor of the previous page; null for the first page. Lists that are only read forwards do not have it. */
  readonly prevCursor?: string | null | undefined
  /** Only if it was requested, or if the page was requested by offset. */
  readonly count?: Count | undefined
}

/** The schema of one page of a list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    nextCursor: z.string().nullable(),
    prevCursor: z.string().nullable().optional().describe('Absent for lists that are only read forwards.'),
    count: z
      .object({
        value: z.number().int(),
        isBound: z.boolean().optional().describe('Whether the total is a lower bound.'),
      })
      .optional()
      .describe('The number of items on all pages; only if it was requested.'),
  })
}

/** The same page with other items. */
export function mapPage<Item, Other>(page: Page<Item>, map: (item: Item) => Other): Page<Other> {
  return { ...page, data: page.data.map(map) }
}

/**
 * Cuts rows that were fetched with one to spare into a page.
 * @param rows up to `limit + 1` rows in page order
 * @param limit the page's length
 * @param key the keyset position of a row, one string
 */
export function toPage<Row>(
  rows: Row[],
  limit: number,
  key: (row: Row) => string,
): Pick<Page<Row>, 'data' | 'nextCursor'> {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { data: rows.slice(0, limit), nextCursor: last === undefined ? null : encodeCursor(key(last)) }
}

/** A position as an opaque cursor. */
export function encodeCursor(position: string): string {
  return btoa(position).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/**
 * The position that a cursor stands for. It only ever narrows a query that is bound to its tenant already.
 * @throws Failure `invalid_request` where the text is no cursor
 */
export function decodeCursor(cursor: string): string {
  try {
    const position = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
    if (/^[0-9a-zA-Z-]{1,64}$/.test(position)) return position
  } catch {}
  throw unknownCursor()
}

/** A position of a list that is read both ways. */
export interface ListPosition {
  readonly id: string
  /** Whether the page ends before it; it begins after it otherwise. */
  readonly isBackward: boolean
}

const BACKWARD = 'before-'

/** The cursor of a page that ends before an item, or begins after it. */
export function cursorAt({ id, isBackward }: ListPosition): string {
  return encodeCursor(isBackward ? `${BACKWARD}${id}` : id)
}

/** What a cursor of a list that is read both ways stands for. @throws Failure `invalid_request` where it is none */
export function positionAt(cursor: string): ListPosition {
  const position = decodeCursor(cursor)
  const isBackward = position.startsWith(BACKWARD)
  return { id: isBackward ? position.slice(BACKWARD.length) : position, isBackward }
}

/** The error for a text that is no cursor of the list. */
export function unknownCursor(): Failure {
  return new Failure('invalid_request', 'The cursor is not valid. Use the next_cursor or prev_cursor of a response.')
}
