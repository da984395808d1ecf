// The roles, inputs and views of administrators.
import * as z from 'zod'
import { idOf, idOut, ifVersion, time } from '#kernel/field.ts'
import { NewUser, PasswordChange, USER_STATUSES, type User, UserQuery } from '../user/user.ts'

/** The scope of an administrator's role: the installation, the tenants of one partner, or one tenant. */
export const ADMIN_ROLES = ['super_admin', 'partner_admin', 'tenant_admin'] as const
export type AdminRole = (typeof ADMIN_ROLES)[number]

const role = z
  .enum(ADMIN_ROLES)
  .describe(
    'super_admin: everything. partner_admin: everything in the tenants of one partner. Both only in the first tenant. tenant_admin: everything in the tenant.',
  )
const partnerId = idOf('partner')
  .nullable()
  .describe('Only for a partner_admin: the partner whose tenants are administered.')

/** The input for a new administrator; only the address is required. */
export const NewAdministrator = z.strictObject({
  email: NewUser.shape.email,
  name: NewUser.shape.name,
  role: role.default('tenant_admin'),
  partnerId: partnerId.default(null),
  password: NewUser.shape.password,
})
export type NewAdministrator = z.output<typeof NewAdministrator>

/** The input for an update of an administrator; absent members stay unchanged. */
export const AdministratorPatch = z.strictObject({
  id: idOf('user'),
  email: NewUser.shape.email.optional(),
  name: NewUser.shape.name.unwrap().optional(),
  role: role.optional(),
  partnerId: partnerId.optional(),
  status: z.enum(USER_STATUSES).optional().describe('Suspension ends sessions and revokes tokens immediately.'),
  ifVersion,
})
export type AdministratorPatch = z.output<typeof AdministratorPatch>

export const AdministratorQuery = UserQuery
export const AdministratorPassword = PasswordChange

/** The schema of an administrator in admin responses. */
export const AdministratorView = z.object({
  id: idOut('user'),
  email: z.string(),
  name: z.string().nullable(),
  role: z.enum(ADMIN_ROLES),
  partnerId: idOut('partner').nullable(),
  status: z.enum(USER_STATUSES),
  hasPassword: z.boolean(),
  lastSignInAt: time.nullable(),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type AdministratorView = z.output<typeof AdministratorView>

/** The administrator role of a user; undefined if the user has none. */
export function roleOf({ adminRole }: Pick<User, 'adminRole'>): AdminRole | undefined {
  return ADMIN_ROLES.find((known) => known === adminRole)
}

/** Returns the view of an administrator, without internal fields. */
export function viewAdministrator(user: User): AdministratorView {
  const { id, email, name, status, passwordSetAt, lastSignInAt, version, createdAt, updatedAt } = user
  return {
    id,
    email,
    name,
    role: roleOf(user) ?? 'tenant_admin',
    partnerId: user.adminPartnerId,
    status,
    hasPassword: passwordSetAt !== null,
    lastSignInAt,
    version,
    createdAt,
    updatedAt,
  }
}
