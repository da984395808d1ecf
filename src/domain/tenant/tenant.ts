// The fields and views of tenants.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, VERSIONED } from '#kernel/declared-fields.ts'
import { assuranceLevel, emailAddress, freeObject, idOf, idOut, ifVersion, label, ownerSlug } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { TENANT_FILTER } from './tenant-filter.ts'
import { brandingObject, settingsObject } from './tenant-objects.ts'

export const TENANT_STATUSES = ['active', 'suspended'] as const

/** The first tenant of every installation. */
export const DEFAULT_TENANT = 'default'

/** The fields of a tenant. */
export const TenantFields = declare({
  id: constant(idOut('tenant')),
  partnerId: editable(idOf('partner').describe('The new partner of the tenant. Its limits must allow the tenant.')),
  name: editable(label(200).describe('The display name.')),
  slug: editable(ownerSlug.describe('A unique name for URLs.')),
  status: editable(
    z.enum(TENANT_STATUSES).describe('The realms of a suspended tenant do not sign in users and do not issue tokens.'),
    { initial: 'active' },
  ),
  contactEmail: editable(emailAddress.nullable().describe('The contact address.'), { initial: null, audited: 'name' }),
  adminMinAal: editable(
    assuranceLevel.describe(
      'The least assurance level of the sign-ins of its administrators. With 2, each needs a second factor, and who has none sets one up at the next sign-in.',
    ),
    { initial: 1 },
  ),
  settings: editable(
    settingsObject.describe(
      'Any JSON object; stored and returned unchanged. mfa has no effect and cannot be switched on: min_aal of a realm demands second factors.',
    ),
    { initial: {}, audited: 'name' },
  ),
  branding: editable(
    brandingObject.describe(
      'Any JSON object; stored and returned unchanged. The hosted pages show color (#rrggbb) and logo (a data: URL).',
    ),
    { initial: {}, audited: 'name' },
  ),
  ...VERSIONED,
})

/** The input for a new tenant. */
export const NewTenant = z.strictObject({
  ...TenantFields.creation,
  partnerId: idOf('partner')
    .optional()
    .describe('The partner that runs the tenant. Default: the internal partner of the operator.'),
})
export type NewTenant = z.output<typeof NewTenant>

const members = freeObject().optional()
const { partnerId, ...patch } = TenantFields.patch

/** The input for an update of a tenant; absent members stay unchanged; some objects are replaced, others are merged. */
export const TenantPatch = z.strictObject({
  id: idOf('tenant'),
  ...patch,
  settingsMembers: members.describe('The changes of settings: each member with its new value, or null to remove it.'),
  brandingMembers: members.describe('The changes of branding: each member with its new value, or null to remove it.'),
  partnerId,
  ifVersion,
})
export type TenantPatch = z.output<typeof TenantPatch>

export const TenantQuery = listQuery('created_at').extend({
  search: label(200).optional().describe('The beginning of the name or the slug, in upper or lower case.'),
  status: z.enum(TENANT_STATUSES).optional().describe('Only items with this status.'),
  partnerId: TENANT_FILTER.partnerId,
})
export type TenantQuery = z.output<typeof TenantQuery>

/** One customer’s part of the installation: realms, users, clients, resources and an event chain. */
export type Tenant = NounOf<typeof TenantFields>

/** The schema of a tenant in admin responses. */
export const TenantView = z.object(TenantFields.view)
export type TenantView = z.output<typeof TenantView>
