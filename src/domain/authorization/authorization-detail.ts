// Authorization details (RFC 9396 §2): what one is, how several are read, compared and narrowed.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { isJson } from '#kernel/field.ts'

/** How many details a request has, and how many characters and values all of them together. */
const DETAILS_MAX = 10
const LENGTH_MAX = 4096
const VALUES_MAX = 100
const DEPTH_MAX = 8

/** One authorization detail (RFC 9396 §2): a type, and what that type has besides. */
export interface AuthorizationDetail {
  readonly type: string
  readonly [member: string]: unknown
}

const Details = z.array(z.record(z.string(), z.unknown())).min(1).max(DETAILS_MAX)

/**
 * Reads the parameter `authorization_details` (RFC 9396 §2). The types are not checked here.
 * @throws Failure `invalid_authorization_details`
 */
export function readDetails(text: string): AuthorizationDetail[] {
  if (text.length > LENGTH_MAX) throw refusedDetails(`authorization_details is longer than ${LENGTH_MAX} characters.`)
  const { data } = Details.safeParse(jsonOf(text))
  if (!data) throw refusedDetails(`authorization_details must be a JSON array of 1 to ${DETAILS_MAX} objects.`)
  if (!isJson(data, DEPTH_MAX)) throw refusedDetails(`authorization_details has more than ${DEPTH_MAX} levels.`)
  if (valuesOf(data) > VALUES_MAX) throw refusedDetails(`authorization_details has more than ${VALUES_MAX} values.`)
  return data.map((detail) => {
    if (typeof detail.type === 'string' && detail.type !== '') return { ...detail, type: detail.type }
    throw refusedDetails('Each of the authorization_details needs a type.')
  })
}

/** The failure about authorization details (RFC 9396 §5). */
export function refusedDetails(message: string): Failure {
  return new Failure('invalid_authorization_details', message)
}

/** Whether two details are the same, whatever the order of their members. */
export function isSameDetail(one: AuthorizationDetail, other: AuthorizationDetail): boolean {
  return canonical(one) === canonical(other)
}

/** The members that name what is allowed: fewer of their values allow less (RFC 9396 §2.2). */
const NARROWING: ReadonlySet<string> = new Set(['locations', 'actions', 'datatypes', 'privileges'])

/**
 * Whether a detail allows no more than another one: the same members with the same values, or fewer values where a list
 * names what is allowed. A member that is left out could allow more, so that it is not less.
 */
export function isWithinDetail(asked: AuthorizationDetail, granted: AuthorizationDetail): boolean {
  const names = Object.keys(granted)
  if (Object.keys(asked).length !== names.length) return false
  return names.every((name) => {
    const [less, more] = [asked[name], granted[name]]
    if (canonical(less) === canonical(more)) return true
    if (!NARROWING.has(name) || !Array.isArray(less) || !Array.isArray(more) || less.length === 0) return false
    const allowed = new Set(more.map(canonical))
    return less.every((item) => allowed.has(canonical(item)))
  })
}

/** A value as text, the same for every order of members. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  )
}

function valuesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, member) => sum + valuesOf(member), 1)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
