import type { Kysely, Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'
import type { IdentityProviderTable } from '#database/tables/people.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { outcomeOf } from '../update.store.ts'
import type { UpdateOutcome } from '../update.ts'
import type { IdentityProvider, IdentityProviderQuery, IdentityProviderSurvey, Protocol } from './identity-provider.ts'
import { surveyProviders } from './identity-provider-survey.store.ts'

export type IdentityProviderStore = ReturnType<typeof identityProviderStore>

/** The identity providers of one tenant's realms. */
export function identityProviderStore({ kysely }: Connection, tenantId: string) {
  const living = (realmId: string) => livingProviders(kysely, { tenantId, realmId })
  return {
    async insert(provider: IdentityProvider): Promise<void> {
      await kysely.insertInto('identity_provider').values(toRow(provider)).execute()
    },

    /** One page of a realm's providers, oldest first; what a search finds is in the order of the names. */
    async list(realmId: string, query: IdentityProviderQuery): Promise<Page<IdentityProvider>> {
      const page = await listProviders(kysely, { tenantId, realmId }, query)
      return { ...page, data: page.data.map(toProvider) }
    },

    /** One numbered page of every tenant’s within reach, each with what its realm is called in URLs. */
    async survey(reach: Reach, query: IdentityProviderSurvey) {
      const { data, total } = await surveyProviders(kysely, reach, query)
      return { data: data.map((row) => ({ provider: toProvider(row), issuerId: row.issuer_id })), total }
    },

    async find(realmId: string, id: string): Promise<IdentityProvider | undefined> {
      const row = await living(realmId).where('id', '=', id).executeTakeFirst()
      return row && toProvider(row)
    },

    /** A provider that nobody else changes until the write is done. */
    async hold(realmId: string, id: string): Promise<IdentityProvider | undefined> {
      const row = await living(realmId).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toProvider(row)
    },

    /** Writes a provider back under the version it had. */
    update(provider: IdentityProvider): Promise<UpdateOutcome> {
      return outcomeOf(
        kysely
          .updateTable('identity_provider')
          .set(toRow(provider))
          .where('tenant_id', '=', tenantId)
          .where('id', '=', provider.id)
          .where('version', '=', provider.version - 1)
          .where('deleted_at', 'is', null)
          .executeTakeFirst(),
      )
    },

    /** Deletes a provider; its secret is not kept. @returns whether it was there */
    async delete(realmId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('identity_provider')
        .set({ enabled: 0, client_secret: null, deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

type Place = Pick<IdentityProvider, 'tenantId' | 'realmId'>

function livingProviders(kysely: Kysely<Schema>, { tenantId, realmId }: Place) {
  return kysely
    .selectFrom('identity_provider')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('realm_id', '=', realmId)
    .where('deleted_at', 'is', null)
}

async function listProviders(
  kysely: Kysely<Schema>,
  place: Place,
  { providerType, enabled, search, limit, cursor }: IdentityProviderQuery,
): Promise<Page<Selectable<IdentityProviderTable>>> {
  const after = cursor && decodeCursor(cursor)
  let providers = livingProviders(kysely, place).limit(limit + 1)
  if (providerType !== undefined) providers = providers.where('kind', '=', providerType)
  if (enabled !== undefined) providers = providers.where('enabled', '=', enabled ? 1 : 0)
  if (search === undefined) {
    providers = providers.orderBy('id')
    if (after) providers = providers.where('id', '>', after)
  } else {
    const from = foldCase(search)
    providers = providers.where('name_key', '>=', from).where('name_key', '<', `${from}\u{10ffff}`)
    if (after) {
      // Several may have one name, so the id decides among them.
      const key = await nameKeyOf(kysely, place, after)
      const behind = providers.where('name_key', '>=', key)
      providers = behind.where((row) => row.or([row('name_key', '>', key), row('id', '>', after)]))
    }
    providers = providers.orderBy('name_key').orderBy('id')
  }
  return toPage(await providers.execute(), limit, (row) => row.id)
}

/** Of a provider that was deleted meanwhile too. */
async function nameKeyOf(kysely: Kysely<Schema>, { tenantId, realmId }: Place, id: string): Promise<string> {
  const row = await kysely
    .selectFrom('identity_provider')
    .select('name_key')
    .where('tenant_id', '=', tenantId)
    .where('realm_id', '=', realmId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.name_key ?? ''
}

function toRow(provider: IdentityProvider): Omit<Selectable<IdentityProviderTable>, 'deleted_at'> {
  return {
    id: provider.id,
    tenant_id: provider.tenantId,
    realm_id: provider.realmId,
    kind: provider.protocol.type,
    name: provider.name,
    name_key: foldCase(provider.name),
    enabled: provider.enabled ? 1 : 0,
    config: JSON.stringify(provider.protocol.settings),
    client_secret: provider.clientSecret,
    attribute_mapping: JSON.stringify(provider.attributeMapping),
    jit_provisioning: provider.jitProvisioning ? 1 : 0,
    domains: JSON.stringify(provider.domains),
    version: provider.version,
    created_at: provider.createdAt,
    updated_at: provider.updatedAt,
  }
}

function toProvider(row: Selectable<IdentityProviderTable>): IdentityProvider {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    name: row.name,
    enabled: row.enabled === 1,
    protocol: { type: row.kind, settings: JSON.parse(row.config) } as Protocol,
    clientSecret: row.client_secret,
    attributeMapping: JSON.parse(row.attribute_mapping),
    jitProvisioning: row.jit_provisioning === 1,
    domains: JSON.parse(row.domains),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
