import * as z from 'zod'
import { emailAddress, freeObject, idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import { AMONG } from '../tenant/among.ts'
import { hasSecondFactor } from './second-factor.ts'

export const USER_STATUSES = ['active', 'suspended'] as const

const password = z.string().max(1024).meta({ format: 'password', writeOnly: true })

const fields = {
  email: emailAddress.describe('Kept in the spelling that is given; unique in the directory whatever its case.'),
  emailVerified: z.boolean().describe('Whether the address is known to be the user’s.'),
  name: label(200).nullable().describe('What people call the user.'),
  givenName: label(200).nullable(),
  familyName: label(200).nullable(),
  username: label(254).nullable().describe('Another name of the user; unique in the directory whatever its case.'),
  title: label(200).nullable(),
  department: label(200).nullable(),
  reportsTo: idOf('user').nullable().describe('Whom the user reports to: a user of the same directory.'),
  phone: label(50).nullable(),
  employeeId: label(100).nullable(),
  externalId: label(255).nullable().describe('What a directory elsewhere calls the user.'),
  status: z.enum(USER_STATUSES).describe('A suspended user cannot sign in, and has no sessions and no tokens.'),
  attributes: freeObject().describe('Any JSON object; given back as it came.'),
}

/** What a new user needs: an address; a user without a password cannot sign in with one. */
export const NewUser = z.strictObject({
  email: fields.email,
  emailVerified: fields.emailVerified.default(false),
  name: fields.name.default(null),
  givenName: fields.givenName.default(null),
  familyName: fields.familyName.default(null),
  username: fields.username.default(null),
  title: fields.title.default(null),
  department: fields.department.default(null),
  reportsTo: fields.reportsTo.default(null),
  phone: fields.phone.default(null),
  employeeId: fields.employeeId.default(null),
  externalId: fields.externalId.default(null),
  status: fields.status.default('active'),
  attributes: fields.attributes.default({}),
  password: password.optional().describe('8 to 256 characters; never shown again.'),
})
export type NewUser = z.output<typeof NewUser>

/** What may be changed about a user; what is left out stays, attributes are replaced whole. */
export const UserPatch = z.strictObject({ id: idOf('user'), ...z.strictObject(fields).partial().shape, ifVersion })
export type UserPatch = z.output<typeof UserPatch>

export const PasswordChange = z.strictObject({ id: idOf('user'), password: password.describe('8 to 256 characters.') })
export type PasswordChange = z.output<typeof PasswordChange>

/** A new password, or the wish for one that nobody chose. */
export const PasswordReset = z.strictObject({
  id: idOf('user'),
  password: password.optional().describe('8 to 256 characters; where it is left out one is made, and shown this once.'),
})
export type PasswordReset = z.output<typeof PasswordReset>

export const UserQuery = PageQuery.extend({
  search: label(200).optional().describe('What the e-mail address or the name starts with, whatever its case.'),
  status: z.enum(USER_STATUSES).optional().describe('Only those of this status.'),
})
export type UserQuery = z.output<typeof UserQuery>

/** A numbered page of users, of those that are asked for. */
export const UserSurvey = NumberedQuery.extend({
  search: UserQuery.shape.search.describe(
    'What the e-mail address or the name starts with, whatever its case; or an id.',
  ),
  status: UserQuery.shape.status,
  ...AMONG,
})
export type UserSurvey = z.output<typeof UserSurvey>

/** Who a user is at work. */
export interface WorkProfile {
  readonly title: string | null
  readonly department: string | null
  readonly reportsTo: string | null
  readonly phone: string | null
  readonly employeeId: string | null
}

/** What is known of a user’s work where nothing is. */
export const NO_PROFILE: WorkProfile = { title: null, department: null, reportsTo: null, phone: null, employeeId: null }

/** A person in a directory. */
export interface User extends WorkProfile {
  readonly id: string
  readonly tenantId: string
  readonly directoryId: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly username: string | null
  readonly externalId: string | null
  readonly status: (typeof USER_STATUSES)[number]
  /** A role in the administration of tenants; no input sets it. */
  readonly adminRole: string | null
  /** Whose tenants a partner_admin administers. */
  readonly adminPartnerId: string | null
  readonly passwordSetAt: number | null
  readonly attributes: Readonly<Record<string, unknown>>
  readonly lastSignInAt: number | null
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A user as admin surfaces show it: never the password’s hash. */
export const UserView = z.object({
  id: idOut('user'),
  tenantId: idOut('tenant'),
  email: z.string(),
  emailVerified: z.boolean(),
  name: z.string().nullable(),
  givenName: z.string().nullable(),
  familyName: z.string().nullable(),
  username: z.string().nullable(),
  title: z.string().nullable(),
  department: z.string().nullable(),
  reportsTo: idOut('user').nullable(),
  phone: z.string().nullable(),
  employeeId: z.string().nullable(),
  externalId: z.string().nullable(),
  status: z.enum(USER_STATUSES),
  hasPassword: z.boolean(),
  hasSecondFactor: z.boolean(),
  attributes: z.record(z.string(), z.unknown()),
  lastSignInAt: time.nullable(),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type UserView = z.output<typeof UserView>

/** A user whose password was set; with the password where it was made for the user. */
export const PasswordSet = UserView.extend({
  generatedPassword: z.string().optional().describe('Shown this once.').meta({ readOnly: true }),
})
export type PasswordSet = z.output<typeof PasswordSet>

/** A user without what only the server needs. */
export function viewUser(user: User): UserView {
  const { directoryId: _, adminRole: __, adminPartnerId: ___, passwordSetAt, ...shown } = user
  return {
    ...shown,
    hasPassword: passwordSetAt !== null,
    hasSecondFactor: hasSecondFactor(user),
    attributes: { ...shown.attributes },
  }
}

/** The form of an address that is unique in a directory: two spellings of one mailbox have the same. */
export function emailKey(email: string): string {
  return foldCase(email)
}

/** The form of a user name that is unique in a directory; null where the user has none. */
export function usernameKey({ username }: Pick<User, 'username'>): string | null {
  return username === null ? null : foldCase(username)
}

/** The form of a user’s name that searches compare with; null where the user has none. */
export function nameKey({
  name,
  givenName,
  familyName,
}: Pick<User, 'name' | 'givenName' | 'familyName'>): string | null {
  const known = name ?? [givenName, familyName].filter((part) => part !== null).join(' ')
  return known === '' ? null : foldCase(known)
}
