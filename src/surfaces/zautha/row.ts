// Zautha's spelling: numbered pages, lower-case enumerations, RFC 3339 times, ids as UUIDs.
import * as z from 'zod'
import { NUMBERED_PAGE_MAX, type NumberedPage } from '#kernel/page.ts'
import { rowsOf } from '../mapped-row.ts'
import { snake } from '../native/codec.ts'
import type { Route } from '../surface.ts'

/** Makes a row of the Zautha surface. */
export const row = rowsOf(snake)

/** The caller’s tenant and the realm that it came with: what every row is about, whatever the request says. */
export const homeScope: Route['scope'] = async (_request, places) => places.home(undefined)

/** What every list may be asked (Zautha, “List audit events”). */
export const PageParameters = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1).describe('Which page; the first one is 1.'),
  limit: z.coerce.number().int().min(1).max(NUMBERED_PAGE_MAX).default(50).describe('How many on a page, 1 to 100.'),
})

/** The operation’s part of a list’s query. */
export function pageOf({ page, limit }: z.output<typeof PageParameters>): { page: number; perPage: number } {
  return { page, perPage: limit }
}

/** A list’s answer: the plural of the noun, and `pagination`. @param item how one is written */
export function listOf<Item>(
  plural: string,
  { data, total }: NumberedPage<Item>,
  { page, limit }: z.output<typeof PageParameters>,
  item: (item: Item) => unknown,
): unknown {
  return { [plural]: data.map(item), pagination: { page, limit, total } }
}

/** The schema of a list’s answer. */
export function listSchema(plural: string, item: z.ZodType): z.ZodType {
  const pagination = z.object({ page: z.number().int(), limit: z.number().int(), total: z.number().int() })
  return z.object({ [plural]: z.array(item), pagination })
}

/** A moment as the wire writes it; null stays. */
export function timeOut(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString()
}
