import * as z from 'zod'
import {
  partnerCreate,
  partnerDelete,
  partnerGet,
  partnerSurvey,
  partnerUpdate,
} from '#domain/partner/partner.operations.ts'
import { NewPartner, PARTNER_STATUSES, type PartnerView } from '#domain/partner/partner.ts'
import { type Id, renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import { listOf, listSchema, PageParameters, pageOf, row, single, timeOut, wordIn } from './row.ts'

const { name, slug, contactEmail, maxTenants } = NewPartner.shape
const limit = maxTenants.unwrap().optional()

const fields = {
  name,
  slug,
  status: wordIn(PARTNER_STATUSES).optional(),
  contact_email: contactEmail.unwrap().optional(),
  max_tenants: limit,
  max_users_per_tenant: limit,
  max_applications_per_tenant: limit,
}
const Create = z.object(fields)
const Update = z.object(fields).partial()

const List = PageParameters.extend({
  search: z.string().trim().min(1).max(200).optional().describe('What the name or the slug starts with.'),
  status: wordIn(PARTNER_STATUSES).optional(),
})

const Partner = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  status: z.enum(['ACTIVE', 'SUSPENDED']),
  contact_email: z.string().nullable(),
  max_tenants: z.number().int().nullable(),
  max_users_per_tenant: z.number().int().nullable(),
  max_applications_per_tenant: z.number().int().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})

function shown(partner: PartnerView): z.output<typeof Partner> {
  return {
    id: renderId('partner', partner.id),
    name: partner.name,
    slug: partner.slug,
    status: partner.status === 'active' ? 'ACTIVE' : 'SUSPENDED',
    contact_email: partner.contactEmail,
    max_tenants: partner.maxTenants,
    max_users_per_tenant: partner.maxUsersPerTenant,
    max_applications_per_tenant: partner.maxApplicationsPerTenant,
    created_at: timeOut(partner.createdAt) ?? '',
    updated_at: timeOut(partner.updatedAt) ?? '',
  }
}

function given(body: z.output<typeof Update>): object {
  const { contact_email, max_tenants, max_users_per_tenant, max_applications_per_tenant, ...same } = body
  return {
    ...same,
    contactEmail: contact_email,
    maxTenants: max_tenants,
    maxUsersPerTenant: max_users_per_tenant,
    maxApplicationsPerTenant: max_applications_per_tenant,
  }
}

const above: Route['scope'] = async (_request, places) => places.platform()
const one = { scope: above, replySchema: Partner, reply: (partner: PartnerView) => single(shown(partner)) }
const id = ({ params }: { params: Readonly<Record<string, Id>> }) => ({ id: params.id })

/** Partners: for super_admin only (ScaiKey, “Partners”). */
export const partnerRoutes: readonly Route[] = [
  row('GET /api/v1/admin/partners', partnerSurvey, {
    scope: above,
    query: List,
    input: ({ query: { search, status, ...page } }) => ({ ...pageOf(page), search, status }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Partner),
  }),
  row('POST /api/v1/admin/partners', partnerCreate, {
    ...one,
    status: 201,
    body: Create,
    input: ({ body }) => given(body),
  }),
  row('GET /api/v1/admin/partners/{id}', partnerGet, { ...one, input: id }),
  row('PATCH /api/v1/admin/partners/{id}', partnerUpdate, {
    ...one,
    body: Update,
    input: ({ params, body }) => ({ ...given(body), id: params.id }),
  }),
  row('DELETE /api/v1/admin/partners/{id}', partnerDelete, { scope: above, input: id }),
]
