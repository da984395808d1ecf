// Adds how the request objects of a client are signed and encrypted.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No client so far has a rule of its own. */
export function requestObjects(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', {
        request_object_signing_alg: 'text?',
        request_object_encryption_alg: 'text?',
        request_object_encryption_enc: 'text?',
      })
      await definer.filledColumns('client', { require_signed_request_object: 0 })
    },
  }
}
