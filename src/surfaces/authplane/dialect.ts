// AuthPlane’s spelling: bare lists by limit and offset, times to the second, members without a value left out.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { PAGE_LIMIT_MAX } from '#kernel/page.ts'
import type { Codec } from '../codec.ts'
import { arrayOf, type Dialect, memberName, pageStyle } from '../dialect.ts'
import { listsIn, repliesIn } from '../reply.ts'
import { rowsIn } from '../rows.ts'
import type { Route, WireRequest } from '../surface.ts'

/** The parameters of a bare list. */
export const bareQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_LIMIT_MAX)
    .default(50)
    .describe(`How many at most, 1 to ${PAGE_LIMIT_MAX}.`),
  offset: z.coerce.number().int().min(0).max(100_000).default(0).describe('How many to skip.'),
})

/** A list and nothing around it. */
const bare = pageStyle({
  query: bareQuery,
  toInput: (asked) => asked,
  encode: (items) => items,
  schema: arrayOf,
})

/** A list and nothing around it; with `slug`, the one that has it. */
export const bySlug = pageStyle({
  query: bareQuery.extend({ slug: z.string().max(64).optional() }),
  toInput: (asked) => asked,
  encode: (items, _page, { slug }) => {
    if (slug !== undefined && items.length === 0) throw new Failure('not_found')
    return slug === undefined ? items : items[0]
  },
  schema: arrayOf,
})

const dialect: Dialect = {
  memberName,
  id: { encode: (noun, id) => renderId(noun, id), decode: (_noun, text) => text },
  time: (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+/, ''),
  enumValue: { encode: (word) => word, decode: (word) => word },
  absent: 'omitted',
  envelope: (view) => view,
  accepts: 'named',
  rejectsUnknown: () => false,
  errorPath: (place, name) => name || place,
}

export const { representation, ok, created, json, noContent, computed, output } = repliesIn(dialect)
export const list = listsIn(bare)
export const time = dialect.time

/** The tenant of the key, and its realm `default` or the one that the key is for. */
const scope: Route['scope'] = async (_request, places) => places.home(undefined)

export const row = rowsIn(dialect)({ scope })

/** What has valid tokens is deleted only with `force`. */
export const unlessForced = {
  checked: { force: z.enum(['true', 'false']).optional() },
  fixed: ({ query }: WireRequest) => ({ onlyUnused: String(query.force !== 'true') }),
}

/** The caller’s own realm has the user. */
export const userWithin: Route['locate'] = async (params, places) => {
  await places.ofObject('user', params.user_id ?? params.id)
  return params
}

/** A list of words that the wire writes as one text with spaces between them (RFC 6749 §3.3). */
export const spaced: Codec = {
  schema: z.string().max(8000),
  encode: (words: readonly string[]) => words.join(' '),
  decode: (sent) => (typeof sent === 'string' ? sent.split(' ').filter(Boolean) : sent),
}
