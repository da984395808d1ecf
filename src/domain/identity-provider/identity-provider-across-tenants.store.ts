// The list of the identity providers of several tenants.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { IdentityProviderTable } from '#database/tables/people.ts'
import { nameKey } from '#kernel/identity-text.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { tenantsWithin } from '../tenant/tenants-within.store.ts'
import { toProvider } from './identity-provider.store.ts'
import type { IdentityProvider, IdentityProviderQuery } from './identity-provider.ts'

export type IdentityProvidersAcrossTenants = ReturnType<typeof identityProvidersAcrossTenants>

/** A provider with the name of its realm in URLs. */
export interface ProviderOfRealm {
  readonly provider: IdentityProvider
  readonly issuerId: string
}

type Row = Selectable<IdentityProviderTable> & { readonly issuer_id: string }

/** The identity providers of all realms, limited to a reach. */
export function identityProvidersAcrossTenants(connection: Connection) {
  const { kysely } = connection
  return {
    /** One page, oldest first. */
    async list(
      reach: Reach,
      { tenantId, partnerId, providerType, enabled, search, ...query }: IdentityProviderQuery,
    ): Promise<Page<ProviderOfRealm>> {
      let providers = kysely
        .selectFrom('identity_provider')
        .innerJoin('realm', 'realm.id', 'identity_provider.realm_id')
        .selectAll('identity_provider')
        .select('realm.issuer_id')
        .where('identity_provider.tenant_id', 'in', tenantsWithin(kysely, reach, { tenantId, partnerId }))
        .where('identity_provider.deleted_at', 'is', null)
        .where('realm.deleted_at', 'is', null)
      if (providerType !== undefined) providers = providers.where('identity_provider.kind', '=', providerType)
      if (enabled !== undefined) providers = providers.where('identity_provider.enabled', '=', enabled ? 1 : 0)
      if (search !== undefined) {
        const from = nameKey(search)
        providers = providers
          .where('identity_provider.name_key', '>=', from)
          .where('identity_provider.name_key', '<', `${from}\u{10ffff}`)
      }
      const id = { column: 'identity_provider.id', of: (row: Row) => row.id }
      const page = await readListPage<Row>(connection, providers, query, { id })
      return mapPage(page, (row) => ({ provider: toProvider(row), issuerId: row.issuer_id }))
    },
  }
}
