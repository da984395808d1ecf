// Makes the tables of trusted issuers and of whom their subjects are.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE, UNIQUE_UNDELETED, VERSIONED } from './tables.ts'

const issuers = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  name: 'text',
  issuer: 'text',
  jwks_uri: 'text?',
  jwks: 'text?',
  audience: 'text?',
  accepts: 'text',
  subject_source: 'text',
  max_lifetime: 'integer',
  policies: 'text',
  enabled: 'integer',
  ...VERSIONED,
} as const

const mappings = {
  id: 'text',
  tenant_id: 'text',
  realm_id: 'text',
  trusted_issuer_id: 'text',
  subject: 'text',
  user_id: 'text',
  created_at: 'integer',
} as const

/** Nobody is trusted so far. */
export function trustedIssuers(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.table('trusted_issuer', issuers, { references: { realm_id: 'realm' } })
      await definer.index('trusted_issuer', ['realm_id', 'issuer'], UNIQUE_UNDELETED)
      await definer.table('subject_mapping', mappings, {
        references: { realm_id: 'realm', trusted_issuer_id: 'trusted_issuer' },
      })
      await definer.index('subject_mapping', ['trusted_issuer_id', 'subject'], UNIQUE)
      await definer.index('subject_mapping', ['realm_id', 'id'])
      await definer.index('subject_mapping', ['user_id'])
    },
  }
}
