// Reads and writes API keys.
import type { Selectable } from 'kysely'
import type { Connection, Database } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { prepared } from '#database/prepared.ts'
import type { ApiKeyTable } from '#database/tables/accounts.ts'
import { PLATFORM } from '#kernel/id.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { type ApiKey, ApiKeyFields, type ApiKeyQuery, USE_PRECISION } from './api-key.ts'

export type ApiKeyStore = ReturnType<typeof apiKeyStore>

type Row = Selectable<ApiKeyTable> & { issuer_id: string | null }

/** The API keys of one tenant; for callers with platform reach also the platform's keys. */
export function apiKeyStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const reached = (reach: Reach) => {
    const keys = kysely
      .selectFrom('api_key')
      .leftJoin('realm', 'realm.id', 'api_key.realm_id')
      .selectAll('api_key')
      .select('realm.issuer_id')
    if (reach.kind === 'platform') return keys.where('api_key.tenant_id', 'in', [tenantId, PLATFORM])
    const own = keys.where('api_key.tenant_id', '=', tenantId).where('api_key.reach', '!=', 'platform')
    return reach.kind === 'realm' ? own.where('api_key.realm_id', '=', reach.realmId) : own
  }
  return {
    /** @param secretHash SHA-256 of the key */
    async insert(key: ApiKey, secretHash: string): Promise<void> {
      await kysely
        .insertInto('api_key')
        .values({
          ...ApiKeyFields.toRow(key),
          reach: key.reach.kind,
          realm_id: key.reach.kind === 'realm' ? key.reach.realmId : null,
          secret_hash: secretHash,
        })
        .execute()
    },

    /** One page of the keys within a reach, oldest first. */
    async list(reach: Reach, { revoked, ...query }: ApiKeyQuery): Promise<Page<ApiKey>> {
      const keys = revoked ? reached(reach) : reached(reach).where('api_key.revoked_at', 'is', null)
      const id = { column: 'api_key.id', of: (row: Row) => row.id }
      return mapPage(await readListPage<Row>(connection, keys, query, { id }), toApiKey)
    },

    async find(reach: Reach, id: string): Promise<ApiKey | undefined> {
      const row = await reached(reach).where('api_key.id', '=', id).executeTakeFirst()
      return row && toApiKey(row)
    },

    /** Updates a key. @param secretHash SHA-256 of its new value, where it has one */
    async update(reach: Reach, key: ApiKey, secretHash?: string): Promise<void> {
      const { name, prefix, permissions, expires_at } = ApiKeyFields.toRow(key)
      await kysely
        .updateTable('api_key')
        .set({ name, prefix, permissions, expires_at, ...(secretHash !== undefined && { secret_hash: secretHash }) })
        .where('id', '=', key.id)
        .where('id', 'in', reached(reach).clearSelect().select('api_key.id'))
        .execute()
    },

    /** @returns whether the key existed and was not revoked */
    async revoke(reach: Reach, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('api_key')
        .set({ revoked_at: now })
        .where('id', '=', id)
        .where('id', 'in', reached(reach).clearSelect().select('api_key.id'))
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

// One query finds the key and checks its realm, tenant and partner, because every request needs the result.
const findByDigest = prepared<{ secret_hash: string }, Row>('api_key_find_by_digest', (kysely, value) =>
  kysely
    .selectFrom('api_key')
    .leftJoin('realm', 'realm.id', 'api_key.realm_id')
    .leftJoin('tenant', 'tenant.id', 'api_key.tenant_id')
    .leftJoin('partner', 'partner.id', 'tenant.partner_id')
    .selectAll('api_key')
    .select('realm.issuer_id')
    .where('api_key.secret_hash', '=', value('secret_hash'))
    .where((row) =>
      row.or([
        row('api_key.reach', '=', 'platform'),
        row.and([
          row('tenant.status', '=', 'active'),
          row('partner.status', '=', 'active'),
          row('tenant.deleted_at', 'is', null),
          row('realm.deleted_at', 'is', null),
        ]),
      ]),
    ),
)

/**
 * Finds a key by its secret, before the tenant is known, because the key determines the actor. The caller must check
 * whether the key was revoked or has expired.
 * @param digest SHA-256 of the presented secret
 * @returns undefined also if the key's tenant is suspended or deleted, or its realm is deleted
 */
export async function findApiKeyByDigest(connection: Connection, digest: string): Promise<ApiKey | undefined> {
  const [row] = await connection.run(findByDigest, { secret_hash: digest })
  return row && toApiKey(row)
}

/**
 * Records the time of use, to the minute. Callers need not wait for it, and may ignore its failure.
 * @returns whether the recorded time was more than a minute old
 */
export function touchApiKey(
  database: Database,
  { id, lastUsedAt }: Pick<ApiKey, 'id' | 'lastUsedAt'>,
  now: number,
): boolean {
  const before = now - USE_PRECISION
  if (lastUsedAt !== null && lastUsedAt > before) return false
  database
    .write(({ kysely }) =>
      kysely
        .updateTable('api_key')
        .set({ last_used_at: now })
        .where('id', '=', id)
        .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<=', before)]))
        .execute(),
    )
    .catch(() => {})
  return true
}

function toApiKey(row: Row): ApiKey {
  return { ...ApiKeyFields.fromRow(row), reach: toReach(row), issuerId: row.issuer_id }
}

function toReach({ reach, tenant_id: tenantId, realm_id: realmId }: Row): ApiKey['reach'] {
  if (reach === 'platform') return { kind: 'platform' }
  return realmId === null ? { kind: 'tenant', tenantId } : { kind: 'realm', tenantId, realmId }
}
