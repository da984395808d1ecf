// Adds the language of a realm.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Every realm so far speaks English. */
export function languages(dialect: SqlDialect): Migration {
  return {
    up: (kysely: Kysely<never>) => new Definer(kysely, dialect).filledColumns('realm', { default_language: 'en' }),
  }
}
