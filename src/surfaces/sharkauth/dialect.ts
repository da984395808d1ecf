// SharkAuth’s spelling: ids with prefixes of its own, times to the second, members without a value left out.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { jsonOf } from '#kernel/field.ts'
import { ID_PREFIXES, type Noun, renderId } from '#kernel/id.ts'
import { NUMBERED_PAGE_MAX, PAGE_LIMIT_MAX } from '#kernel/page.ts'
import { type Codec, idOfNoun, invalidInput } from '../codec.ts'
import { arrayOf, countIn, type Dialect, INTEGER, memberName, numberedInput, objectOf, pageStyle } from '../dialect.ts'
import { jsonText, listsIn, repliesIn } from '../reply.ts'
import { rowsIn } from '../rows.ts'

/** Prefixes that are not ours; ours are read as well. */
const PREFIXES: Partial<Record<Noun, string>> = {
  api_key: 'key',
  broker_provider: 'vp',
  connection: 'vc',
  delegation_grant: 'mag',
  event: 'al',
  flow: 'flow',
  flow_run: 'fr',
  identity_provider: 'sso',
  mail: 'de',
  role: 'role',
  session: 'sess',
}

/** Prefixes that are read besides: the product’s programs use them, and the document does not. */
const READ: Partial<Record<Noun, string>> = { ...PREFIXES, agent: 'agent' }

/** The secret of an admin key. @throws Failure `unauthenticated` for a token of another kind */
export function adminKeyOf(token: string): string {
  if (!token.startsWith('sk_live_')) throw new Failure('unauthenticated', 'That is no admin key.')
  return token
}
/** How the ids of roles begin that an organization's list shows. They are read as those of all roles. */
const OF_ORGANIZATION = 'orgrole_'

const id: Dialect['id'] = {
  encode: (noun, id) => renderId(noun, id).replace(/^[a-z]+/, PREFIXES[noun] ?? ID_PREFIXES[noun]),
  decode: (noun, text) => {
    const prefix = noun === 'role' && text.startsWith(OF_ORGANIZATION) ? OF_ORGANIZATION : `${READ[noun]}_`
    return text.startsWith(prefix) ? `${ID_PREFIXES[noun]}_${text.slice(prefix.length)}` : text
  },
}

const limit = (most: number) =>
  z.coerce.number().int().min(1).max(most).default(50).describe(`How many at most, 1 to ${most}.`)

/** `data`, `next_cursor` where there is more, and `has_more`. */
const page = pageStyle({
  query: z.object({ limit: limit(PAGE_LIMIT_MAX), cursor: z.string().max(500).optional() }),
  toInput: (asked) => asked,
  encode: (items, { nextCursor }, _asked, plural) => ({
    [plural]: items,
    ...(nextCursor && { next_cursor: nextCursor }),
    has_more: Boolean(nextCursor),
  }),
  schema: (item, plural) =>
    objectOf({ [plural]: arrayOf(item), 'next_cursor?': { type: 'string' }, has_more: { type: 'boolean' } }),
})

const count = z.coerce.number().int().min(0).max(1_000_000)

/** The plural and `total`, asked for by `limit` and `offset`, or by `page` and `per_page`. */
export const counted = pageStyle({
  query: z.object({
    limit: limit(NUMBERED_PAGE_MAX),
    offset: count.default(0).describe('A multiple of limit.'),
    page: count.min(1).optional(),
    per_page: limit(NUMBERED_PAGE_MAX).optional(),
  }),
  toInput: ({ limit, offset, page, per_page }) => {
    if (page !== undefined) return numberedInput(page, per_page ?? limit)
    if (offset % limit !== 0) throw invalidInput([{ path: 'query.offset', message: 'must be a multiple of limit' }])
    return numberedInput(offset / limit + 1, limit)
  },
  encode: (items, found, _asked, plural) => ({ [plural]: items, total: countIn(found).value }),
  schema: (item, plural) => objectOf({ [plural]: arrayOf(item), total: INTEGER }),
})

