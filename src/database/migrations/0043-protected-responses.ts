// Adds how responses for a client are signed and encrypted.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The algorithms of userinfo, introspection, ID tokens and authorization responses. */
export function protectedResponses(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).columns('client', {
        id_token_encrypted_response_alg: 'text?',
        id_token_encrypted_response_enc: 'text?',
        userinfo_signed_response_alg: 'text?',
        userinfo_encrypted_response_alg: 'text?',
        userinfo_encrypted_response_enc: 'text?',
        introspection_signed_response_alg: 'text?',
        introspection_encrypted_response_alg: 'text?',
        introspection_encrypted_response_enc: 'text?',
        authorization_encrypted_response_alg: 'text?',
        authorization_encrypted_response_enc: 'text?',
      })
    },
  }
}
