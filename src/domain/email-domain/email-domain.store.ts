// Reads and writes e-mail domains.
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { type EmailDomain, EmailDomainFields, type EmailDomainQuery } from './email-domain.ts'

export type EmailDomainStore = ReturnType<typeof emailDomainStore>

/** Who owns a verified domain: an organization, or with null the realm. */
export interface DomainOwner {
  readonly organizationId: string | null
}

/** The e-mail domains of one tenant's realms. */
export function emailDomainStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const ofRealm = (realmId: string) =>
    kysely.selectFrom('email_domain').selectAll().where('tenant_id', '=', tenantId).where('realm_id', '=', realmId)
  const change = (id: string) =>
    kysely.updateTable('email_domain').where('tenant_id', '=', tenantId).where('id', '=', id)
  return {
    ...owners(connection, tenantId),
    ...rows(connection, tenantId),

    /** One page of a realm's domains, oldest first. */
    async list(realmId: string, { organizationId, domain, ...query }: EmailDomainQuery): Promise<Page<EmailDomain>> {
      let all = ofRealm(realmId)
      if (organizationId !== undefined) all = all.where('organization_id', '=', organizationId)
      if (domain !== undefined) all = all.where('domain', '=', domain)
      return mapPage(await readListPage(connection, all, query), (row) => EmailDomainFields.fromRow(row))
    },

    async find(realmId: string, id: string): Promise<EmailDomain | undefined> {
      const row = await ofRealm(realmId).where('id', '=', id).executeTakeFirst()
      return row && EmailDomainFields.fromRow(row)
    },

    /** Finds a domain and locks it until the write ends. */
    async lock(realmId: string, id: string): Promise<EmailDomain | undefined> {
      const row = await ofRealm(realmId).where('id', '=', id).forUpdate().executeTakeFirst()
      return row && EmailDomainFields.fromRow(row)
    },

    /** Locks the rows of all owners of a domain until the write ends, so that of two owners at once one is first. */
    async lockAlike(realmId: string, domain: string): Promise<void> {
      await ofRealm(realmId).where('domain', '=', domain).orderBy('id').forUpdate().execute()
    },

    /** Whether an owner has verified a domain. */
    async isVerified(realmId: string, domain: string): Promise<boolean> {
      const verified = ofRealm(realmId).where('domain', '=', domain).where('verified_at', 'is not', null)
      return (await verified.executeTakeFirst()) !== undefined
    },

    /** Records what a look-up found. The caller has made sure that nobody else has verified the domain. */
    async record({ id, verifiedAt, missingSince, nextCheckAt }: EmailDomain): Promise<void> {
      await change(id)
        .set({ verified_at: verifiedAt, missing_since: missingSince, next_check_at: nextCheckAt })
        .execute()
    },

    /** Claims a look-up that is due, which then is due again at `next`. @returns whether this caller has it */
    async claim(id: string, now: number, next: number): Promise<boolean> {
      const { numUpdatedRows } = await change(id)
        .set({ next_check_at: next })
        .where('next_check_at', '<=', now)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function rows({ kysely }: Connection, tenantId: string) {
  return {
    /** @returns false if the owner has the domain already */
    async insert(domain: EmailDomain): Promise<boolean> {
      const rows = await kysely
        .insertInto('email_domain')
        .values(EmailDomainFields.toRow(domain))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return rows.length === 1
    },

    /** @returns whether it was there */
    async delete(realmId: string, id: string): Promise<boolean> {
      const { numDeletedRows } = await kysely
        .deleteFrom('email_domain')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    /** Deletes the domains of an organization, in all realms. */
    async deleteOfOrganization(organizationId: string): Promise<void> {
      await kysely
        .deleteFrom('email_domain')
        .where('tenant_id', '=', tenantId)
        .where('organization_id', '=', organizationId)
        .execute()
    },
  }
}

function owners({ kysely }: Connection, tenantId: string) {
  return {
    /** The owners of verified domains of a realm, by domain. */
    async owners(realmId: string, domains: readonly string[]): Promise<Map<string, DomainOwner>> {
      if (domains.length === 0) return new Map()
      const rows = await kysely
        .selectFrom('email_domain')
        .select(['domain', 'organization_id'])
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('domain', 'in', domains)
        .where('verified_at', 'is not', null)
        .execute()
      return new Map(rows.map((row) => [row.domain, { organizationId: row.organization_id }]))
    },
  }
}

/** The domains of every tenant that are to be looked up, the longest due first. */
export async function dueDomains(
  { kysely }: Connection,
  now: number,
  limit: number,
): Promise<{ readonly id: string; readonly realmId: string }[]> {
  const rows = await kysely
    .selectFrom('email_domain')
    .select(['id', 'realm_id'])
    .where('next_check_at', '<=', now)
    .orderBy('next_check_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ id: row.id, realmId: row.realm_id }))
}
