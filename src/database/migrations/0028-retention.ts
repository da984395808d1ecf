// Adds what a purge needs: the checkpoints of purged chains, and the index of sessions by their end.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { type Column, Definer } from './tables.ts'

const CHECKPOINT: Record<string, Column> = {
  tenant_id: 'text',
  seq: 'integer',
  hash: 'text',
  tokens_seq: 'integer',
  events: 'integer',
  cleared: 'integer',
  mac: 'text',
}

/** A checkpoint says where a chain begins after its older part was purged. */
export function retention(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('event_checkpoint', CHECKPOINT, { key: ['tenant_id'] })
      await definer.index('session', ['expires_at'])
    },
  }
}
