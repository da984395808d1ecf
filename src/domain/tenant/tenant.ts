import * as z from 'zod'
import { emailAddress, freeObject, idOf, idOut, ifVersion, label, slug, time } from '#kernel/field.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import { AMONG } from './among.ts'

export const TENANT_STATUSES = ['active', 'suspended'] as const

/** The tenant that every installation has. */
export const DEFAULT_TENANT = 'default'

const fields = {
  name: label(200).describe('What people call it.'),
  slug: slug.describe('A unique name for URLs.'),
  status: z.enum(TENANT_STATUSES).describe('The realms of a suspended tenant sign nobody in and issue no tokens.'),
  contactEmail: emailAddress.nullable().describe('Whom to write to.'),
  settings: freeObject().describe('Any JSON object; given back as it came.'),
  branding: freeObject().describe('Any JSON object; given back as it came.'),
}

/** What a new tenant needs. */
export const NewTenant = z.strictObject({
  partnerId: idOf('partner').optional().describe('Who runs it; the operator’s own partner unless told.'),
  name: fields.name,
  slug: fields.slug,
  status: fields.status.default('active'),
  contactEmail: fields.contactEmail.default(null),
  settings: fields.settings.default({}),
  branding: fields.branding.default({}),
})
export type NewTenant = z.output<typeof NewTenant>

const members = freeObject().optional()

/** What may be changed about a tenant; what is left out stays, objects are replaced whole or member by member. */
export const TenantPatch = z.strictObject({
  id: idOf('tenant'),
  ...z.strictObject(fields).partial().shape,
  settingsMembers: members.describe('What of settings changes: each member as it is to be, null to remove it.'),
  brandingMembers: members.describe('What of branding changes: each member as it is to be, null to remove it.'),
  partnerId: idOf('partner').optional().describe('Who runs it from then on: a partner that has room for it.'),
  ifVersion,
})
export type TenantPatch = z.output<typeof TenantPatch>

export const TenantQuery = PageQuery.extend({
  partnerId: idOf('partner').optional().describe('Only this partner’s.'),
  status: z.enum(TENANT_STATUSES).optional().describe('Only those of this status.'),
})
export type TenantQuery = z.output<typeof TenantQuery>

/** A numbered page of tenants, of those that are asked for. */
export const TenantSurvey = NumberedQuery.extend({
  search: label(200).optional().describe('What the name or the slug starts with, whatever its case.'),
  status: z.enum(TENANT_STATUSES).optional(),
  partnerId: AMONG.partnerId,
})
export type TenantSurvey = z.output<typeof TenantSurvey>

/** One customer’s part of the installation: realms, users, clients, resources and a chain of events of its own. */
export interface Tenant {
  readonly id: string
  readonly partnerId: string
  readonly name: string
  readonly slug: string
  readonly status: (typeof TENANT_STATUSES)[number]
  readonly contactEmail: string | null
  readonly settings: Readonly<Record<string, unknown>>
  readonly branding: Readonly<Record<string, unknown>>
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A tenant as admin surfaces show it. */
export const TenantView = z.object({
  id: idOut('tenant'),
  partnerId: idOut('partner'),
  name: z.string(),
  slug: z.string(),
  status: z.enum(TENANT_STATUSES),
  contactEmail: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  branding: z.record(z.string(), z.unknown()),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type TenantView = z.output<typeof TenantView>
