// The users of tenants, without administrators (ScaiKey, “Users”).
import * as z from 'zod'
import * as users from '#domain/user/user.operations.ts'
import { type PasswordSet, USER_STATUSES, UserView } from '#domain/user/user.ts'
import type { Route } from '../surface.ts'
import { computed, created, json, list, noContent, ok, representation, rows, words } from './dialect.ts'
import { acrossPartners, inSameTenant, inTenantOfBody, placeOf } from './scope.ts'

const scope = placeOf('user')
const row = rows({ scope })

const user = representation(
  UserView,
  {
    names: {
      name: 'display_name',
      givenName: 'first_name',
      familyName: 'last_name',
      reportsTo: 'manager_id',
      hasSecondFactor: 'mfa_enabled',
      attributes: 'custom_attributes',
      lastSignInAt: 'last_login_at',
    },
    // A user who is not active is suspended here, whichever of the two words for it the caller knows.
    codecs: { status: words(USER_STATUSES, { inactive: 'suspended' }) },
    omit: ['externalId', 'hasPassword', 'version'],
  },
  { identity_source: computed(z.literal('LOCAL'), () => 'LOCAL'), role: computed(z.null(), () => null) },
)

const password = z.never({ error: 'set passwords with reset-password' }).optional()
const temporary = z.literal(false, { error: 'that the user has to change it is not supported' }).optional()

const Reset = z.object({
  message: z.string(),
  temporary_password: z.string().optional().describe('Where none was given; shown this once.'),
})
const reset = json(Reset, ({ generatedPassword }: PasswordSet) => ({
  message: 'Password reset',
  ...(generatedPassword !== undefined && { temporary_password: generatedPassword }),
}))

export const userRoutes: readonly Route[] = [
  row('GET /api/v1/admin/users', users.userList, list(user), acrossPartners),
  row('POST /api/v1/admin/users', users.userCreate, created(user), { ...inTenantOfBody, accept: ['password'] }),
  row('GET /api/v1/admin/users/{id}', users.userGet, ok(user)),
  row('PATCH /api/v1/admin/users/{id}', users.userUpdate, ok(user), inSameTenant(scope, { password })),
  row('DELETE /api/v1/admin/users/{id}', users.userDelete, noContent),
  row('POST /api/v1/admin/users/{id}/reset-password', users.userResetPassword, reset, {
    aliases: { password: 'new_password' },
    checked: { temporary },
  }),
  row('POST /api/v1/admin/users/{id}/mfa/disable', users.userDisableMfa, ok(user, { message: 'MFA disabled' })),
]
