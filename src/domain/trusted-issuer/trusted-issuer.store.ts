// Reads and writes the trusted issuers of realms.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type IssuerTrust, IssuerTrustFields, type IssuerTrustQuery } from './trusted-issuer.ts'

const issuers = versionedRows('trusted_issuer', IssuerTrustFields)

export type TrustedIssuerStore = ReturnType<typeof trustedIssuerStore>

/** The trusted issuers of one tenant's realms. */
export function trustedIssuerStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const placeOf = (realmId: string) => ({ tenant_id: tenantId, realm_id: realmId })
  return {
    /** @returns false if the realm trusts the issuer already */
    insert: (trust: IssuerTrust): Promise<boolean> => issuers.insertIfFree(kysely, trust),

    /** One page of the issuers of a realm, oldest first. */
    async list(realmId: string, query: IssuerTrustQuery): Promise<Page<IssuerTrust>> {
      return mapPage(await readListPage(connection, issuers.living(kysely, placeOf(realmId)), query), (row) =>
        IssuerTrustFields.fromRow(row),
      )
    },

    find: (realmId: string, id: string): Promise<IssuerTrust | undefined> => issuers.find(kysely, placeOf(realmId), id),

    /** Every issuer of a realm; there are few. */
    async all(realmId: string): Promise<IssuerTrust[]> {
      const rows = await issuers.living(kysely, placeOf(realmId)).execute()
      return rows.map((row) => IssuerTrustFields.fromRow(row))
    },

    /** Locks an issuer until the write ends. */
    lock: (realmId: string, id: string): Promise<IssuerTrust | undefined> => issuers.lock(kysely, placeOf(realmId), id),

    /** Updates an issuer if it still has the version that was read. */
    update: (trust: IssuerTrust): Promise<UpdateOutcome> => issuers.update(kysely, { tenant_id: tenantId }, trust),

    /** @returns whether the issuer existed */
    delete: (realmId: string, id: string, now: number): Promise<boolean> =>
      issuers.delete(kysely, placeOf(realmId), id, now),
  }
}
