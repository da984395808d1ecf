import * as z from 'zod'

/** A moment in an input: RFC 3339 in, milliseconds since 1970 out. */
const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** The members of a filter that keep a list to a span of time. */
export const period = {
  since: moment.optional().describe('Only what happened at or after this moment (RFC 3339).'),
  until: moment.optional().describe('Only what happened before this moment (RFC 3339).'),
}
