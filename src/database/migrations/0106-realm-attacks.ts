// Makes the table of the realms that are under attack.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const attacks = { realm_id: 'text', tenant_id: 'text', since: 'integer', until: 'integer' } as const

/** No realm is under attack so far. */
export function realmAttacks(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const ofRealm = { key: ['realm_id'], references: { realm_id: 'realm' } }
      await new Definer(kysely, dialect).table('realm_attack', attacks, ofRealm)
    },
  }
}
