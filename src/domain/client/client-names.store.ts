// Reads what clients are called.
import type { Connection } from '#database/database.ts'

/** The names of one tenant's clients. */
export function clientNames({ kysely }: Connection, tenantId: string) {
  const notDeleted = (realmId: string) =>
    kysely
      .selectFrom('client')
      .where('tenant_id', '=', tenantId)
      .where('realm_id', '=', realmId)
      .where('deleted_at', 'is', null)
  return {
    /** What clients are called, by their ids; those that are deleted are not among them. */
    async named(
      realmId: string,
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, { readonly clientId: string; readonly label: string }>> {
      if (ids.length === 0) return new Map()
      const rows = await notDeleted(realmId).select(['id', 'client_id', 'label']).where('id', 'in', ids).execute()
      return new Map(rows.map(({ id, client_id: clientId, label }) => [id, { clientId, label }]))
    },

    /** Which of some ids are those of clients of the tenant. */
    async ofTenant(ids: readonly string[]): Promise<ReadonlySet<string>> {
      if (ids.length === 0) return new Set()
      const rows = await kysely
        .selectFrom('client')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', ids)
        .where('deleted_at', 'is', null)
        .execute()
      return new Set(rows.map(({ id }) => id))
    },

    /** Whether a client of the realm has a label. */
    async hasLabel(realmId: string, label: string): Promise<boolean> {
      const row = await notDeleted(realmId).select('id').where('label', '=', label).limit(1).executeTakeFirst()
      return row !== undefined
    },
  }
}
