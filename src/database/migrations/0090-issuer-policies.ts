// Gives each policy of the trusted issuers an id, and says that it is in use.
import type { Kysely, Migration } from 'kysely'
import { type Id, numberedId } from '#kernel/id.ts'
import type { Schema } from '../schema.ts'

/** The id follows from that of the issuer, so that a migration that is repeated makes the same ones. */
export const issuerPolicies: Migration = {
  up: async (kysely: Kysely<never>) => {
    const rows = kysely as unknown as Kysely<Schema>
    const issuers = await rows.selectFrom('trusted_issuer').select(['id', 'policies']).execute()
    for (const { id, policies } of issuers) {
      const known = JSON.parse(policies) as readonly object[]
      const named = known.map((policy, index) => ({ id: numberedId(id as Id, index + 1), enabled: true, ...policy }))
      await rows
        .updateTable('trusted_issuer')
        .set({ policies: JSON.stringify(named) })
        .where('id', '=', id)
        .execute()
    }
  },
}
