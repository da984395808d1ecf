// Tenants: every one for a super_admin, the own one for others (Zautha, “Tenants”).
import * as tenants from '#domain/tenant/tenant.operations.ts'
import { TenantView } from '#domain/tenant/tenant.ts'
import type { Route } from '../surface.ts'
import { HOLDERS, holderOf } from './caller.ts'
import { created, ok, representation, rows } from './dialect.ts'

// A super_admin makes tenants, and then has to reach them. To anybody else, every tenant but the own one does not exist.
const row = rows({
  scope: async ({ params }, places) => places.tenant(params.tenant_id),
  authenticate: async (request, authenticators) => (await holderOf(request, authenticators)).holder,
  callers: HOLDERS,
})

const tenant = representation(TenantView, { omit: ['partnerId', 'contactEmail', 'adminMinAal', 'branding', 'version'] })
const path = { tenant_id: 'id' } as const

/** Tenants (Zautha, “Control Plane API for managing tenants”). */
export const tenantRoutes: readonly Route[] = [
  row('POST /v1/admin/tenants', tenants.tenantCreate, created(tenant), {
    scope: async (_request, places) => places.platform(),
    pick: ['name', 'slug', 'settings'],
  }),
  row('GET /v1/admin/tenants/{tenant_id}', tenants.tenantGet, ok(tenant), { path }),
  row('PATCH /v1/admin/tenants/{tenant_id}', tenants.tenantUpdate, ok(tenant), { path, pick: ['name', 'settings'] }),
]
