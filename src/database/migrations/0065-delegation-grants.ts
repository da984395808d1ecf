// Makes the tables of delegation grants and of the tokens that were issued by them.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const grants = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  from_user_id: 'text?',
  from_client_id: 'text?',
  to_client_id: 'text',
  hops: 'integer',
  scopes: 'text?',
  resources: 'text?',
  token_budget: 'integer?',
  tokens_issued: 'integer',
  created_at: 'integer',
  expires_at: 'integer?',
  revoked_at: 'integer?',
} as const

const tokens = {
  id: 'bytes',
  tenant_id: 'text',
  grant_id: 'text?',
  hops_left: 'integer',
  resources: 'text?',
  expires_at: 'integer',
} as const

/** Nobody may act by a grant so far. */
export function delegationGrants(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('delegation_grant', grants, { references: { realm_id: 'realm' } })
      await definer.index('delegation_grant', ['realm_id', 'id'])
      await definer.index('delegation_grant', ['to_client_id', 'id'])
      await definer.index('delegation_grant', ['from_user_id', 'id'], { where: ['from_user_id', 'is not', null] })
      await definer.index('delegation_grant', ['from_client_id', 'id'], { where: ['from_client_id', 'is not', null] })
      await definer.table('delegated_token', tokens, { clustered: true })
      await definer.index('delegated_token', ['grant_id'], { where: ['grant_id', 'is not', null] })
      await definer.index('delegated_token', ['expires_at'])
    },
  }
}
