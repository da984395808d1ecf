import * as z from 'zod'
import { type Noun, parseId } from './id.ts'

// The fields that look different on each wire. A surface knows them by their metadata: `noun` for an id, `time` for a
// moment; the domain sees a UUID and milliseconds.

/** An id of a noun: any of its forms in, a UUID out. */
export function idOf(noun: Noun) {
  return z
    .string()
    .max(80)
    .transform((text, issue) => {
      const id = parseId(noun, text)
      if (id !== undefined) return id
      issue.addIssue({ code: 'custom', message: `not the id of a ${noun.replace('_', ' ')}` })
      return z.NEVER
    })
    .meta({ noun })
}

/** An id of a noun in an output: a UUID, rendered by the surface. */
export function idOut(noun: Noun) {
  return z.string().meta({ noun })
}

/** A moment in an output: milliseconds since 1970, rendered by the surface. */
export const time = z.number().int().meta({ time: true })

/** A one-line text that people read: trimmed, without control or bidirectional formatting characters. */
export function label(longest = 200) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((text) => !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text), {
      message: 'may not contain control or bidirectional formatting characters',
    })
}

/** The version that a change is meant for; the caller’s If-Match. */
export const ifVersion = z.number().int().optional()

// The form of RFC 5321 with the letters of RFC 6531. No quoted local parts, no address literals, nothing invisible.
const EMAIL =
  /^[^\s@"(),:;<>[\\\]\p{C}]{1,64}@[\p{L}\p{N}]([\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?(\.[\p{L}\p{N}]([\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?)*$/u

/** An e-mail address, in the spelling that was given. */
export const emailAddress = z.string().trim().max(254).regex(EMAIL, 'not an e-mail address').meta({ format: 'email' })

/** A name in URLs. `self` is what a caller may call its own. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/, '2 to 63 lower-case letters, digits and hyphens, no hyphen at either end')
  .refine((text) => text !== 'self', { message: 'self is a reserved word' })

const JSON_DEPTH = 8

/**
 * A JSON object whose content is its owner’s business: it is given back as it came.
 * @param longest characters of JSON
 */
export function freeObject(longest = 16_384) {
  return z.record(z.string(), z.unknown()).superRefine((value, issue) => {
    const flaw = isJson(value, JSON_DEPTH)
      ? JSON.stringify(value).length > longest && `longer than ${longest} characters of JSON`
      : `not JSON of at most ${JSON_DEPTH} levels`
    if (flaw) issue.addIssue({ code: 'custom', message: flaw })
  })
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth === 0) return false
  return Object.values(value).every((member) => isJson(member, depth - 1))
}
