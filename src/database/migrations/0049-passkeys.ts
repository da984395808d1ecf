// Adds what passkeys have and other authenticators do not.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

/** No authenticator so far is a passkey. Where there is no credential, the columns are null and nothing is unique. */
export function passkeys(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('authenticator', { credential_key: 'text?', credential: 'text?' })
      await definer.index('authenticator', ['tenant_id', 'credential_key'], UNIQUE)
    },
  }
}
