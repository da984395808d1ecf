// Makes the tables of projects and their keys.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE, UNIQUE_UNDELETED } from './tables.ts'

/** Realms that are projects, with their keys, and where a realm’s clients may send people and be called from. */
export function projects(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('realm', { allowed_origins: 'text?', allowed_redirects: 'text?' })
      const project = {
        id: 'text',
        tenant_id: 'text',
        realm_id: 'text',
        slug: 'text',
        environment: 'text',
        settings: 'text',
        created_at: 'integer',
        deleted_at: 'integer?',
      } as const
      await definer.table('project', project, { references: { realm_id: 'realm' } })
      await definer.index('project', ['tenant_id', 'slug'], UNIQUE_UNDELETED)
      await definer.index('project', ['tenant_id', 'id'])
      await definer.index('project', ['realm_id'])
      const projectApiKey = {
        id: 'text',
        tenant_id: 'text',
        project_id: 'text',
        name: 'text',
        publishable_key: 'text',
        secret_hash: 'text',
        secret_prefix: 'text',
        secret_last4: 'text',
        created_at: 'integer',
        expires_at: 'integer?',
        last_used_at: 'integer?',
        revoked_at: 'integer?',
      } as const
      await definer.table('project_api_key', projectApiKey, { references: { project_id: 'project' } })
      await definer.index('project_api_key', ['project_id', 'id'])
      await definer.index('project_api_key', ['publishable_key'], UNIQUE)
      await definer.index('project_api_key', ['secret_hash'], UNIQUE)
    },
  }
}
