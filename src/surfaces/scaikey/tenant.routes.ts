import * as z from 'zod'
import { tenantCreate, tenantDelete, tenantGet, tenantSurvey, tenantUpdate } from '#domain/tenant/tenant.operations.ts'
import { NewTenant, TENANT_STATUSES, TenantSurvey, type TenantView } from '#domain/tenant/tenant.ts'
import { renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import { acrossTenants, idIn, listOf, listSchema, PageParameters, pageOf, row, single, timeOut, wordIn } from './row.ts'

const { name, slug, contactEmail, settings, branding } = NewTenant.shape

// What the document lets be changed, and nothing besides (ScaiKey, “Tenants”).
const fields = {
  name,
  slug,
  status: wordIn(TENANT_STATUSES).optional(),
  contact_email: contactEmail.unwrap().optional(),
  partner_id: idIn('partner').optional(),
  settings: settings.unwrap().optional(),
  branding: branding.unwrap().optional(),
}
const Create = z.object(fields)
const Update = z.object(fields).partial()

const List = PageParameters.extend({
  search: TenantSurvey.shape.search,
  status: wordIn(TENANT_STATUSES).optional(),
  partner_id: idIn('partner').optional(),
})

const Tenant = z.object({
  id: z.string(),
  partner_id: z.string(),
  name: z.string(),
  slug: z.string(),
  status: z.enum(['ACTIVE', 'SUSPENDED']),
  contact_email: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  branding: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  updated_at: z.string(),
})

function shown(tenant: TenantView): z.output<typeof Tenant> {
  return {
    id: renderId('tenant', tenant.id),
    partner_id: renderId('partner', tenant.partnerId),
    name: tenant.name,
    slug: tenant.slug,
    status: tenant.status === 'active' ? 'ACTIVE' : 'SUSPENDED',
    contact_email: tenant.contactEmail,
    settings: tenant.settings,
    branding: tenant.branding,
    created_at: timeOut(tenant.createdAt) ?? '',
    updated_at: timeOut(tenant.updatedAt) ?? '',
  }
}

// Writes are the platform’s, so that who may not write learns nothing of what is there.
const write = {
  scope: (async (_request, places) => places.platform()) satisfies Route['scope'],
  reach: 'platform',
} as const
const one = { replySchema: Tenant, reply: (tenant: TenantView) => single(shown(tenant)) }

/** Tenants: written by super_admin, read by every tier within its reach (ScaiKey, “Tenants”). */
export const tenantRoutes: readonly Route[] = [
  row('GET /api/v1/admin/tenants', tenantSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query: { search, status, partner_id: partnerId, ...page } }) => ({
      ...pageOf(page),
      search,
      status,
      partnerId,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Tenant),
  }),
  row('POST /api/v1/admin/tenants', tenantCreate, {
    ...write,
    ...one,
    status: 201,
    body: Create,
    input: ({ body: { contact_email: contactEmail, partner_id: partnerId, ...same } }) => ({
      ...same,
      contactEmail,
      partnerId,
    }),
  }),
  row('GET /api/v1/admin/tenants/{id}', tenantGet, {
    ...one,
    scope: async ({ params }, places) => places.tenant(params.id),
    input: ({ params }) => ({ id: params.id }),
  }),
  row('PATCH /api/v1/admin/tenants/{id}', tenantUpdate, {
    ...write,
    ...one,
    body: Update,
    input: ({ params, body: { contact_email: contactEmail, partner_id: partnerId, ...body } }) => {
      const { settings: settingsMembers, branding: brandingMembers, ...same } = body
      return { ...same, id: params.id, contactEmail, partnerId, settingsMembers, brandingMembers }
    },
    names: { settingsMembers: 'settings', brandingMembers: 'branding' },
  }),
  row('DELETE /api/v1/admin/tenants/{id}', tenantDelete, { ...write, input: ({ params }) => ({ id: params.id }) }),
]
