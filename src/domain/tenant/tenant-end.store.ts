import { eachBlock } from '#database/blocks.ts'
import type { Connection } from '#database/database.ts'

/** Ends everything in a tenant: realms, sessions, tokens, consents, API keys, projects and webhooks. By its realms, which indexes begin with. */
export async function endTenant(connection: Connection, tenantId: string, now: number): Promise<void> {
  const { kysely } = connection
  const realms = kysely.selectFrom('realm').select('id').where('tenant_id', '=', tenantId)
  const clients = kysely.selectFrom('client').select('id').where('realm_id', 'in', realms)
  await kysely
    .updateTable('session')
    .set({ ended_at: now })
    .where('realm_id', 'in', realms)
    .where('ended_at', 'is', null)
    .execute()
  await kysely
    .updateTable('token_family')
    .set({ revoked_at: now })
    .where('client_id', 'in', clients)
    .where('revoked_at', 'is', null)
    .execute()
  for (const { condition, isRecent } of eachBlock(connection)) {
    const living = kysely
      .updateTable('issuance')
      .set({ revoked_at: now })
      .where(condition)
      .where('tenant_id', '=', tenantId)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
    await (isRecent ? living : living.where('realm_id', 'in', realms)).execute()
  }
  await kysely
    .updateTable('consent_grant')
    .set({ revoked_at: now })
    .where('realm_id', 'in', realms)
    .where('revoked_at', 'is', null)
    .execute()
  await kysely
    .updateTable('api_key')
    .set({ revoked_at: now })
    .where('tenant_id', '=', tenantId)
    .where('revoked_at', 'is', null)
    .execute()
  await kysely
    .updateTable('webhook')
    .set({ active: 0, deleted_at: now, updated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .execute()
  await kysely
    .updateTable('project_api_key')
    .set({ revoked_at: now })
    .where('project_id', 'in', kysely.selectFrom('project').select('id').where('tenant_id', '=', tenantId))
    .where('revoked_at', 'is', null)
    .execute()
  await kysely
    .updateTable('project')
    .set({ deleted_at: now })
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .execute()
  await kysely
    .updateTable('realm')
    .set({ deleted_at: now, updated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .execute()
}
