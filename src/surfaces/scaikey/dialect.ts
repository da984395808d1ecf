// ScaiKey’s spelling: numbered pages, upper-case enumerations, RFC 3339 times, prefixed ids.
import * as z from 'zod'
import { renderId } from '#kernel/id.ts'
import { NUMBERED_PAGE_MAX } from '#kernel/page.ts'
import type { Codec } from '../codec.ts'
import { arrayOf, type Dialect, INTEGER, memberName, numberedPages, objectOf, objectSchema } from '../dialect.ts'
import { listsIn, repliesIn } from '../reply.ts'
import { rowsIn } from '../rows.ts'

const pagination = objectOf({
  page: INTEGER,
  per_page: INTEGER,
  total: INTEGER,
  total_pages: INTEGER,
  'total_at_least?': { const: true, description: 'That there may be more: counting ended early.' },
})

const page = numberedPages(
  { length: 'per_page', usual: 20, most: NUMBERED_PAGE_MAX },
  {
    encode: (data, { value: total, isBound }, { page, length: per_page }) => {
      const pages = { page, per_page, total, total_pages: Math.ceil(total / per_page) }
      return { data, pagination: { ...pages, ...(isBound && { total_at_least: true }) } }
    },
    schema: (item) => objectOf({ data: arrayOf(item), pagination }),
  },
)

const dialect: Dialect = {
  memberName,
  id: { encode: renderId, decode: (_noun, text) => text },
  time: (milliseconds) => new Date(milliseconds).toISOString(),
  enumValue: { encode: (word) => word.toUpperCase(), decode: (word) => word.toLowerCase() },
  absent: 'null',
  // Its members at the top and under `data`, for readers of either form.
  envelope: (view) => ({ ...view, data: view }),
  describeEnvelope: ({ properties, required }) => ({
    properties: { ...properties, data: objectSchema({ properties, required }) },
    required: [...required, 'data'],
  }),
  accepts: 'named',
  acceptsInLists: ['search', 'partnerId'],
  rejectsUnknown: () => false,
  errorPath: (place, name) => (name === '' ? place : `${place}.${name}`),
}

export const { representation, ok, created, json, noContent, computed } = repliesIn(dialect)
export const list = listsIn(page)
export const rows = rowsIn(dialect)

/** An enumeration that has further words on this wire. @param others what each of them means */
export function words(known: readonly string[], others: Readonly<Record<string, string>>): Codec {
  return {
    schema: z.enum(known),
    requestSchema: z.enum([...known, ...Object.keys(others)]),
    encode: (word: string) => word.toUpperCase(),
    decode: (sent) => {
      const word = typeof sent === 'string' ? sent.toLowerCase() : ''
      return Object.hasOwn(others, word) ? others[word] : word || sent
    },
  }
}
