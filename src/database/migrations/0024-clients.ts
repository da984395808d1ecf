// Adds what clients and resources choose for their tokens, and when the keys of a realm are rotated.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Algorithms, PKCE, claims and introspection by client, algorithms by resource, and the period of rotations by realm. */
export function clientChoices(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { id_token_signed_response_alg: 'text?' })
      await definer.filledColumns('client', { id_token_profile_claims: 0, pkce_required: 1, introspect_all_tokens: 0 })
      await definer.columns('resource', { signing_algorithm: 'text?' })
      await definer.columns('realm', { key_rotation_days: 'integer?' })
      await definer.columns('token_family', { claims: 'text?' })
    },
  }
}
