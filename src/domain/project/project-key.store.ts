import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { numbered } from '#database/numbered.ts'
import type { ProjectApiKeyTable } from '#database/tables/accounts.ts'
import { decodeCursor, type NumberedPage, type Page, toPage } from '#kernel/page.ts'
import { type ProjectKey, type ProjectKeyQuery, type ProjectKeySurvey, USE_PRECISION } from './project-key.ts'

export type ProjectKeyStore = ReturnType<typeof projectKeyStore>

/** The keys of one tenant’s projects. */
export function projectKeyStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    ...readsOf(connection, tenantId),

    /** @param secretHash SHA-256 of the secret */
    async insert(key: ProjectKey, secretHash: string): Promise<void> {
      await kysely
        .insertInto('project_api_key')
        .values({
          id: key.id,
          tenant_id: tenantId,
          project_id: key.projectId,
          name: key.name,
          publishable_key: key.publishableKey,
          secret_hash: secretHash,
          secret_prefix: key.prefix,
          secret_last4: key.last4,
          created_at: key.createdAt,
          expires_at: key.expiresAt,
          last_used_at: key.lastUsedAt,
          revoked_at: key.revokedAt,
        })
        .execute()
    },

    /** Writes down, to the minute, that a key was recognised. */
    async touch(id: string, now: number): Promise<void> {
      await kysely
        .updateTable('project_api_key')
        .set({ last_used_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<=', now - USE_PRECISION)]))
        .execute()
    },

    /** @returns whether it was there and not revoked */
    async revoke(projectId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('project_api_key')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('project_id', '=', projectId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Revokes all keys of a project. */
    async revokeAll(projectId: string, now: number): Promise<void> {
      await kysely
        .updateTable('project_api_key')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('project_id', '=', projectId)
        .where('revoked_at', 'is', null)
        .execute()
    },
  }
}

function readsOf({ kysely }: Connection, tenantId: string) {
  const all = () => kysely.selectFrom('project_api_key').selectAll().where('tenant_id', '=', tenantId)
  return {
    /** One page of a project’s keys, oldest first. */
    async list({ id, limit, cursor, revoked }: ProjectKeyQuery): Promise<Page<ProjectKey>> {
      let query = all()
        .where('project_id', '=', id)
        .orderBy('id')
        .limit(limit + 1)
      if (cursor) query = query.where('id', '>', decodeCursor(cursor))
      if (!revoked) query = query.where('revoked_at', 'is', null)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toProjectKey) }
    },

    /** One numbered page of a project’s keys, oldest first, the revoked ones too. */
    async survey({ id, ...query }: ProjectKeySurvey): Promise<NumberedPage<ProjectKey>> {
      const { data, total } = await numbered(all().where('project_id', '=', id).orderBy('id'), query)
      return { data: data.map(toProjectKey), total }
    },

    async find(projectId: string, id: string): Promise<ProjectKey | undefined> {
      const row = await all().where('project_id', '=', projectId).where('id', '=', id).executeTakeFirst()
      return row && toProjectKey(row)
    },

    /** The key that something presented belongs to. Whether it was revoked or has expired is for the caller to say. */
    async recognise(by: { publishableKey: string } | { secretHash: string }): Promise<ProjectKey | undefined> {
      const query =
        'secretHash' in by
          ? all().where('secret_hash', '=', by.secretHash)
          : all().where('publishable_key', '=', by.publishableKey)
      const row = await query.executeTakeFirst()
      return row && toProjectKey(row)
    },
  }
}

function toProjectKey(row: Selectable<ProjectApiKeyTable>): ProjectKey {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    publishableKey: row.publishable_key,
    prefix: row.secret_prefix,
    last4: row.secret_last4,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}
