/** Owns the check of a value against its schema. */
import type * as z from 'zod'
import { Failure, type Flaw } from './error.ts'

/** A message may repeat names that the caller made up. In characters. */
const MESSAGE_MAX = 10_000

/**
 * Checks a value against a schema.
 * @returns the output of the schema
 * @throws Failure `invalid_input` with the path and the message of each error, without the value
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const flaws: Flaw[] = result.error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.join('.'), message: issue.message.slice(0, MESSAGE_MAX) }))
  const [first] = flaws
  throw new Failure('invalid_input', {
    message: first ? `${first.path || 'body'}: ${first.message}` : 'The request does not match its schema.',
    flaws,
  })
}
