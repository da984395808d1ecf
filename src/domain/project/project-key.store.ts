// Reads and writes the keys of projects.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import type { ProjectApiKeyTable } from '#database/tables/accounts.ts'
import { mapPage, type Page } from '#kernel/page.ts'
import { type ProjectKey, type ProjectKeyQuery, USE_PRECISION } from './project-key.ts'

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

    /** Records the time at which a key was verified, to the minute. */
    async touch(id: string, now: number): Promise<void> {
      await kysely
        .updateTable('project_api_key')
        .set({ last_used_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<=', now - USE_PRECISION)]))
        .execute()
    },

    /** @returns whether the key existed and was not revoked */
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

function readsOf(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const all = () => kysely.selectFrom('project_api_key').selectAll().where('tenant_id', '=', tenantId)
  return {
    /** One page of a project’s keys, oldest first. */
    async list({ id, revoked, ...query }: ProjectKeyQuery): Promise<Page<ProjectKey>> {
      const ofProject = all().where('project_id', '=', id)
      const keys = revoked ? ofProject : ofProject.where('revoked_at', 'is', null)
      return mapPage(await readListPage(connection, keys, query), toProjectKey)
    },

    async find(projectId: string, id: string): Promise<ProjectKey | undefined> {
      const row = await all().where('project_id', '=', projectId).where('id', '=', id).executeTakeFirst()
      return row && toProjectKey(row)
    },

    /** Finds the key of a presented text. The caller must check whether it was revoked or has expired. */
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
