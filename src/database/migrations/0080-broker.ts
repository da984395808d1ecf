// Makes the tables of brokered tokens, and adds to resources how they give access to them.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE_UNDELETED, VERSIONED } from './tables.ts'

const providers = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  slug: 'text',
  name: 'text',
  protocol: 'text',
  template: 'text?',
  client_id: 'text?',
  client_secret: 'text?',
  client_secret_ref: 'text?',
  authorize_url: 'text?',
  token_url: 'text?',
  revoke_url: 'text?',
  accounts_url: 'text?',
  api_url: 'text?',
  scopes: 'text',
  token_endpoint_auth_method: 'text',
  response_format: 'text',
  extra_auth_params: 'text',
  header_name: 'text',
  header_prefix: 'text',
  issuance_instructions_url: 'text?',
  sa_email: 'text?',
  sa_algorithm: 'text',
  token_ttl_seconds: 'integer',
  icon_url: 'text?',
  active: 'integer',
  ...VERSIONED,
} as const

const connections = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  provider_id: 'text',
  user_id: 'text',
  credential: 'text?',
  scopes: 'text',
  metadata: 'text?',
  expires_at: 'integer?',
  needs_reauth: 'integer',
  refreshed_at: 'integer?',
  leased_until: 'integer?',
  version: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
  revoked_at: 'integer?',
} as const

const issuances = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  client_id: 'text',
  user_id: 'text?',
  connection_id: 'text?',
  provider_id: 'text',
  parent_id: 'text?',
  grant_type: 'text',
  audience: 'text',
  scopes: 'text',
  issued_at: 'integer',
  expires_at: 'integer?',
} as const

/** No provider is there so far, and no resource has one. */
export function broker(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('broker_provider', providers, { references: { realm_id: 'realm' } })
      await definer.index('broker_provider', ['realm_id', 'slug'], UNIQUE_UNDELETED)
      await definer.index('broker_provider', ['tenant_id', 'slug'])
      await definer.table('connection', connections, {
        references: { realm_id: 'realm', provider_id: 'broker_provider' },
      })
      await definer.index('connection', ['user_id', 'provider_id'], { unique: true, where: ['revoked_at', 'is', null] })
      await definer.index('connection', ['realm_id', 'id'])
      await definer.index('connection', ['user_id', 'id'])
      await definer.index('connection', ['provider_id', 'id'])
      await definer.table('broker_issuance', issuances)
      await definer.index('broker_issuance', ['realm_id', 'id'])
      await definer.index('broker_issuance', ['client_id', 'id'])
      await definer.index('broker_issuance', ['user_id', 'id'])
      await definer.index('broker_issuance', ['audience', 'id'])
      await definer.index('broker_issuance', ['connection_id', 'client_id'])
      await definer.filledColumns('resource', {
        return_urls: '[]',
        proxy_rules: '[]',
      })
      await definer.columns('resource', { broker_provider_id: 'text?', vending: 'text?', proxy_url: 'text?' })
      await definer.index('resource', ['broker_provider_id'], { where: ['broker_provider_id', 'is not', null] })
    },
  }
}
