/** Owns the time filter of lists. */
import { timeIn } from './field.ts'

/** The members of a list filter that select a period of time. */
export const period = {
  since: timeIn.optional().describe('Only items at or after this time (RFC 3339).'),
  until: timeIn.optional().describe('Only items before this time (RFC 3339).'),
}
