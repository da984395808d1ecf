// Lets processes on PostgreSQL write tokens without the lock of their tenant's chain.
import { type Kysely, type Migration, sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { type Column, Definer } from './tables.ts'

const UNPLACED: Record<string, Column> = {
  tenant_id: 'text',
  number: 'integer',
  count: 'integer',
  first: 'bytes',
  last: 'bytes',
  digest: 'bytes',
  mac: 'text',
}

/** Links that are there have their places from the start, so that they have no number. */
export function tokenWriters(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('token_link', { number: 'integer?' })
      await definer.index('token_link', ['tenant_id', 'number'], { where: ['number', 'is not', null] })
      await definer.table('unplaced_link', UNPLACED, { key: ['tenant_id', 'number'], clustered: true })
      if (dialect.name === 'sqlite') return
      // The numbers of a writer's tokens are 2^28 times its own number, and more; no place in a chain is so great.
      await sql`create sequence token_writer as bigint minvalue 8192 maxvalue 33554431`.execute(kysely)
    },
  }
}
