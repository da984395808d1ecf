import * as z from 'zod'
import { emailAddress, freeObject, idOf, idOut, ifVersion, label, slug, time } from '#kernel/field.ts'
import { PageQuery } from '#kernel/page.ts'

export const TENANT_STATUSES = ['active', 'suspended'] as const

/** The tenant that every installation has. */
export const DEFAULT_TENANT = 'default'

const fields = {
  name: label(200).describe('What people call it.'),
  slug: slug.describe('A unique name for URLs.'),
  contactEmail: emailAddress.nullable().describe('Whom to write to.'),
  settings: freeObject().describe('Any JSON object; given back as it came.'),
  branding: freeObject().describe('Any JSON object; given back as it came.'),
}

/** What a new tenant needs. */
export const NewTenant = z.strictObject({
  partnerId: idOf('partner').optional().describe('Who runs it; the operator’s own partner unless told.'),
  name: fields.name,
  slug: fields.slug,
  contactEmail: fields.contactEmail.default(null),
  settings: fields.settings.default({}),
  branding: fields.branding.default({}),
})
export type NewTenant = z.output<typeof NewTenant>

/** What may be changed about a tenant; what is left out stays, objects are replaced whole. */
export const TenantPatch = z.strictObject({ id: idOf('tenant'), ...z.strictObject(fields).partial().shape, ifVersion })
export type TenantPatch = z.output<typeof TenantPatch>

export const TenantQuery = PageQuery.extend({
  partnerId: idOf('partner').optional().describe('Only this partner’s.'),
  status: z.enum(TENANT_STATUSES).optional().describe('Only those of this status.'),
})
export type TenantQuery = z.output<typeof TenantQuery>

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
