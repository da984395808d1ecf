// Adds the level of the sign-ins of a tenant's administrators.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Every admin realm so far has the level 1. */
export function adminLevel(dialect: SqlDialect): Migration {
  return {
    up: (kysely: Kysely<never>) => new Definer(kysely, dialect).filledColumns('tenant', { admin_min_aal: 1 }),
  }
}
