// The fields and views of roles, their permissions and their assignments.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, VERSIONED } from '#kernel/declared-fields.ts'
import { comparedName, idOf, idOut, ifVersion, label } from '#kernel/field.ts'
import { forwardQuery, listQuery } from '#kernel/page.ts'

const WORD = '[A-Za-z0-9][A-Za-z0-9._-]{0,62}'

/** A permission that an application defines, or a wildcard. */
export const grantedPermission = z
  .string()
  .regex(new RegExp(`^(\\*|(\\*|${WORD}):(\\*|${WORD}))$`), 'not noun:verb, noun:*, *:verb or *')

/** How many roles the claims `roles` and `org_roles` have. */
export const ROLES_CLAIM_MAX = 200

/** A list of permissions, without duplicates. */
export const grantedPermissions = z
  .array(grantedPermission)
  .max(200)
  .refine((list) => new Set(list).size === list.length, { message: 'each permission once' })

/** A permission without wildcards, for a check. */
export const exactPermission = z.string().regex(new RegExp(`^${WORD}:${WORD}$`), 'not noun:verb')

/** The fields of a role. */
export const RoleFields = declare({
  id: constant(idOut('role')),
  name: editable(
    comparedName(100).describe(
      'Unique among the roles of the realm, or of the organization; upper and lower case are equal.',
    ),
  ),
  description: editable(label(1000).nullable(), { initial: null }),
  permissions: editable(
    grantedPermissions.describe('noun:verb, with the terms of your application; noun:*, *:verb and * are wildcards.'),
    { initial: [] },
  ),
  organizationId: fixed(
    idOf('organization').nullable().describe('The organization that it belongs to: only its members can have it.'),
    { initial: null, view: idOut('organization').nullable() },
  ),
  tenantId: constant(z.string(), { view: null }),
  realmId: constant(z.string(), { view: null }),
  ...VERSIONED,
})

/** The input for a new role; only the name is required. */
export const NewRole = z.strictObject(RoleFields.creation)
export type NewRole = z.output<typeof NewRole>

/** The query of the roles of a realm, or of one of its organizations. */
export const RoleQuery = listQuery('created_at').extend({
  organizationId: idOf('organization')
    .optional()
    .describe('An organization whose own roles are listed. Default: those of the realm.'),
})
export type RoleQuery = z.output<typeof RoleQuery>

/** The input for an update of a role; absent members stay unchanged, permissions are replaced. */
export const RolePatch = z.strictObject({ id: idOf('role'), ...RoleFields.patch, ifVersion })
export type RolePatch = z.output<typeof RolePatch>

/** A named set of permissions for the users of applications. */
export type Role = NounOf<typeof RoleFields>

/** The schema of a role in admin responses. */
export const RoleView = z.object(RoleFields.view)
export type RoleView = z.output<typeof RoleView>

/** The subject of an assignment: a user, a group, or a user as a member of an organization. */
export const RoleSubject = z
  .strictObject({
    id: idOf('role'),
    userId: idOf('user').optional(),
    groupId: idOf('group').optional(),
    organizationId: idOf('organization')
      .optional()
      .describe('Only with user_id: the user has the role only in this organization.'),
  })
  .refine(({ userId, groupId, organizationId }) => !userId !== !groupId && !(organizationId && groupId), {
    message: 'say a user, a group, or a user and an organization',
  })
export type RoleSubject = z.output<typeof RoleSubject>

export const RolePage = forwardQuery.extend({ id: idOf('role') })
export type RolePage = z.output<typeof RolePage>

/** The query of the roles of a user. */
export const RolesOfUser = forwardQuery.extend({ id: idOf('user') })
export type RolesOfUser = z.output<typeof RolesOfUser>

export const SUBJECT_KINDS = ['user', 'group', 'organization_member'] as const

/** One assignment of a role. */
export interface Assignment {
  readonly kind: (typeof SUBJECT_KINDS)[number]
  /** The display name of the user or the group. */
  readonly subjectId: string
  readonly organizationId: string | null
}

export const AssignmentView = z.object({
  kind: z.enum(SUBJECT_KINDS),
  userId: idOut('user').nullable(),
  groupId: idOut('group').nullable(),
  organizationId: idOut('organization').nullable(),
})
export type AssignmentView = z.output<typeof AssignmentView>

/** The query of a check: whether a user has a permission, anywhere or in one organization. */
export const Question = z.strictObject({
  userId: idOf('user'),
  permission: exactPermission.describe('noun:verb.'),
  organizationId: idOf('organization').optional().describe('An organization whose roles and permissions are included.'),
})
export type Question = z.output<typeof Question>

export const PermissionsQuery = z.strictObject({
  id: idOf('user'),
  organizationId: idOf('organization').optional().describe('An organization whose roles and permissions are included.'),
})
export type PermissionsQuery = z.output<typeof PermissionsQuery>

/** The source of a permission: a role and its subject, or the membership in the organization. */
export const SourceView = z.object({
  permission: z.string(),
  kind: z.enum([...SUBJECT_KINDS, 'membership']),
  roleId: idOut('role').nullable(),
  role: z.string().nullable(),
  groupId: idOut('group').nullable(),
  organizationId: idOut('organization').nullable(),
})
export type SourceView = z.output<typeof SourceView>

export const Verdict = z.object({ allowed: z.boolean(), via: z.array(SourceView) })
export type Verdict = z.output<typeof Verdict>

export const PermissionsView = z.object({ permissions: z.array(z.string()), via: z.array(SourceView) })
export type PermissionsView = z.output<typeof PermissionsView>

/** The permissions and wildcards that match a permission. */
export function coveredBy(permission: string): [string, string, string, string] {
  const [noun, verb] = permission.split(':')
  return [permission, `${noun}:*`, `*:${verb}`, '*']
}

/** Whether a role can be had in an organization, or outside of any. A role of the realm can be had everywhere. */
export function holdsIn(
  { organizationId: own }: Pick<Role, 'organizationId'>,
  organizationId: string | null | undefined,
): boolean {
  return own === null || own === organizationId
}

/** Returns the view of a role, without internal fields. */
export function viewRole(role: Role): RoleView {
  return RoleFields.show(role)
}
