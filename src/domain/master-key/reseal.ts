// What a change of the master key does, and what is told of it.
import * as z from 'zod'

/** A request to encrypt anew. */
export const ResealRequest = z.strictObject({
  dryRun: z.boolean().default(false).describe('Only count what is encrypted with the old master key.'),
  timeoutSeconds: z.number().int().min(1).max(600).default(60).describe('Stop after this time. Call again to go on.'),
})
export type ResealRequest = z.output<typeof ResealRequest>

/** What was encrypted anew, or would be. */
export const ResealResult = z.object({
  dryRun: z.boolean(),
  complete: z
    .boolean()
    .describe('Whether everything is encrypted with the master key. Then the old one is not needed any more.'),
  notices: z.array(z.string()).describe('Why it is not complete, in sentences.'),
  columns: z.array(
    z.object({
      column: z.string().describe('The table and the column.'),
      looked: z.number().int().describe('How many texts were looked at.'),
      resealed: z.number().int().describe('How many of them were encrypted with the old key.'),
      unreadable: z.number().int().describe('How many of them none of the keys can decrypt.'),
    }),
  ),
})
export type ResealResult = z.output<typeof ResealResult>
