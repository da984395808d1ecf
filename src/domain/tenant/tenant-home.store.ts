// Finds tenants without a home realm.
import type { Connection } from '#database/database.ts'

/** The tenants without a home realm, oldest first: older versions created none. */
export async function tenantsWithoutHome({ kysely }: Connection): Promise<{ id: string; name: string }[]> {
  return kysely
    .selectFrom('tenant')
    .select(['id', 'name'])
    .where('deleted_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('realm')
            .select('realm.id')
            .whereRef('realm.tenant_id', '=', 'tenant.id')
            .where('realm.kind', '=', 'default')
            .where('realm.deleted_at', 'is', null),
        ),
      ),
    )
    .orderBy('id')
    .execute()
}
