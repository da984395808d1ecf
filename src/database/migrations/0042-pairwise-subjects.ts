// Adds what a client chooses for the identifiers of people.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The subject type of a client, and the document that lists the redirect URIs of its sector. */
export function pairwiseSubjects(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { sector_identifier_uri: 'text?' })
      await definer.filledColumns('client', { subject_type: 'public' })
    },
  }
}
