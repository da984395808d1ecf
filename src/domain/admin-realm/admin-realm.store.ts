import type { Connection } from '#database/database.ts'
import type { Client } from '../client/client.ts'

// About every tenant at once: as the server itself starts, and for whoever asks where to sign in.

/** An admin realm by its tenant’s id and its own. */
export interface AdminRealm {
  readonly tenantId: string
  readonly realmId: string
}

/**
 * The admin realms of living tenants that lack a client or one of its grants, or whose clients are for another admin API
 * than this one.
 * @param client its identifier on the wire, and the grants that it should have
 * @param audiences what every client’s audiences should be
 */
export async function adminRealmsToMend(
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

/** The id of the admin realm of an active tenant. @param slug the tenant’s */
export async function adminRealmOfSlug({ kysely }: Connection, slug: string): Promise<string | undefined> {
  const row = await kysely
    .selectFrom('tenant')
    .innerJoin('realm', 'realm.tenant_id', 'tenant.id')
    .select('realm.id')
    .where('tenant.slug', '=', slug)
    .where('tenant.status', '=', 'active')
    .where('tenant.deleted_at', 'is', null)
    .where('realm.kind', '=', 'admin')
    .where('realm.deleted_at', 'is', null)
    .executeTakeFirst()
  return row?.id
}
