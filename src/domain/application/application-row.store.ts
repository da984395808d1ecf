import type { Selectable } from 'kysely'
import type { ApplicationTable } from '#database/tables/applications.ts'
import type { Application, Standing } from './application.ts'

/** An application as its row. */
export function toRow(application: Application): Omit<Selectable<ApplicationTable>, 'deleted_at'> {
  return {
    id: application.id,
    tenant_id: application.tenantId,
    realm_id: application.realmId,
    name: application.name,
    description: application.description,
    terms_url: application.termsUrl,
    privacy_url: application.privacyUrl,
    level: application.level,
    partner_id: application.partnerId,
    type: application.type,
    version: application.version,
    created_at: application.createdAt,
    updated_at: application.updatedAt,
  }
}

/** An application as its row tells. */
export function toApplication(row: Selectable<ApplicationTable>): Application {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    name: row.name,
    description: row.description,
    termsUrl: row.terms_url,
    privacyUrl: row.privacy_url,
    ...standingOf(row),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** How an application stands, as its row tells. */
export function standingOf(row: Pick<Selectable<ApplicationTable>, 'level' | 'partner_id' | 'type'>): Standing {
  return { level: row.level as Standing['level'], partnerId: row.partner_id, type: row.type as Standing['type'] }
}
