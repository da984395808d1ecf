// Adds what makes a webhook a stream of Shared Signals: its realm, its client, and its state.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Webhooks from before are none. */
export function signalStreams(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('webhook', { realm_id: 'text?', client_id: 'text?', stream: 'text?' })
      await definer.index('webhook', ['client_id'], { where: ['client_id', 'is not', null] })
    },
  }
}
