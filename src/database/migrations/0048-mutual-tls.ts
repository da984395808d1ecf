// Adds how clients are known by their certificates.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

/** The name in the certificate of a tls_client_auth client, and whether the tokens of a client are bound to its certificate. */
export function mutualTls(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      await definer.columns('client', {
        tls_client_auth_subject_dn: 'text?',
        tls_client_auth_san_dns: 'text?',
        tls_client_auth_san_uri: 'text?',
        tls_client_auth_san_ip: 'text?',
        tls_client_auth_san_email: 'text?',
      })
      await definer.filledColumns('client', { tls_client_certificate_bound_access_tokens: 0 })
    },
  }
}
