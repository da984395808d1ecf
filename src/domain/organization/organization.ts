import * as z from 'zod'
import { freeObject, idOf, idOut, ifVersion, label, slug, time } from '#kernel/field.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import { grantedPermissions } from '../role/role.ts'

/** The role whose last holder an organization keeps. */
export const ADMIN = 'admin'

const logoUrl = z.url({ protocol: /^https$/ }).max(2000)

const fields = {
  name: label(255),
  slug: slug.describe('Unique in the tenant.'),
  logoUrl: logoUrl.nullable().describe('An https address of a picture.'),
  settings: freeObject().describe('Any JSON object; given back as it came.'),
}

/** What a new organization needs: a name. */
export const NewOrganization = z.strictObject({
  name: fields.name,
  slug: fields.slug.optional().describe('Unique in the tenant; made from the name unless told.'),
  logoUrl: fields.logoUrl.default(null),
  settings: fields.settings.default({}),
})
export type NewOrganization = z.output<typeof NewOrganization>

/** What may be changed about an organization; what is left out stays, settings are replaced whole. */
export const OrganizationPatch = z.strictObject({
  id: idOf('organization'),
  ...z.strictObject(fields).partial().shape,
  ifVersion,
})
export type OrganizationPatch = z.output<typeof OrganizationPatch>

export const OrganizationPage = PageQuery.extend({ id: idOf('organization') })
export type OrganizationPage = z.output<typeof OrganizationPage>

export const OrganizationSurvey = NumberedQuery.extend({ id: idOf('organization') })
export type OrganizationSurvey = z.output<typeof OrganizationSurvey>

export const OrganizationsOfUser = PageQuery.extend({ id: idOf('user') })
export type OrganizationsOfUser = z.output<typeof OrganizationsOfUser>

/** What a member is in an organization: admin, member, or a word of the application’s own. */
export const memberRole = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, '1 to 63 lower-case letters, digits, underscores and hyphens')

export const NewMember = z.strictObject({
  id: idOf('organization'),
  userId: idOf('user'),
  role: memberRole.default('member').describe('admin, member or a word of your own.'),
  permissions: grantedPermissions.default([]).describe('What the member may do in the organization besides.'),
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

/** A team of users: a customer company of a tenant, for one. */
export interface Organization {
  readonly id: string
  readonly tenantId: string
  readonly directoryId: string
  readonly name: string
  readonly slug: string
  readonly logoUrl: string | null
  readonly settings: Readonly<Record<string, unknown>>
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** An organization as admin surfaces show it. */
export const OrganizationView = z.object({
  id: idOut('organization'),
  tenantId: idOut('tenant'),
  directoryId: idOut('directory'),
  name: z.string(),
  slug: z.string(),
  logoUrl: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type OrganizationView = z.output<typeof OrganizationView>

/** What a user is in one organization. */
export interface Member {
  readonly userId: string
  readonly role: string
  readonly permissions: readonly string[]
  readonly joinedAt: number
}

export const MemberView = z.object({
  userId: idOut('user'),
  email: z.string(),
  name: z.string().nullable(),
  role: z.string(),
  permissions: z.array(z.string()),
  joinedAt: time,
})
export type MemberView = z.output<typeof MemberView>

/** An organization that a user is a member of. */
export const OrganizationOfUser = OrganizationView.extend({
  role: z.string(),
  permissions: z.array(z.string()),
  joinedAt: time,
})
export type OrganizationOfUser = z.output<typeof OrganizationOfUser>

/** An organization, ready to be shown. */
export function viewOrganization(organization: Organization): OrganizationView {
  return { ...organization, settings: { ...organization.settings } }
}
