import type { Kysely, Selectable } from 'kysely'
import { numbered } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import type { IdentityProviderTable } from '#database/tables/people.ts'
import { foldCase } from '#kernel/fold-case.ts'
import type { NumberedPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { tenantsWithin } from '../tenant/reached.store.ts'
import type { IdentityProviderSurvey } from './identity-provider.ts'

/** A provider as a list across tenants reads it: with what its realm is called in URLs. */
export type SurveyedProvider = Selectable<IdentityProviderTable> & { readonly issuer_id: string }

/** One numbered page of the providers within reach, oldest first. */
export async function surveyProviders(
  kysely: Kysely<Schema>,
  reach: Reach,
  { tenantId, partnerId, providerType, enabled, search, ...page }: IdentityProviderSurvey,
): Promise<NumberedPage<SurveyedProvider>> {
  let query = kysely
    .selectFrom('identity_provider')
    .innerJoin('realm', 'realm.id', 'identity_provider.realm_id')
    .selectAll('identity_provider')
    .select('realm.issuer_id')
    .where('identity_provider.tenant_id', 'in', tenantsWithin(kysely, reach, { tenantId, partnerId }))
    .where('identity_provider.deleted_at', 'is', null)
    .where('realm.deleted_at', 'is', null)
    .orderBy('identity_provider.id')
  if (providerType !== undefined) query = query.where('identity_provider.kind', '=', providerType)
  if (enabled !== undefined) query = query.where('identity_provider.enabled', '=', enabled ? 1 : 0)
  if (search !== undefined) {
    const from = foldCase(search)
    query = query
      .where('identity_provider.name_key', '>=', from)
      .where('identity_provider.name_key', '<', `${from}\u{10ffff}`)
  }
  return numbered(query, page)
}
