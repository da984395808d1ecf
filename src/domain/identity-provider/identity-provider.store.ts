// Reads and writes the identity providers of realms.
import type { Kysely, Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { Schema } from '#database/schema.ts'
import type { IdentityProviderTable } from '#database/tables/people.ts'
import { nameKey } from '#kernel/identity-text.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { DomainOwner } from '../email-domain/email-domain.store.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import {
  type IdentityProvider,
  IdentityProviderFields,
  type IdentityProviderQuery,
  LATER_SETTINGS,
  type Protocol,
} from './identity-provider.ts'

const providers = versionedRows('identity_provider', IdentityProviderFields, ({ name, protocol }) => ({
  kind: protocol.type,
  name_key: nameKey(name),
  config: JSON.stringify(protocol.settings),
}))

export type IdentityProviderStore = ReturnType<typeof identityProviderStore>

/** The identity providers of one tenant's realms. */
export function identityProviderStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = (realmId: string) => providersNotDeleted(kysely, { tenantId, realmId })
  return {
    ...signInProviders(connection, tenantId),

    insert(provider: IdentityProvider): Promise<void> {
      return providers.insert(kysely, provider)
    },

    /** One page of a realm's providers, oldest first; search results are in the order of the names. */
    async list(realmId: string, query: IdentityProviderQuery): Promise<Page<IdentityProvider>> {
      return mapPage(await listProviders(connection, { tenantId, realmId }, query), toProvider)
    },

    async find(realmId: string, id: string): Promise<IdentityProvider | undefined> {
      const row = await notDeleted(realmId).where('id', '=', id).executeTakeFirst()
      return row && toProvider(row)
    },

    /** Whether an enabled provider has domains for which somebody vouches, or that may be verified. */
    async haveDomains(realmId: string): Promise<boolean> {
      const row = await notDeleted(realmId)
        .where('enabled', '=', 1)
        .where('domains', '<>', '[]')
        .where(({ or, eb, exists, selectFrom }) =>
          or([
            eb('trust_domains', '=', 1),
            exists(
              selectFrom('email_domain')
                .select('email_domain.id')
                .where('email_domain.realm_id', '=', realmId)
                .where('email_domain.tenant_id', '=', tenantId)
                .where('email_domain.verified_at', 'is not', null),
            ),
          ]),
        )
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** The providers of an organization that is deleted, in all realms. */
    async ofOrganization(organizationId: string): Promise<IdentityProvider[]> {
      const rows = await kysely
        .selectFrom('identity_provider')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('organization_id', '=', organizationId)
        .where('deleted_at', 'is', null)
        .orderBy('id')
        .execute()
      return rows.map(toProvider)
    },

    /** Finds a provider and locks it until the write ends. */
    async lock(realmId: string, id: string): Promise<IdentityProvider | undefined> {
      const row = await notDeleted(realmId).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toProvider(row)
    },

    /** Updates a provider if it still has the version that was read. */
    update(provider: IdentityProvider): Promise<UpdateOutcome> {
      return providers.update(kysely, { tenant_id: tenantId }, provider)
    },

    /** Deletes a provider and its secret. @returns whether the provider existed */
    delete(realmId: string, id: string, now: number): Promise<boolean> {
      const place = { tenant_id: tenantId, realm_id: realmId }
      return providers.delete(kysely, place, id, now, { enabled: 0, client_secret: null })
    },
  }
}

function signInProviders({ kysely }: Connection, tenantId: string) {
  const notDeleted = (realmId: string) => providersNotDeleted(kysely, { tenantId, realmId })
  return {
    /** The oldest enabled providers that have a button, of the realm itself and of an organization. */
    async listShown(realmId: string, limit: number, organizationId?: string): Promise<IdentityProvider[]> {
      const all = notDeleted(realmId)
      const shown =
        organizationId === undefined
          ? all.where('organization_id', 'is', null)
          : all.where(({ or, eb }) =>
              or([eb('organization_id', 'is', null), eb('organization_id', '=', organizationId)]),
            )
      // A quotation mark inside of a setting has a backslash before it, so that no text of a setting is taken for this.
      const rows = await shown
        .where('enabled', '=', 1)
        .where('kind', '<>', 'ldap')
        .where('config', 'not like', '%"button":false%')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toProvider)
    },

    /** A provider whose mapping gives a group or role; undefined if none does. */
    async naming(targetId: string): Promise<IdentityProvider | undefined> {
      const row = await providers
        .living(kysely, { tenant_id: tenantId })
        .where('group_mapping', 'like', `%"${targetId}"%`)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      return row && toProvider(row)
    },

    /** The oldest enabled directories without domains. */
    async listDirectories(realmId: string, limit: number): Promise<IdentityProvider[]> {
      const matches = notDeleted(realmId)
        .where('kind', '=', 'ldap')
        .where('enabled', '=', 1)
        .where('domains', '=', '[]')
        .where('organization_id', 'is', null)
      return (await matches.orderBy('id').limit(limit).execute()).map(toProvider)
    },

    /**
     * The oldest enabled provider of which one of the domains is this one, and that may speak for it: of the owner who has
     * verified it, or, where nobody has, one for whose domains somebody vouches.
     */
    async findByDomain(
      realmId: string,
      domain: string,
      owner: DomainOwner | undefined,
    ): Promise<IdentityProvider | undefined> {
      // A host name has no sign that means something in a pattern but the underscore, which is none of a host name.
      const all = notDeleted(realmId).where('enabled', '=', 1).where('domains', 'like', `%"${domain}"%`)
      const able =
        owner === undefined
          ? all.where('trust_domains', '=', 1)
          : owner.organizationId === null
            ? all.where('organization_id', 'is', null)
            : all.where('organization_id', '=', owner.organizationId)
      const row = await able.orderBy('id').executeTakeFirst()
      return row && toProvider(row)
    },
  }
}

type Place = Pick<IdentityProvider, 'tenantId' | 'realmId'>

function providersNotDeleted(kysely: Kysely<Schema>, { tenantId, realmId }: Place) {
  return providers.living(kysely, { tenant_id: tenantId, realm_id: realmId })
}

function listProviders(
  connection: Connection,
  place: Place,
  { providerType, enabled, search, ...query }: IdentityProviderQuery,
): Promise<Page<Selectable<IdentityProviderTable>>> {
  const { kysely } = connection
  let matches = providersNotDeleted(kysely, place)
  if (providerType !== undefined) matches = matches.where('kind', '=', providerType)
  if (enabled !== undefined) matches = matches.where('enabled', '=', enabled ? 1 : 0)
  if (search !== undefined) {
    const from = nameKey(search)
    matches = matches.where('name_key', '>=', from).where('name_key', '<', `${from}\u{10ffff}`)
  }
  const name = { column: 'name_key', valueAt: (id: string) => nameKeyOf(kysely, place, id) }
  const { order = search === undefined ? undefined : 'name' } = query
  return readListPage(connection, matches, { ...query, order }, { orders: { name } })
}

/** Also finds a provider that was deleted in the meantime. */
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

/** A provider from its row. */
export function toProvider(row: Selectable<IdentityProviderTable>): IdentityProvider {
  const type = row.kind as Protocol['type']
  const protocol = { type, settings: { ...LATER_SETTINGS[type], ...JSON.parse(row.config) } } as Protocol
  return { ...IdentityProviderFields.fromRow(row), protocol }
}
