// Removes indexes that every token was entered into.
import type { Kysely, Migration } from 'kysely'

/**
 * Indexes that every token of a person was entered into, each on a page of its own: what they found is found among the
 * person's tokens, which have an index, and a family's refresh tokens are never asked for.
 */
export function fewerIndexes(): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      for (const index of ['issuance_session_id_id', 'issuance_family_id_id', 'refresh_token_family_id']) {
        await kysely.schema.dropIndex(index).execute()
      }
    },
  }
}
