import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { PageQuery } from '#kernel/page.ts'

const WORD = '[A-Za-z0-9][A-Za-z0-9._-]{0,62}'

/** A permission of an application’s own vocabulary, wildcards among them. */
export const grantedPermission = z
  .string()
  .regex(new RegExp(`^(\\*|(\\*|${WORD}):(\\*|${WORD}))$`), 'not noun:verb, noun:*, *:verb or *')

/** A list of permissions, each once. */
export const grantedPermissions = z
  .array(grantedPermission)
  .max(200)
  .refine((list) => new Set(list).size === list.length, { message: 'each permission once' })

/** A permission that is asked about: no wildcard. */
export const askedPermission = z.string().regex(new RegExp(`^${WORD}:${WORD}$`), 'not noun:verb')

const fields = {
  name: label(100).describe('Unique in the realm.'),
  description: label(1000).nullable(),
  permissions: grantedPermissions.describe(
    'noun:verb in the words of your application; noun:*, *:verb and * are wildcards.',
  ),
}

/** What a new role needs: a name. */
export const NewRole = z.strictObject({
  name: fields.name,
  description: fields.description.default(null),
  permissions: fields.permissions.default([]),
})
export type NewRole = z.output<typeof NewRole>

/** What may be changed about a role; what is left out stays, permissions are replaced whole. */
export const RolePatch = z.strictObject({ id: idOf('role'), ...z.strictObject(fields).partial().shape, ifVersion })
export type RolePatch = z.output<typeof RolePatch>

/** Whom a role is given to: a user, a group, or a user as a member of an organization. */
export const RoleSubject = z
  .strictObject({
    id: idOf('role'),
    userId: idOf('user').optional(),
    groupId: idOf('group').optional(),
    organizationId: idOf('organization').optional().describe('With user_id: the user has the role in it only.'),
  })
  .refine(({ userId, groupId, organizationId }) => !userId !== !groupId && !(organizationId && groupId), {
    message: 'say a user, a group, or a user and an organization',
  })
export type RoleSubject = z.output<typeof RoleSubject>

export const RolePage = PageQuery.extend({ id: idOf('role') })
export type RolePage = z.output<typeof RolePage>

/** What users of applications may do, under a name. */
export interface Role {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly name: string
  readonly description: string | null
  readonly permissions: readonly string[]
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A role as admin surfaces show it. */
export const RoleView = z.object({
  id: idOut('role'),
  name: z.string(),
  description: z.string().nullable(),
  permissions: z.array(z.string()),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type RoleView = z.output<typeof RoleView>

export const SUBJECT_KINDS = ['user', 'group', 'organization_member'] as const

/** Who has a role. */
export interface Assignment {
  readonly kind: (typeof SUBJECT_KINDS)[number]
  /** A user’s or group’s. */
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

/** Whether a user may do something, anywhere or in one organization. */
export const Question = z.strictObject({
  userId: idOf('user'),
  permission: askedPermission.describe('noun:verb.'),
  organizationId: idOf('organization').optional().describe('What the user has there counts too.'),
})
export type Question = z.output<typeof Question>

export const PermissionsQuery = z.strictObject({
  id: idOf('user'),
  organizationId: idOf('organization').optional().describe('What the user has there counts too.'),
})
export type PermissionsQuery = z.output<typeof PermissionsQuery>

/** Where a permission comes from: a role and whom it was given to, or the membership in an organization itself. */
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

/** The permissions and wildcards that cover one. */
export function coveredBy(permission: string): [string, string, string, string] {
  const [noun, verb] = permission.split(':')
  return [permission, `${noun}:*`, `*:${verb}`, '*']
}

/** A role without what only the server needs. */
export function viewRole({ tenantId: _, realmId: __, ...shown }: Role): RoleView {
  return { ...shown, permissions: [...shown.permissions] }
}
