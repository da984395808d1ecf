// Adds what the browser of a user who signs out loads for a client.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** No client so far has such a URI. */
export function frontChannelLogout(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', { frontchannel_logout_uri: 'text?' })
      await definer.filledColumns('client', { frontchannel_logout_session_required: 0 })
    },
  }
}
