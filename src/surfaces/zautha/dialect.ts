// Zautha’s spelling: numbered pages, lower-case enumerations, RFC 3339 times, ids as UUIDs.
import * as z from 'zod'
import { NUMBERED_PAGE_MAX } from '#kernel/page.ts'
import {
  arrayOf,
  countIn,
  type Dialect,
  INTEGER,
  memberName,
  numberedInput,
  objectOf,
  pageLength,
  pageStyle,
} from '../dialect.ts'
import { listsIn, repliesIn } from '../reply.ts'
import { rowsIn } from '../rows.ts'
import type { Route } from '../surface.ts'

const pagination = objectOf({ page: INTEGER, limit: INTEGER, total: INTEGER })

const query = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1).describe('Which page; the first one is 1.'),
  limit: pageLength(NUMBERED_PAGE_MAX, 50),
})
const schema = (item: object, plural: string) => objectOf({ [plural]: arrayOf(item), pagination })

const page = pageStyle({
  query,
  schema,
  toInput: ({ page, limit }) => numberedInput(page, limit),
  encode: (items, found, { page, limit }, plural) => ({
    [plural]: items,
    pagination: { page, limit, total: countIn(found).value },
  }),
})

const dialect: Dialect = {
  memberName,
  id: { encode: (_noun, id) => id, decode: (_noun, text) => text },
  time: (milliseconds) => new Date(milliseconds).toISOString(),
  enumValue: { encode: (word) => word, decode: (word) => word },
  absent: 'null',
  envelope: (view) => view,
  accepts: 'named',
  rejectsUnknown: (method) => method === 'PATCH',
  errorPath: (place, name) => name || place,
}

/** A page that is cut from a list which comes all at once, as a realm’s three keys or so do. */
export const cut = pageStyle({
  query,
  schema,
  toInput: () => ({}),
  encode: (items, _page, { page: at, limit }, plural) => ({
    [plural]: items.slice((at - 1) * limit, at * limit),
    pagination: { page: at, limit, total: items.length },
  }),
})

export const time = dialect.time
export const { representation, ok, created, json, noContent, computed, computedList } = repliesIn(dialect)
export const list = listsIn(page)
export const rows = rowsIn(dialect)

/** The caller’s tenant and the realm that it came with: what every row is about, whatever the request says. */
export const homeScope: Route['scope'] = async (_request, places) => places.home(undefined)
