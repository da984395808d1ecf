// The fields and views of users, and the normalized forms of names and addresses.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { emailAddress, freeObject, idOf, idOut, ifVersion, label, time, username } from '#kernel/field.ts'
import { nameKey } from '#kernel/identity-text.ts'
import { listQuery } from '#kernel/page.ts'
import { TENANT_FILTER } from '../tenant/tenant-filter.ts'
import { PERSON_FIELDS } from './person.ts'

export const USER_STATUSES = ['active', 'suspended'] as const

const password = z.string().max(1024).meta({ format: 'password', writeOnly: true })

/** The fields of a user. The fields of the profile share one column. */
export const UserFields = declare({
  id: constant(idOut('user')),
  tenantId: constant(idOut('tenant')),
  email: editable(
    emailAddress.describe(
      'Unique in the directory: upper and lower case, and a domain and its punycode form, are equal.',
    ),
  ),
  emailVerified: editable(z.boolean().describe('Whether the address is verified.'), { initial: false }),
  name: editable(label(200).nullable().describe('The display name of the user.'), { initial: null, audited: 'name' }),
  givenName: editable(label(200).nullable(), { initial: null, audited: 'name' }),
  familyName: editable(label(200).nullable(), { initial: null, audited: 'name' }),
  username: editable(
    username
      .nullable()
      .describe(
        'A user name; unique in the directory, where upper and lower case are equal. Of letters, digits and ASCII signs.',
      ),
    { initial: null },
  ),
  title: editable(label(200).nullable(), { initial: null, codec: null }),
  department: editable(label(200).nullable(), { initial: null, codec: null }),
  reportsTo: editable(idOf('user').nullable().describe('The manager: a user of the same directory.'), {
    initial: null,
    codec: null,
  }),
  phone: editable(label(50).nullable(), { initial: null, codec: null, audited: 'name' }),
  phoneVerified: editable(
    z.boolean().describe('Whether the phone number is verified. A new number is not, unless the update says so.'),
    { initial: false, codec: null },
  ),
  employeeId: editable(label(100).nullable(), { initial: null, codec: null, audited: 'name' }),
  ...PERSON_FIELDS,
  externalId: editable(label(255).nullable().describe('The id of the user in an external directory.'), {
    initial: null,
  }),
  status: editable(
    z.enum(USER_STATUSES).describe('A suspended user cannot sign in and has no sessions and no tokens.'),
    { initial: 'active' },
  ),
  attributes: editable(freeObject().describe('Any JSON object; stored and returned unchanged.'), {
    initial: {},
    audited: 'name',
  }),
  /** Sign-ins write it; updates do not. */
  lastSignInAt: constant(time.nullable()),
  ...VERSIONED,
  directoryId: constant(z.string(), { view: null }),
  /** The administrator role; no input contains it. */
  adminRole: managed(z.string().nullable(), { view: null, audited: 'values' }),
  /** The partner whose tenants a partner_admin administers. */
  adminPartnerId: managed(idOut('partner').nullable(), { view: null, audited: 'values' }),
  /** Written together with the password; updates do not change it. */
  passwordSetAt: constant(z.number().nullable(), { view: null }),
  /** How many authenticators are second factors; written together with them. */
  secondFactors: constant(z.number().int(), { view: null }),
  /** The trigger and the realm of the flow that the next sign-in there has to pass first, as `dueAt` writes it. */
  dueTrigger: constant(z.string().nullable(), { view: null }),
})

/** The input for a new user; only the address is required. A user without a password cannot sign in with one. */
export const NewUser = z.strictObject({
  ...UserFields.creation,
  password: password
    .optional()
    .describe('8 to 256 characters, or more where password_min_length of the realm says so; never shown again.'),
})
export type NewUser = z.output<typeof NewUser>

/** The input for an update of a user; absent members stay unchanged, attributes are replaced. */
export const UserPatch = z.strictObject({ id: idOf('user'), ...UserFields.patch, ifVersion })
export type UserPatch = z.output<typeof UserPatch>

export const PasswordChange = z.strictObject({
  id: idOf('user'),
  password: password.describe('8 to 256 characters, or more where password_min_length of the realm says so.'),
})
export type PasswordChange = z.output<typeof PasswordChange>

/** A new password, or the request to generate one. */
export const PasswordReset = z.strictObject({
  id: idOf('user'),
  password: password
    .optional()
    .describe(
      '8 to 256 characters, or more where password_min_length of the realm says so; where it is left out one is made, and shown this once.',
    ),
})
export type PasswordReset = z.output<typeof PasswordReset>

export const UserQuery = listQuery('created_at', 'email').extend({
  search: label(200)
    .optional()
    .describe('The beginning of the e-mail address or the name, in upper or lower case. Without a realm, also an id.'),
  status: z.enum(USER_STATUSES).optional().describe('Only items with this status.'),
  ...TENANT_FILTER,
})
export type UserQuery = z.output<typeof UserQuery>

/** A person in a directory. */
export type User = NounOf<typeof UserFields>

const WORK_FIELDS = ['title', 'department', 'reportsTo', 'phone', 'phoneVerified', 'employeeId'] as const
/** The fields that share the column of the profile. */
export const PROFILE_FIELDS = [
  ...WORK_FIELDS,
  ...(Object.keys(PERSON_FIELDS) as (keyof typeof PERSON_FIELDS)[]),
] as const

/** Who a user is at work, and as a person. */
export type UserProfile = Pick<User, (typeof PROFILE_FIELDS)[number]>

/** What claims say about a user (OpenID Connect Core §5.1), and whether the user may act. */
export type Person = UserProfile &
  Pick<
    User,
    | 'id'
    | 'status'
    | 'email'
    | 'emailVerified'
    | 'name'
    | 'givenName'
    | 'familyName'
    | 'username'
    | 'updatedAt'
    | 'attributes'
  >

/** The profile of a user of whom nothing is known. */
export const NO_PROFILE = {
  ...Object.fromEntries(PROFILE_FIELDS.map((field) => [field, null])),
  phoneVerified: false,
} as UserProfile

const { attributes, lastSignInAt, version, createdAt, updatedAt, ...shownFields } = UserFields.view

/** The schema of a user in admin responses, without the password’s hash. */
export const UserView = z.object({
  ...shownFields,
  hasPassword: z.boolean(),
  hasSecondFactor: z.boolean(),
  ...{ attributes, lastSignInAt, version, createdAt, updatedAt },
})
export type UserView = z.output<typeof UserView>

/** A user with a new password; the password is included if it was generated. */
export const PasswordSet = UserView.extend({
  generatedPassword: z.string().optional().describe('Shown only in this response.').meta({ readOnly: true }),
})
export type PasswordSet = z.output<typeof PasswordSet>

/** The form of a user’s name that searches use; null if the user has none. */
export function fullNameKey({
  name,
  givenName,
  familyName,
}: Pick<User, 'name' | 'givenName' | 'familyName'>): string | null {
  const fullName = name ?? [givenName, familyName].filter((part) => part !== null).join(' ')
  return fullName === '' ? null : nameKey(fullName)
}
