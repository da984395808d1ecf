/** Owns the time filter of lists. */
import * as z from 'zod'

/** A time in an input: accepts RFC 3339, returns milliseconds since 1970. */
const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** The members of a list filter that select a period of time. */
export const period = {
  since: moment.optional().describe('Only items at or after this time (RFC 3339).'),
  until: moment.optional().describe('Only items before this time (RFC 3339).'),
}
