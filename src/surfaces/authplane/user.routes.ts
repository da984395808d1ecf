// The rows for users.
import * as z from 'zod'
import * as users from '#domain/user/user.operations.ts'
import { UserView } from '#domain/user/user.ts'
import type { Route } from '../surface.ts'
import {
  computed,
  created,
  json,
  list,
  noContent,
  ok,
  representation,
  row,
  unlessForced,
  userWithin,
} from './dialect.ts'

const status = ({ status: own }: UserView) => (own === 'active' ? 'active' : 'disabled')

const user = representation(
  UserView,
  { pick: ['id', 'email', 'emailVerified', 'name', 'createdAt', 'updatedAt', 'lastSignInAt'] },
  { status: computed(z.enum(['active', 'disabled']), status) },
)
const withStatus = json(z.object({ status: z.string() }), (view: UserView) => ({ status: status(view) }))

const locate = userWithin

/** Users (AuthPlane, “Admin UI”). Who administers is no user here: only the role `user` is given. */
export const userRoutes: readonly Route[] = [
  row('POST /admin/users', users.userCreate, created(user), {
    pick: ['email', 'name', 'password'],
    checked: { role: z.literal('user', 'only user: administrators are made by the native API').optional() },
  }),
  row('GET /admin/users', users.userList, list(user), {
    reach: 'tenant',
    pick: ['search'],
    fixed: (_request, { scope }) => ({ tenantId: scope.tenantId }),
  }),
  row('GET /admin/users/{id}', users.userGet, ok(user)),
  row('PATCH /admin/users/{id}', users.userUpdate, ok(user), { locate, pick: ['email', 'name'] }),
  row('PATCH /admin/users/{id}/disable', users.userUpdate, withStatus, {
    locate,
    pick: [],
    fixed: { status: 'suspended' },
  }),
  row('PATCH /admin/users/{id}/enable', users.userUpdate, withStatus, {
    locate,
    pick: [],
    fixed: { status: 'active' },
  }),
  row('DELETE /admin/users/{id}', users.userDelete, noContent, { locate, ...unlessForced }),
]
