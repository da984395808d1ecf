// The result of a versioned update of a row.
import type { UpdateResult } from 'kysely'
import { isUniqueViolation } from '#database/errors.ts'
import type { UpdateOutcome } from './update.ts'

/** The result of an update of one row with its version. If a unique key is in use, the transaction must end. */
export async function outcomeOf(update: Promise<UpdateResult>): Promise<UpdateOutcome> {
  try {
    const { numUpdatedRows } = await update
    return numUpdatedRows === 1n ? 'updated' : 'stale'
  } catch (error) {
    if (isUniqueViolation(error)) return 'taken'
    throw error
  }
}
