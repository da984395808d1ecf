import type { UpdateResult } from 'kysely'
import { isUniqueViolation } from '#database/errors.ts'
import type { UpdateOutcome } from './update.ts'

/** What became of an update of one row under its version. The write it happened in cannot go on where a key is taken. */
export async function outcomeOf(update: Promise<UpdateResult>): Promise<UpdateOutcome> {
  try {
    const { numUpdatedRows } = await update
    return numUpdatedRows === 1n ? 'updated' : 'stale'
  } catch (error) {
    if (isUniqueViolation(error)) return 'taken'
    throw error
  }
}
