// Reads what clients are called, and what they demand of sign-ins.
import type { Connection } from '#database/database.ts'
import type { SignInDemands } from './sign-in-demands.ts'

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

    /** The ids of the clients of a realm that have one of some `client_id`s. */
    async byClientIds(realmId: string, clientIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (clientIds.length === 0) return new Map()
      const rows = await notDeleted(realmId).select(['id', 'client_id']).where('client_id', 'in', clientIds).execute()
      return new Map(rows.map(({ id, client_id: clientId }) => [clientId, id]))
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

    /** What clients of a realm demand of sign-ins: each combination once, with the label of a client that has it. */
    async signInDemands(realmId: string): Promise<(SignInDemands & { readonly label: string })[]> {
      const rows = await notDeleted(realmId)
        .select(['sign_in_methods', 'min_aal'])
        .select(({ fn }) => fn.min('label').as('label'))
        .where((where) => where.or([where('sign_in_methods', 'is not', null), where('min_aal', 'is not', null)]))
        .groupBy(['sign_in_methods', 'min_aal'])
        .execute()
      return rows.map(({ label, sign_in_methods: methods, min_aal: minAal }) => ({
        label: String(label),
        signInMethods: methods === null ? null : JSON.parse(methods),
        minAal,
      }))
    },

    /** Whether a client of the realm has a label. */
    async hasLabel(realmId: string, label: string): Promise<boolean> {
      const row = await notDeleted(realmId).select('id').where('label', '=', label).limit(1).executeTakeFirst()
      return row !== undefined
    },
  }
}
