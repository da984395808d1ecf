// Makes the tables of flows and of their runs, and adds which flow is due at a user's next sign-in.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const flow = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  name: 'text',
  trigger: 'text',
  mode: 'text',
  priority: 'integer',
  conditions: 'text',
  steps: 'text',
  secret: 'text',
  headers: 'text?',
  targets: 'text',
  version: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
  deleted_at: 'integer?',
} as const

const run = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  flow_id: 'text',
  flow_version: 'integer',
  user_id: 'text?',
  trigger: 'text',
  mode: 'text',
  outcome: 'text',
  step: 'text?',
  reason: 'text?',
  actual: 'text',
  agrees: 'integer',
  aal: 'integer?',
  metadata: 'text',
  timeline: 'text',
  started_at: 'integer',
  finished_at: 'integer?',
} as const

/** No realm has a flow so far, and nothing is due for anybody. */
export function flows(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('flow', flow, { references: { realm_id: 'realm' } })
      await definer.index('flow', ['realm_id', 'id'])
      await definer.index('flow', ['tenant_id'])
      await definer.table('flow_run', run)
      await definer.index('flow_run', ['flow_id', 'id'])
      await definer.index('flow_run', ['user_id', 'id'])
      await definer.index('flow_run', ['started_at'])
      await definer.columns('user', { due_trigger: 'text?' })
    },
  }
}
