import * as z from 'zod'
import { emailAddress, idOf, idOut, ifVersion, label, slug, time } from '#kernel/field.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'

export const PARTNER_STATUSES = ['active', 'suspended'] as const

/** The partner that every installation has; tenants that name none are its. */
export const INTERNAL_PARTNER = 'internal'

const limit = z.number().int().min(0).max(1_000_000_000).nullable()

const fields = {
  name: label(200).describe('What people call it.'),
  slug: slug.describe('A unique name for URLs.'),
  status: z
    .enum(PARTNER_STATUSES)
    .describe('The realms of a suspended partner’s tenants sign nobody in and issue no tokens.'),
  contactEmail: emailAddress.nullable().describe('Whom to write to.'),
  maxTenants: limit.describe('How many tenants it may have; null for any number.'),
  maxUsersPerTenant: limit.describe('How many users each of its tenants may have; null for any number.'),
  maxApplicationsPerTenant: limit.describe('How many applications each of its tenants may have; null for any number.'),
}

/** What a new partner needs. */
export const NewPartner = z.strictObject({
  name: fields.name,
  slug: fields.slug,
  status: fields.status.default('active'),
  contactEmail: fields.contactEmail.default(null),
  maxTenants: fields.maxTenants.default(null),
  maxUsersPerTenant: fields.maxUsersPerTenant.default(null),
  maxApplicationsPerTenant: fields.maxApplicationsPerTenant.default(null),
})
export type NewPartner = z.output<typeof NewPartner>

/** What may be changed about a partner; what is left out stays. Limits hold from the next creation on. */
export const PartnerPatch = z.strictObject({
  id: idOf('partner'),
  ...z.strictObject(fields).partial().shape,
  ifVersion,
})
export type PartnerPatch = z.output<typeof PartnerPatch>

export const PartnerQuery = PageQuery.extend({
  status: z.enum(PARTNER_STATUSES).optional().describe('Only those of this status.'),
})
export type PartnerQuery = z.output<typeof PartnerQuery>

/** A numbered page of partners, of those that are asked for. */
export const PartnerSurvey = NumberedQuery.extend({
  search: label(200).optional().describe('What the name or the slug starts with, whatever its case.'),
  status: z.enum(PARTNER_STATUSES).optional(),
})
export type PartnerSurvey = z.output<typeof PartnerSurvey>

/** Who runs tenants on this installation: a reseller, a department, the operator. */
export interface Partner {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly status: (typeof PARTNER_STATUSES)[number]
  readonly contactEmail: string | null
  readonly maxTenants: number | null
  readonly maxUsersPerTenant: number | null
  readonly maxApplicationsPerTenant: number | null
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A partner as admin surfaces show it. */
export const PartnerView = z.object({
  id: idOut('partner'),
  name: z.string(),
  slug: z.string(),
  status: z.enum(PARTNER_STATUSES),
  contactEmail: z.string().nullable(),
  maxTenants: z.number().int().nullable(),
  maxUsersPerTenant: z.number().int().nullable(),
  maxApplicationsPerTenant: z.number().int().nullable(),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type PartnerView = z.output<typeof PartnerView>
