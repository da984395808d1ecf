// Makes the tables of the reverse proxy.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE_UNDELETED, VERSIONED } from './tables.ts'

const sites = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  application_id: 'text',
  public_url: 'text',
  upstream: 'text',
  audience: 'text?',
  signs_identity: 'integer',
  passes_token: 'integer',
  health_path: 'text?',
  timeout_seconds: 'integer',
  enabled: 'integer',
  ...VERSIONED,
} as const

const rules = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  application_id: 'text?',
  name: 'text',
  path: 'text',
  methods: 'text',
  require: 'text',
  scopes: 'text',
  tier: 'text?',
  machines_only: 'integer',
  priority: 'integer',
  mode: 'text',
  enabled: 'integer',
  ...VERSIONED,
} as const

/** Nothing is behind the proxy so far. */
export function proxy(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const references = { realm_id: 'realm', application_id: 'application' }
      await definer.table('proxy_site', sites, { references })
      await definer.index('proxy_site', ['public_url'], UNIQUE_UNDELETED)
      await definer.index('proxy_site', ['realm_id', 'created_at', 'id'])
      await definer.index('proxy_site', ['application_id'])
      await definer.table('proxy_rule', rules, { references })
      await definer.index('proxy_rule', ['realm_id', 'created_at', 'id'])
      await definer.index('proxy_rule', ['application_id'])
    },
  }
}
