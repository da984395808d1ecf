// The fields, limits and views of partners.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, VERSIONED } from '#kernel/declared-fields.ts'
import { emailAddress, idOf, idOut, ifVersion, label, ownerSlug } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'

export const PARTNER_STATUSES = ['active', 'suspended'] as const

/** The partner of every installation; a tenant without a partner in its input belongs to it. */
export const INTERNAL_PARTNER = 'internal'

const limit = z.number().int().min(0).max(1_000_000_000).nullable()

/** The fields of a partner. */
export const PartnerFields = declare({
  id: constant(idOut('partner')),
  name: editable(label(200).describe('The display name.')),
  slug: editable(ownerSlug.describe('A unique name for URLs.')),
  status: editable(
    z
      .enum(PARTNER_STATUSES)
      .describe('The realms of the tenants of a suspended partner do not sign in users and do not issue tokens.'),
    { initial: 'active' },
  ),
  contactEmail: editable(emailAddress.nullable().describe('The contact address.'), { initial: null, audited: 'name' }),
  maxTenants: editable(limit.describe('The maximum number of tenants; null means no limit.'), { initial: null }),
  maxUsersPerTenant: editable(limit.describe('The maximum number of users of each tenant; null means no limit.'), {
    initial: null,
  }),
  maxApplicationsPerTenant: editable(
    limit.describe('The maximum number of applications of each tenant; null means no limit.'),
    { initial: null },
  ),
  ...VERSIONED,
})

/** The input for a new partner. */
export const NewPartner = z.strictObject(PartnerFields.creation)
export type NewPartner = z.output<typeof NewPartner>

/** The input for an update of a partner; absent members stay unchanged. Limits apply to later creations. */
export const PartnerPatch = z.strictObject({ id: idOf('partner'), ...PartnerFields.patch, ifVersion })
export type PartnerPatch = z.output<typeof PartnerPatch>

export const PartnerQuery = listQuery('created_at').extend({
  search: label(200).optional().describe('The beginning of the name or the slug, in upper or lower case.'),
  status: z.enum(PARTNER_STATUSES).optional().describe('Only items with this status.'),
})
export type PartnerQuery = z.output<typeof PartnerQuery>

/** An organization that runs tenants on this installation: a reseller, a department, or the operator. */
export type Partner = NounOf<typeof PartnerFields>

/** The schema of a partner in admin responses. */
export const PartnerView = z.object(PartnerFields.view)
export type PartnerView = z.output<typeof PartnerView>
