// Adds the authorization details of RFC 9396: which types resources declare and clients use, and what people granted.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The types of resources and clients, and the details of consents, families and device authorizations. */
export function authorizationDetails(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.filledColumns('resource', { authorization_details_types: '[]' })
      await definer.filledColumns('client', { authorization_details_types: '[]' })
      await definer.filledColumns('consent_grant', { details: '[]' })
      await definer.columns('token_family', { details: 'text?' })
      await definer.columns('device_authorization', { details: 'text?' })
    },
  }
}
