// Adds what clients demand of sign-ins.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Clients demand what their realm does, until an administrator chooses otherwise. */
export function clientSignIn(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).columns('client', { sign_in_methods: 'text?', min_aal: 'integer?' })
    },
  }
}