const most = { query: z.object({}), toInput: () => ({ limit: PAGE_LIMIT_MAX }) }

/** The plural alone; all there are, up to what one page of an operation has. */
export const unpaged = pageStyle({
  ...most,
  encode: (items, _page, _asked, plural) => ({ [plural]: items }),
  schema: (item, plural) => objectOf({ [plural]: arrayOf(item) }),
})

/** The plural alone, of an operation whose list has no pages. */
export const whole = pageStyle({
  query: z.object({}),
  toInput: () => ({}),
  encode: (items, _page, _asked, plural) => ({ [plural]: items }),
  schema: (item, plural) => objectOf({ [plural]: arrayOf(item) }),
})

/** The plural and `total`, of a list that one page holds. */
export const totalled = pageStyle({
  ...most,
  encode: (items, _page, _asked, plural) => ({ [plural]: items, total: items.length }),
  schema: (item, plural) => objectOf({ [plural]: arrayOf(item), total: INTEGER }),
})

/** The plural alone, of which `limit` says how many. @param usual how many where it does not @param longest at most */
export const bounded = (usual: number, longest: number) =>
  pageStyle({
    query: z.object({ limit: limit(longest).default(usual) }),
    toInput: (asked) => asked,
    encode: (items, _page, _asked, plural) => ({ [plural]: items }),
    schema: (item, plural) => objectOf({ [plural]: arrayOf(item) }),
  })

/** A list and nothing around it. */
export const bare = pageStyle({ ...most, encode: (items) => items, schema: arrayOf })

const dialect: Dialect = {
  memberName,
  id,
  time: (milliseconds) => new Date(milliseconds).toISOString().replace(/\.\d+/, ''),
  enumValue: { encode: (word) => word, decode: (word) => word },
  absent: 'omitted',
  envelope: (view) => view,
  accepts: 'named',
  rejectsUnknown: () => false,
  errorPath: (place, name) => name || place,
}

export const { representation, ok, created, json, noContent, computed } = repliesIn(dialect)
export const list = listsIn(page)
export const time = dialect.time
export const decodeId = dialect.id.decode

/** An id of whatever noun an event says it is of; what is no noun’s stays. */
export const encodeId = (noun: string, id: string) => idOfNoun(dialect.id.encode, noun, id)

/** The id of a role that belongs to an organization. */
export const organizationRoleId: Codec = {
  schema: z.string(),
  encode: (id: string) => renderId('role', id).replace(/^[a-z]+_/, OF_ORGANIZATION),
}

/** An id of any noun, by its prefix. */
export const anyId: Codec = {
  schema: z.string().max(80),
  decode: (sent) => {
    const [noun] = Object.entries(READ).find(([, prefix]) => String(sent).startsWith(`${prefix}_`)) ?? []
    return noun && typeof sent === 'string' ? dialect.id.decode(noun as Noun, sent) : sent
  },
}

/** What every row is about: the tenant of the key and the realm that it came with. */
export const row = rowsIn(dialect)({ scope: async (_request, places) => places.home(undefined) })

/** A free object that is written as JSON in a text, and read as either. */
export const metadata = jsonText(z.string().meta(jsonOf(16_384)))

/** Scopes as one text with spaces (RFC 6749 §3.3); requests may also send a list. */
export const scopeText: Codec = {
  schema: z.string().max(10_000),
  encode: (scopes: readonly string[]) => scopes.join(' '),
  decode: (sent) => (typeof sent === 'string' ? sent.split(' ').filter(Boolean) : sent),
}

/** The member of a reply that names the event of what was done. */
export function eventId(id: string | null): { audit_event_id?: string } {
  return id === null ? {} : { audit_event_id: encodeId('event', id) }
}

/** 200 with a sentence. */
export const message = (text: string) => json(z.object({ message: z.string() }), () => ({ message: text }))
