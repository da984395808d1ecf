// Removes the index of issuances by realm.
import type { Kysely, Migration } from 'kysely'

/**
 * What a realm issued is found by the index of its audiences, which has all of it: one index less that every token is
 * entered into, and where realms are many each on a page of its own.
 */
export function realmIssuances(): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await kysely.schema.dropIndex('issuance_realm_id_id').execute()
    },
  }
}
