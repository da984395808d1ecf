// Adds which organization a sign-in is for.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** Clients do not use organizations, and no token is for one, until an administrator chooses otherwise. */
export function organizationSignIn(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('client', { organization_usage: 'none' })
      await definer.columns('token_family', { organization_id: 'text?' })
      await definer.columns('device_authorization', { organization: 'text?', organization_id: 'text?' })
      await definer.columns('backchannel_authentication', { organization_id: 'text?' })
      await definer.index('token_family', ['organization_id', 'user_id'], {
        where: ['organization_id', 'is not', null],
      })
    },
  }
}
