// Makes the table of identity providers.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, VERSIONED } from './tables.ts'

/** Where people of a realm may sign in instead. What only one kind of provider has is in `config`; its secret never is. */
export function identityProviders(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const provider = {
        id: 'text',
        tenant_id: 'text',
        realm_id: 'text',
        kind: 'text',
        name: 'text',
        name_key: 'text',
        enabled: 'integer',
        config: 'text',
        client_secret: 'text?',
        attribute_mapping: 'text',
        jit_provisioning: 'integer',
        domains: 'text',
        ...VERSIONED,
      } as const
      await definer.table('identity_provider', provider, { references: { realm_id: 'realm' } })
      await definer.index('identity_provider', ['realm_id', 'id'])
      await definer.index('identity_provider', ['realm_id', 'name_key', 'id'])
      await definer.index('identity_provider', ['tenant_id', 'id'])
    },
  }
}
