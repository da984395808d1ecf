import * as z from 'zod'
import { Failure } from './error.ts'

/** The longest page a caller may ask for. */
export const PAGE_LIMIT_MAX = 200

/** What a caller says to get one page: how many, and after what. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(50).describe('How many items at most, 1 to 200.'),
  cursor: z.string().max(500).optional().describe('The next_cursor of the page before.'),
})
export type PageQuery = z.output<typeof PageQuery>

/** One page of a keyset-ordered list, and where the next one starts. */
export interface Page<Item> {
  readonly data: Item[]
  readonly nextCursor: string | null
}

/** The longest numbered page a caller may ask for. */
export const NUMBERED_PAGE_MAX = 100

/** What a caller says to get one page by its number, the first being 1. */
export const NumberedQuery = z.object({
  page: z.number().int().min(1).max(1_000_000).default(1),
  perPage: z.number().int().min(1).max(NUMBERED_PAGE_MAX).default(20),
})
export type NumberedQuery = z.output<typeof NumberedQuery>

/** One page of a list that is counted: for surfaces whose documents number their pages. */
export interface NumberedPage<Item> {
  readonly data: Item[]
  /** How many there are on all pages. */
  readonly total: number
  /** That there may be more than that: counting ended early. */
  readonly atLeast?: boolean
}

/** The schema of one numbered page of a noun. */
export function numberedPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ data: z.array(item), total: z.number().int(), atLeast: z.boolean().optional() })
}

/** The schema of one page of a noun. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() })
}

/**
 * Cuts rows that were fetched with one to spare into a page.
 * @param rows up to `limit + 1` rows in page order
 * @param limit the page's length
 * @param key the keyset position of a row, one string
 */
export function toPage<Row>(rows: Row[], limit: number, key: (row: Row) => string): Page<Row> {
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
  throw new Failure('invalid_request', 'The cursor is not one that this server gave out.')
}
