import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { RealmTable } from '#database/tables/accounts.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { DEFAULT_POLICY, type Realm, withPolicy } from './realm.ts'

export type RealmStore = ReturnType<typeof realmStore>

/** The realms of one tenant. */
export function realmStore({ kysely }: Connection, tenantId: string) {
  const living = () =>
    kysely.selectFrom('realm').selectAll().where('tenant_id', '=', tenantId).where('deleted_at', 'is', null)
  return {
    async insert(realm: Realm): Promise<void> {
      await kysely.insertInto('realm').values(toRow(realm)).execute()
    },

    /** One page of the realms that people made; the admin realm stays hidden. Oldest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<Realm>> {
      let query = living()
        .where('kind', '!=', 'admin')
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toRealm) }
    },

    async find(id: string): Promise<Realm | undefined> {
      const row = await living().where('id', '=', id).executeTakeFirst()
      return row && toRealm(row)
    },

    /** The realm that the tenant came with, over the directory that its projects share. */
    async home(): Promise<Realm | undefined> {
      const row = await living().where('kind', '=', 'default').executeTakeFirst()
      return row && toRealm(row)
    },

    /** A realm over a directory; the one that the tenant came with where there are several. */
    async over(directoryId: string): Promise<Realm | undefined> {
      const rows = await living().where('directory_id', '=', directoryId).orderBy('id').execute()
      const row = rows.find(({ kind }) => kind === 'default') ?? rows[0]
      return row && toRealm(row)
    },

    /** The hidden realm that the tenant’s administrators sign in at. */
    async admin(): Promise<Realm | undefined> {
      const row = await living().where('kind', '=', 'admin').executeTakeFirst()
      return row && toRealm(row)
    },

    /** Writes a realm back. @returns whether it still had the version before */
    async update(realm: Realm): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('realm')
        .set(toRow(realm))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', realm.id)
        .where('version', '=', realm.version - 1)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** @returns whether it was there */
    async delete(id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('realm')
        .set({ deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** A realm with what decides, besides itself, whether it may do anything. */
export interface FoundRealm {
  readonly realm: Realm
  /** Its tenant’s status; its partner’s, where that is suspended. */
  readonly tenantStatus: string
  readonly partnerId: string
}

type RealmAddress = 'issuer_id' | 'custom_domain' | 'id'

// Asked for each realm's first request after a start.
const findBy = (column: RealmAddress) =>
  prepared<{ address: string }, FoundRow>(`realm_find_by_${column}`, (kysely, value) =>
    kysely
      .selectFrom('realm')
      .innerJoin('tenant', 'tenant.id', 'realm.tenant_id')
      .innerJoin('partner', 'partner.id', 'tenant.partner_id')
      .selectAll('realm')
      .select(['tenant.status as tenant_status', 'partner.id as partner_id', 'partner.status as partner_status'])
      .where(`realm.${column}`, '=', value('address'))
      .where('realm.deleted_at', 'is', null)
      .where('tenant.deleted_at', 'is', null),
  )
const findByAddress = { issuer_id: findBy('issuer_id'), custom_domain: findBy('custom_domain'), id: findBy('id') }

type FoundRow = Selectable<RealmTable> & {
  readonly tenant_status: string
  readonly partner_id: string
  readonly partner_status: string
}

/**
 * Finds a realm by one of its addresses, before any tenant is known: that is how a request gets its tenant.
 * @param by the realm’s issuer id, its custom domain or its id
 */
export async function findRealmByAddress(
  connection: Connection,
  by: { column: RealmAddress; value: string },
): Promise<FoundRealm | undefined> {
  const [row] = await connection.run(findByAddress[by.column], { address: by.value })
  if (!row) return undefined
  const tenantStatus = row.partner_status === 'active' ? row.tenant_status : row.partner_status
  return { realm: toRealm(row), tenantStatus, partnerId: row.partner_id }
}

function toRow(realm: Realm): Omit<Selectable<RealmTable>, 'deleted_at'> {
  return {
    id: realm.id,
    tenant_id: realm.tenantId,
    directory_id: realm.directoryId,
    issuer_id: realm.issuerId,
    kind: realm.kind,
    name: realm.name,
    enabled: realm.enabled ? 1 : 0,
    magic_link_enabled: realm.magicLinkEnabled ? 1 : 0,
    passkey_enabled: realm.passkeyEnabled ? 1 : 0,
    min_aal: realm.minAal,
    custom_domain: realm.customDomain,
    algorithm: realm.algorithm,
    policy: JSON.stringify(realm.policy),
    session_idle_lifetime: realm.policy.sessionIdleLifetime,
    allowed_origins: listOrNull(realm.allowedOrigins),
    allowed_redirects: listOrNull(realm.allowedRedirects),
    version: realm.version,
    created_at: realm.createdAt,
    updated_at: realm.updatedAt,
  }
}

function listOrNull(list: readonly string[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list)
}

/** A realm as its row tells it. */
export function toRealm(row: Selectable<RealmTable>): Realm {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    directoryId: row.directory_id,
    issuerId: row.issuer_id,
    kind: row.kind as Realm['kind'],
    name: row.name,
    enabled: row.enabled === 1,
    magicLinkEnabled: row.magic_link_enabled === 1,
    passkeyEnabled: row.passkey_enabled === 1,
    minAal: row.min_aal,
    customDomain: row.custom_domain,
    algorithm: row.algorithm as Realm['algorithm'],
    policy: withPolicy(DEFAULT_POLICY, JSON.parse(row.policy)),
    allowedOrigins: JSON.parse(row.allowed_origins ?? '[]'),
    allowedRedirects: JSON.parse(row.allowed_redirects ?? '[]'),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
