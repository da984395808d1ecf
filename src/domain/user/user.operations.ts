import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createUser, deleteUser, getUser, listUsers, setUserPassword, updateUser } from './user.service.ts'
import { NewUser, PasswordChange, UserPatch, UserQuery, UserView } from './user.ts'

const UserId = z.strictObject({ id: idOf('user') })

export const userCreate = operation({
  name: 'user.create',
  summary: 'Create a user',
  description: 'The user can sign in at every realm of the directory at once. Without a password, not with one.',
  permission: 'users:write',
  reach: 'realm',
  input: NewUser,
  output: UserView,
  errors: ['not_found', 'already_exists', 'limit_reached'],
  events: ['user.created'],
  run: createUser,
})

export const userList = operation({
  name: 'user.list',
  summary: 'List a realm’s users',
  description: 'Oldest first. What a search finds comes in the order of the addresses, then of the names.',
  permission: 'users:read',
  reach: 'realm',
  input: UserQuery,
  output: pageOf(UserView),
  errors: ['not_found'],
  events: [],
  run: listUsers,
})

export const userGet = operation({
  name: 'user.get',
  summary: 'Show a user',
  permission: 'users:read',
  reach: 'realm',
  input: UserId,
  output: UserView,
  errors: ['not_found'],
  events: [],
  run: getUser,
})

export const userUpdate = operation({
  name: 'user.update',
  summary: 'Change a user',
  description:
    'Only what is given changes. A new address is unverified unless you say otherwise. Suspending ends the user’s sessions and revokes the user’s tokens.',
  permission: 'users:write',
  reach: 'realm',
  input: UserPatch,
  output: UserView,
  errors: ['not_found', 'already_exists', 'precondition_failed'],
  events: ['user.updated', 'user.suspended', 'user.reactivated'],
  run: updateUser,
})

export const userSetPassword = operation({
  name: 'user.set_password',
  summary: 'Set a user’s password',
  description: 'The user’s sessions end, and no refresh token of the user works any more.',
  permission: 'users:write',
  reach: 'realm',
  input: PasswordChange,
  output: UserView,
  errors: ['not_found'],
  events: ['user.password_set'],
  run: setUserPassword,
})

export const userDelete = operation({
  name: 'user.delete',
  summary: 'Delete a user',
  description: 'The user’s sessions end, tokens and consents are revoked, and the address is free again.',
  permission: 'users:write',
  reach: 'realm',
  input: UserId,
  output: z.void(),
  errors: ['not_found'],
  events: ['user.deleted'],
  run: deleteUser,
})
