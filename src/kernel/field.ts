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
