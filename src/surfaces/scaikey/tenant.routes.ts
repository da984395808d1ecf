// Tenants: super_admin can write them, every administrator can read those within the reach (ScaiKey, “Tenants”).
import * as tenants from '#domain/tenant/tenant.operations.ts'
import { TenantView } from '#domain/tenant/tenant.ts'
import type { Route } from '../surface.ts'
import { created, list, noContent, ok, representation, rows } from './dialect.ts'
import { acrossTenants } from './scope.ts'

// Writes are the platform’s, so that who may not write learns nothing of what is there.
const write = rows({ scope: async (_request, places) => places.platform(), reach: 'platform' })
const read = rows({ scope: async ({ params }, places) => places.tenant(params.id) })

const tenant = representation(TenantView, { omit: ['adminMinAal', 'version'] })

/** All tenants within the reach of the caller. @throws Failure `access_denied` for a partner outside the reach */
const ofPartner: Route['scope'] = async (request, places, actor) => {
  await places.ofPartner(request.query.partner_id)
  return acrossTenants(request, places, actor)
}

export const tenantRoutes: readonly Route[] = [
  read('GET /api/v1/admin/tenants', tenants.tenantList, list(tenant), { scope: ofPartner }),
  write('POST /api/v1/admin/tenants', tenants.tenantCreate, created(tenant), { omit: ['adminMinAal'] }),
  read('GET /api/v1/admin/tenants/{id}', tenants.tenantGet, ok(tenant)),
  write('PATCH /api/v1/admin/tenants/{id}', tenants.tenantUpdate, ok(tenant), {
    omit: ['adminMinAal', 'settings', 'branding'],
    names: { settingsMembers: 'settings', brandingMembers: 'branding' },
  }),
  write('DELETE /api/v1/admin/tenants/{id}', tenants.tenantDelete, noContent),
]
