// Adds since when the custom domain of a realm does not lead to it any more.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The time of the first verification that failed; empty where the last one did not. */
export function customDomains(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).columns('realm', { domain_failing_since: 'integer?' })
    },
  }
}
