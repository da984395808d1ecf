// Adds the index that finds the agents of their owner.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Whoever suspends or deletes a user stops the agents that the user owns. */
export function agentOwners(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).index('agent', ['owner_id'], { where: ['owner_id', 'is not', null] })
    },
  }
}
