// Makes the table of verified e-mail domains, and adds who owns an identity provider.
import type { Kysely, Migration } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer, UNIQUE } from './tables.ts'

/**
 * The domains of identity providers work only where they are verified, or an administrator says so. For the providers that
 * are there the one who entered the domains said so.
 */
export function emailDomains(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const domain = {
        id: 'text',
        tenant_id: 'text',
        realm_id: 'text',
        organization_id: 'text?',
        domain: 'text',
        token: 'text',
        verified_at: 'integer?',
        missing_since: 'integer?',
        next_check_at: 'integer?',
        created_at: 'integer',
      } as const
      await definer.table('email_domain', domain, {
        references: { realm_id: 'realm', organization_id: 'organization' },
      })
      await definer.index('email_domain', ['realm_id', 'domain'], {
        ...UNIQUE,
        where: ['verified_at', 'is not', null],
      })
      await definer.index('email_domain', ['domain', 'realm_id'], {
        ...UNIQUE,
        where: ['organization_id', 'is', null],
      })
      await definer.index('email_domain', ['organization_id', 'realm_id', 'domain'], {
        ...UNIQUE,
        where: ['organization_id', 'is not', null],
      })
      await definer.index('email_domain', ['realm_id', 'id'])
      await definer.index('email_domain', ['next_check_at'], { where: ['next_check_at', 'is not', null] })
      await definer.filledColumns('identity_provider', { trust_domains: 1, member_role: 'member' })
      await definer.columns('identity_provider', { organization_id: 'text?' })
      await definer.index('identity_provider', ['organization_id'], { where: ['organization_id', 'is not', null] })
    },
  }
}
