// Finds the admin realms of all tenants.
import type { Connection } from '#database/database.ts'
import type { Id } from '#kernel/id.ts'
import type { Client } from '../client/client.ts'
import { DEFAULT_TENANT } from '../tenant/tenant.ts'

// These queries have no tenant: the server runs them when it starts, and they find where an administrator signs in.

/** The ids of an admin realm and of its tenant. */
export interface AdminRealm {
  readonly tenantId: string
  readonly realmId: string
}

/**
 * The admin realms of existing tenants that lack the client or one of its grants, or whose clients have another
 * audience than this server's admin API.
 * @param client its `client_id`, and the grants that it should have
 * @param audiences the audiences that every client should have
 */
export async function incompleteAdminRealms(
  { kysely }: Connection,
  client: Pick<Client, 'clientId' | 'grantTypes'>,
  audiences: readonly string[],
): Promise<AdminRealm[]> {
  const rows = await kysely
    .selectFrom('realm')
    .innerJoin('tenant', 'tenant.id', 'realm.tenant_id')
    .select(['realm.tenant_id', 'realm.id'])
    .where('realm.kind', '=', 'admin')
    .where('realm.deleted_at', 'is', null)
    .where('tenant.deleted_at', 'is', null)
    .where(({ or, not, exists, selectFrom }) => {
      const clients = selectFrom('client')
        .select('client.id')
        .whereRef('client.realm_id', '=', 'realm.id')
        .where('client.deleted_at', 'is', null)
      return or([
        not(
          exists(
            clients
              .where('client.client_id', '=', client.clientId)
              .where('client.grant_types', '=', JSON.stringify(client.grantTypes)),
          ),
        ),
        exists(clients.where('client.audiences', '!=', JSON.stringify(audiences))),
      ])
    })
    .orderBy('realm.id')
    .execute()
  return rows.map((row) => ({ tenantId: row.tenant_id, realmId: row.id }))
}

/**
 * The id of the admin realm of an active tenant. Anybody may ask, so a tenant is found by its id, which cannot be guessed.
 * @param tenantId the first tenant by default
 */
export async function adminRealmOfTenant({ kysely }: Connection, tenantId?: Id): Promise<Id | undefined> {
  const row = await kysely
    .selectFrom('tenant')
    .innerJoin('realm', 'realm.tenant_id', 'tenant.id')
    .select('realm.id')
    .where(({ eb }) =>
      tenantId === undefined ? eb('tenant.slug', '=', DEFAULT_TENANT) : eb('tenant.id', '=', tenantId),
    )
    .where('tenant.status', '=', 'active')
    .where('tenant.deleted_at', 'is', null)
    .where('realm.kind', '=', 'admin')
    .where('realm.deleted_at', 'is', null)
    .executeTakeFirst()
  return row?.id
}
