// Reads and writes the realms of tenants, and finds a realm by its address.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { prepared } from '#database/prepared.ts'
import type { RealmTable } from '#database/tables/accounts.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import { type Brand, inherit, readBranding } from '../branding/branding.ts'
import { uniqueNamesOf } from '../profile-attribute/profile-attribute.ts'
import { DEFAULT_TENANT } from '../tenant/tenant.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import { type Realm, RealmFields } from './realm.ts'

const realms = versionedRows('realm', RealmFields, ({ policy }) => ({
  unique_attributes: uniqueColumn(policy),
  session_idle_lifetime: policy.sessionIdleLifetime,
  key_rotation_days: policy.keyRotationDays,
}))

function uniqueColumn(policy: Realm['policy']): string | null {
  const names = uniqueNamesOf(policy)
  return names.length === 0 ? null : JSON.stringify(names)
}

export type RealmStore = ReturnType<typeof realmStore>

/** The realms of one tenant. */
export function realmStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = () => realms.living(kysely, { tenant_id: tenantId })
  return {
    insert(realm: Realm): Promise<void> {
      return realms.insert(kysely, realm)
    },

    /** One page of a tenant's realms, oldest first; the admin realm is left out. */
    async list(query: ListQuery): Promise<Page<Realm>> {
      const visible = notDeleted().where('kind', '!=', 'admin')
      return mapPage(await readListPage(connection, visible, query), RealmFields.fromRow)
    },

    find(id: string): Promise<Realm | undefined> {
      return realms.find(kysely, { tenant_id: tenantId }, id)
    },

    /** The tenant's home realm, whose directory the tenant's projects share. */
    async home(): Promise<Realm | undefined> {
      const row = await notDeleted().where('kind', '=', 'default').executeTakeFirst()
      return row && RealmFields.fromRow(row)
    },

    /** The realm of a directory; the home realm if there are several. */
    async over(directoryId: string): Promise<Realm | undefined> {
      const rows = await notDeleted().where('directory_id', '=', directoryId).orderBy('id').execute()
      const row = rows.find(({ kind }) => kind === 'default') ?? rows[0]
      return row && RealmFields.fromRow(row)
    },

    /** The hidden realm where the tenant’s administrators sign in. */
    async admin(): Promise<Realm | undefined> {
      const row = await notDeleted().where('kind', '=', 'admin').executeTakeFirst()
      return row && RealmFields.fromRow(row)
    },

    /** Updates a realm if it still has the version that was read. */
    update(realm: Realm): Promise<UpdateOutcome> {
      return realms.update(kysely, { tenant_id: tenantId }, realm)
    },

    /** @returns whether the realm existed */
    delete(id: string, now: number): Promise<boolean> {
      return realms.delete(kysely, { tenant_id: tenantId }, id, now)
    },
  }
}

/** A realm, with the status of its tenant and its partner. */
export interface RealmWithStatus {
  readonly realm: Realm
  /** The status of the tenant, or of the partner if the partner is suspended. */
  readonly tenantStatus: string
  readonly partnerId: string
  /** What it shows of itself on hosted pages and in mails: its own branding and that of its tenant. */
  readonly brand: Brand
}

type RealmAddress = 'issuer_id' | 'custom_domain' | 'id'

// This query runs for the first request to each realm after a start.
const findBy = (column: RealmAddress) =>
  prepared<{ address: string }, RealmWithStatusRow>(`realm_find_by_${column}`, (kysely, value) =>
    kysely
      .selectFrom('realm')
      .innerJoin('tenant', 'tenant.id', 'realm.tenant_id')
      .innerJoin('partner', 'partner.id', 'tenant.partner_id')
      .leftJoin('branding', 'branding.owner_id', 'realm.id')
      .selectAll('realm')
      .select([
        'tenant.status as tenant_status',
        'tenant.branding as tenant_branding',
        'branding.given as realm_branding',
        'tenant.name as tenant_name',
        'tenant.slug as tenant_slug',
        'partner.id as partner_id',
        'partner.status as partner_status',
      ])
      .where(`realm.${column}`, '=', value('address'))
      .where('realm.deleted_at', 'is', null)
      .where('tenant.deleted_at', 'is', null),
  )
const findByAddress = { issuer_id: findBy('issuer_id'), custom_domain: findBy('custom_domain'), id: findBy('id') }

type RealmWithStatusRow = Selectable<RealmTable> & {
  readonly tenant_status: string
  readonly tenant_branding: string
  readonly realm_branding: string | null
  readonly tenant_name: string
  readonly tenant_slug: string
  readonly partner_id: string
  readonly partner_status: string
}

/**
 * Finds a realm by one of its addresses, before the tenant is known, because the realm determines the tenant.
 * @param by the issuer id, the custom domain or the id of the realm
 */
export async function findRealmByAddress(
  connection: Connection,
  by: { column: RealmAddress; value: string },
): Promise<RealmWithStatus | undefined> {
  const [row] = await connection.run(findByAddress[by.column], { address: by.value })
  if (!row) return undefined
  const tenantStatus = row.partner_status === 'active' ? row.tenant_status : row.partner_status
  const [outer, own] = [row.tenant_branding, row.realm_branding ?? '{}'].map((text) => readBranding(JSON.parse(text)))
  const branding = inherit(inherit({}, outer ?? {}), own ?? {})
  const brand = row.tenant_slug === DEFAULT_TENANT ? branding : { ...branding, tenant: row.tenant_name }
  return { realm: RealmFields.fromRow(row), tenantStatus, partnerId: row.partner_id, brand }
}

/** The realms, of every tenant, that have a custom domain, in the order of their ids, after one. */
export async function realmsWithDomains({ kysely }: Connection, after: string, limit: number): Promise<string[]> {
  const rows = await kysely
    .selectFrom('realm')
    .select('id')
    .where('deleted_at', 'is', null)
    .where('custom_domain', 'is not', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}
