import * as z from 'zod'
import { idOf, idOut, ifVersion, time } from '#kernel/field.ts'
import { NewUser, PasswordChange, USER_STATUSES, type User, UserQuery } from '../user/user.ts'

/** What an administrator may do everything in: the installation, the tenants of one partner, or one tenant. */
export const ADMIN_ROLES = ['super_admin', 'partner_admin', 'tenant_admin'] as const
export type AdminRole = (typeof ADMIN_ROLES)[number]

const role = z
  .enum(ADMIN_ROLES)
  .describe(
    'super_admin: everything there is. partner_admin: everything in the tenants of one partner. Both only in the first tenant. tenant_admin: everything in the tenant.',
  )
const partnerId = idOf('partner').nullable().describe('Whose tenants a partner_admin administers; for no other role.')

/** What a new administrator needs: an address. */
export const NewAdministrator = z.strictObject({
  email: NewUser.shape.email,
  name: NewUser.shape.name,
  role: role.default('tenant_admin'),
  partnerId: partnerId.default(null),
  password: NewUser.shape.password,
})
export type NewAdministrator = z.output<typeof NewAdministrator>

/** What may be changed about an administrator; what is left out stays. */
export const AdministratorPatch = z.strictObject({
  id: idOf('user'),
  email: NewUser.shape.email.optional(),
  name: NewUser.shape.name.unwrap().optional(),
  role: role.optional(),
  partnerId: partnerId.optional(),
  status: z.enum(USER_STATUSES).optional().describe('Suspending ends sessions and revokes tokens at once.'),
  ifVersion,
})
export type AdministratorPatch = z.output<typeof AdministratorPatch>

export const AdministratorQuery = UserQuery
export const AdministratorPassword = PasswordChange

/** An administrator as admin surfaces show one. */
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

/** A user’s role in the administration; undefined where the user has none. */
export function roleOf({ adminRole }: Pick<User, 'adminRole'>): AdminRole | undefined {
  return ADMIN_ROLES.find((known) => known === adminRole)
}

/** An administrator without what only the server needs. */
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
