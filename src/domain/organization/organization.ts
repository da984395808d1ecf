// The fields and views of organizations, and the inputs of the operations on their members.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label, ownerSlug, time } from '#kernel/field.ts'
import { listQuery, offsetQuery } from '#kernel/page.ts'
import { grantedPermissions } from '../role/role.ts'
import { settingsObject } from '../tenant/tenant-objects.ts'

/** The role that an organization must always have. */
export const ADMIN = 'admin'

const logoUrl = z.url({ protocol: /^https$/ }).max(2000)

/** The fields of an organization. */
export const OrganizationFields = declare({
  id: constant(idOut('organization')),
  tenantId: constant(idOut('tenant')),
  directoryId: constant(idOut('directory')),
  name: editable(label(255)),
  slug: editable(ownerSlug.describe('Unique in the tenant.')),
  logoUrl: editable(logoUrl.nullable().describe('An https address of a picture.'), { initial: null }),
  settings: editable(
    settingsObject.describe('Any JSON object; stored and returned unchanged. mfa cannot be required.'),
    {
      initial: {},
      audited: 'name',
    },
  ),
  ...VERSIONED,
})

/** The input for a new organization; only the name is required. */
export const NewOrganization = z.strictObject({
  ...OrganizationFields.creation,
  slug: ownerSlug.optional().describe('Unique in the tenant. Default: derived from the name.'),
})
export type NewOrganization = z.output<typeof NewOrganization>

/** The input for an update of an organization; absent members stay unchanged, settings are replaced. */
export const OrganizationPatch = z.strictObject({ id: idOf('organization'), ...OrganizationFields.patch, ifVersion })
export type OrganizationPatch = z.output<typeof OrganizationPatch>

export const OrganizationQuery = listQuery('created_at')
export type OrganizationQuery = z.output<typeof OrganizationQuery>

/** The query of a list that belongs to one organization. */
export const OrganizationPage = OrganizationQuery.extend({ id: idOf('organization') })
export type OrganizationPage = z.output<typeof OrganizationPage>

export const OrganizationsOfUser = offsetQuery.extend({ id: idOf('user') })
export type OrganizationsOfUser = z.output<typeof OrganizationsOfUser>

/** The role of a member in an organization: admin, member, or a name that the application defines. */
export const memberRole = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, '1 to 63 lower-case letters, digits, underscores and hyphens')

export const NewMember = z.strictObject({
  id: idOf('organization'),
  userId: idOf('user'),
  role: memberRole.default('member').describe('admin, member or your own value.'),
  permissions: grantedPermissions.default([]).describe('Additional permissions of the member in the organization.'),
})
export type NewMember = z.output<typeof NewMember>

export const MemberPatch = z.strictObject({
  id: idOf('organization'),
  userId: idOf('user'),
  role: memberRole.optional(),
  permissions: grantedPermissions.optional(),
})
export type MemberPatch = z.output<typeof MemberPatch>

export const MemberKey = z.strictObject({ id: idOf('organization'), userId: idOf('user') })
export type MemberKey = z.output<typeof MemberKey>

/** A team of users, for example the employees of a tenant's customer. */
export type Organization = NounOf<typeof OrganizationFields>

/** The schema of an organization in admin responses. */
export const OrganizationView = z.object(OrganizationFields.view)
export type OrganizationView = z.output<typeof OrganizationView>

/** The membership of a user in one organization. */
export interface Member {
  readonly userId: string
  readonly role: string
  readonly permissions: readonly string[]
  readonly joinedAt: number
}

/** An organization, and the membership of a user in it. */
export type Membership = Organization & Member

export const MemberView = z.object({
  userId: idOut('user'),
  email: z.string(),
  name: z.string().nullable(),
  role: z.string(),
  permissions: z.array(z.string()),
  joinedAt: time,
})
export type MemberView = z.output<typeof MemberView>

/** An organization of a user, with the membership. */
export const OrganizationOfUser = OrganizationView.extend({
  role: z.string(),
  permissions: z.array(z.string()),
  joinedAt: time,
})
export type OrganizationOfUser = z.output<typeof OrganizationOfUser>

/** Returns the view of an organization. */
export function viewOrganization(organization: Organization): OrganizationView {
  return OrganizationFields.show(organization)
}
