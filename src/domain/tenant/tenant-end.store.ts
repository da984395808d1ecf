// Ends everything in a tenant at once.
import type { Connection } from '#database/database.ts'
import { ended } from '../connection/connection.store.ts'
import { revokeTokensOfTenant } from '../issuance/issuance.store.ts'

/**
 * Ends everything in a tenant: realms, sessions, tokens, consents, providers, connections, API keys, projects and webhooks. It works realm by
 * realm, because the indexes begin with the realm.
 */
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
  await revokeTokensOfTenant(connection, tenantId, now)
  await kysely
    .updateTable('consent_grant')
    .set({ revoked_at: now })
    .where('realm_id', 'in', realms)
    .where('revoked_at', 'is', null)
    .execute()
  await kysely
    .updateTable('broker_provider')
    .set({ client_secret: null, active: 0, deleted_at: now, updated_at: now })
    .where('realm_id', 'in', realms)
    .where('deleted_at', 'is', null)
    .execute()
  await kysely
    .updateTable('connection')
    .set(ended(now))
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
  await kysely.deleteFrom('realm_attack').where('tenant_id', '=', tenantId).execute()
  await kysely
    .updateTable('realm')
    .set({ deleted_at: now, updated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .execute()
}
