// Adds when an agent expires, and the key that its tokens are bound to.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Agents from before have neither. */
export function agentKeys(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      await new Definer(kysely, dialect).columns('agent', { expires_at: 'integer?', dpop_jkt: 'text?' })
    },
  }
}
