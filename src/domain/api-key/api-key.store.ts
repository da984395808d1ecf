import type { Selectable } from 'kysely'
import type { Connection, Database } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { ApiKeyTable } from '#database/tables/accounts.ts'
import { PLATFORM } from '#kernel/id.ts'
import { decodeCursor, type Page, toPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { type ApiKey, type ApiKeyQuery, USE_PRECISION } from './api-key.ts'

export type ApiKeyStore = ReturnType<typeof apiKeyStore>

type Row = Selectable<ApiKeyTable> & { issuer_id: string | null }

/** The API keys of one tenant; for those who reach it, those of the platform too. */
export function apiKeyStore({ kysely }: Connection, tenantId: string) {
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
          id: key.id,
          tenant_id: key.tenantId,
          reach: key.reach.kind,
          realm_id: key.reach.kind === 'realm' ? key.reach.realmId : null,
          name: key.name,
          prefix: key.prefix,
          secret_hash: secretHash,
          permissions: JSON.stringify(key.permissions),
          created_at: key.createdAt,
          expires_at: key.expiresAt,
          last_used_at: key.lastUsedAt,
          revoked_at: key.revokedAt,
        })
        .execute()
    },

    /** One page of the keys within a reach, oldest first. */
    async list(reach: Reach, { limit, cursor, revoked }: ApiKeyQuery): Promise<Page<ApiKey>> {
      let query = reached(reach)
        .orderBy('api_key.id')
        .limit(limit + 1)
      if (cursor) query = query.where('api_key.id', '>', decodeCursor(cursor))
      if (!revoked) query = query.where('api_key.revoked_at', 'is', null)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toApiKey) }
    },

    async find(reach: Reach, id: string): Promise<ApiKey | undefined> {
      const row = await reached(reach).where('api_key.id', '=', id).executeTakeFirst()
      return row && toApiKey(row)
    },

    /** @returns whether it was there and not revoked */
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

// Whether the key’s realm, tenant and partner still let it do anything is part of the question: a key is looked up at
// every request.
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
 * Finds a key by what was presented, before any tenant is known: that is how a request gets its actor. Whether it was
 * revoked or has expired is for the caller to say.
 * @param digest SHA-256 of what was presented
 * @returns undefined also where its tenant is suspended, or its tenant or realm was deleted
 */
export async function findApiKeyByDigest(connection: Connection, digest: string): Promise<ApiKey | undefined> {
  const [row] = await connection.run(findByDigest, { secret_hash: digest })
  return row && toApiKey(row)
}

/**
 * Writes down, to the minute, that a key was used. Nobody waits for it, and it is no harm if it fails.
 * @returns whether that was due
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
  return {
    id: row.id,
    tenantId: row.tenant_id,
    reach: toReach(row),
    issuerId: row.issuer_id,
    name: row.name,
    prefix: row.prefix,
    permissions: JSON.parse(row.permissions),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}

function toReach({ reach, tenant_id: tenantId, realm_id: realmId }: Row): ApiKey['reach'] {
  if (reach === 'platform') return { kind: 'platform' }
  return realmId === null ? { kind: 'tenant', tenantId } : { kind: 'realm', tenantId, realmId }
}
