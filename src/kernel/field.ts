// The field schemas that all nouns share.
import * as z from 'zod'
import { type Noun, parseId } from './id.ts'
import {
  flawOfAddress,
  flawOfLabel,
  flawOfName,
  flawOfUsername,
  normalAddress,
  normalUsername,
} from './identity-text.ts'

/**
 * Ids and times are marked by metadata (`noun`, `time`), so that each
 * surface writes them in its own format; the domain uses a UUID and milliseconds since 1970.
 */

/** An id of a noun in an input: accepts every form of the id, returns the UUID. */
export function idOf(noun: Noun) {
  return z
    .string()
    .max(80)
    .transform((text, issue) => {
      const id = parseId(noun, text)
      if (id !== undefined) return id
      issue.addIssue({
        code: 'custom',
        message: `not the id of ${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun.replaceAll('_', ' ')}`,
      })
      return z.NEVER
    })
    .meta({ noun })
}

/** An id of a noun in an output: a UUID. The surface converts it. */
export function idOut(noun: Noun) {
  return z.string().meta({ noun })
}

/** An id in an output, of the noun that another member of the same object names; what is no noun's id stays as it is. */
export function idOfKind(member: string) {
  return z.string().meta({ nounIn: member })
}

/** The name of a member in an output. The surface writes it as it writes the member. */
export const memberName = z.string().meta({ memberName: true })

/** A time in an output: milliseconds since 1970. The surface converts it. */
export const time = z.number().int().meta({ time: true })

/** A time in an input: accepts RFC 3339, returns milliseconds since 1970. */
export const timeIn = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** The least assurance level that a sign-in has (NIST SP 800-63B §2). */
export const assuranceLevel = z.number().int().min(1).max(3)

/** A display text of one line: trimmed, without control characters, bidirectional formatting and other invisible characters. */
export function label(longest = 200) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest, { abort: true })
    .refine((text) => !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text), {
      message: 'must not contain control characters or bidirectional formatting characters',
      abort: true,
    })
    .superRefine(issueOf(flawOfLabel))
}

/** The version that the object must have for the change to apply; the caller’s If-Match. */
export const ifVersion = z.number().int().optional()

// The syntax of RFC 5321 with the characters of RFC 6531, without quoted local parts, address literals and invisible characters.
const EMAIL =
  /^(?=[^@]{1,64}@)[^\s@"(),:;<>[\\\].\p{C}]+(\.[^\s@"(),:;<>[\\\].\p{C}]+)*@[\p{L}\p{N}]([\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?(\.[\p{L}\p{N}]([\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?)*$/u

/** An e-mail address. Upper and lower case are kept; characters of another width become plain ones. */
export const emailAddress = z
  .string()
  .overwrite(normalAddress)
  .max(254, { abort: true })
  .regex(EMAIL, { error: 'not an e-mail address', abort: true })
  .superRefine(issueOf(flawOfAddress))
  .meta({ format: 'email' })

/** A user name (RFC 8265). Upper and lower case are kept. */
export const username = label(254).overwrite(normalUsername).superRefine(issueOf(flawOfUsername))

/** A name that is unique where it is, so that nobody may write another one that looks the same (RFC 8266). */
export function comparedName(longest = 200) {
  return label(longest).superRefine(issueOf(flawOfName))
}

function issueOf(flawOf: (text: string) => string | undefined) {
  return (text: string, issue: z.RefinementCtx<string>) => {
    const message = flawOf(text)
    if (message !== undefined) issue.addIssue({ code: 'custom', message })
  }
}

/** Words that paths, hosts and pages use, or that people would take for the operator's. */
const RESERVED: ReadonlySet<string> = new Set(
  'admin administrator api assets auth login oauth realms root scim security static support system well-known www'.split(
    ' ',
  ),
)

/** A short name for URLs. `self` is reserved: callers use it for their own object. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/, '2 to 63 lower-case letters, digits and hyphens, no hyphen at either end')
  .refine((text) => text !== 'self', { message: 'self is a reserved word' })

/** The slug of a tenant, partner, project or organization: not a word of {@link RESERVED}. */
export const ownerSlug = slug.refine((text) => !RESERVED.has(text), { message: 'a reserved word' })

const JSON_DEPTH = 8

/**
 * A JSON object with any members. The server stores and returns it unchanged.
 * @param longest maximum length in characters of JSON
 */
export function freeObject(longest = 16_384) {
  return z
    .record(z.string(), z.unknown())
    .superRefine((value, issue) => {
      const flaw = isJson(value, JSON_DEPTH)
        ? JSON.stringify(value).length > longest && `longer than ${longest} characters of JSON`
        : `not JSON of at most ${JSON_DEPTH} levels`
      if (flaw) issue.addIssue({ code: 'custom', message: flaw })
    })
    .meta(jsonOf(longest))
}

/** The mark of a schema that takes any JSON: how many characters it may have. OpenAPI shows it. */
export function jsonOf(longest: number) {
  return { 'x-max-json-length': longest }
}

/** Whether a value is JSON of at most so many levels. */
export function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth === 0) return false
  return Object.values(value).every((member) => isJson(member, depth - 1))
}
