// The operations on users.
import * as z from 'zod'
import { idOf, ifVersion } from '#kernel/field.ts'
import { listOf, offsetQuery } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { onlyUnused } from '../revocation/revocation.ts'
import {
  createUser,
  deleteUser,
  disableMfa,
  getUser,
  listUsers,
  resetUserPassword,
  searchUsers,
  setUserPassword,
  updateUser,
} from './user.service.ts'
import { NewUser, PasswordChange, PasswordReset, PasswordSet, UserPatch, UserQuery, UserView } from './user.ts'
import { USER_CHANGE_EVENTS, USER_END_EVENTS } from './user-end.service.ts'
import { eraseUser } from './user-erasure.service.ts'

const UserId = z.strictObject({ id: idOf('user') })

export const userCreate = operation({
  name: 'user.create',
  summary: 'Create a user',
  description:
    'The user can sign in immediately at every realm of the directory. A user without a password cannot sign in with a password.',
  permission: 'users:write',
  reach: 'realm',
  input: NewUser,
  output: UserView,
  errors: ['not_found', 'already_exists', 'limit_reached'],
  events: ['user.created'],
  run: (context, input) => createUser(context, input),
})

export const userList = operation({
  name: 'user.list',
  summary: 'List users',
  description:
    'The users of a realm. Without a realm, the users of all directories within the reach, without administrators, read by offset. Oldest first. The results of a search are ordered by address, then by name.',
  permission: 'users:read',
  reach: 'realm',
  across: true,
  input: UserQuery,
  output: listOf(UserView),
  errors: ['not_found', 'access_denied'],
  events: [],
  run: listUsers,
})

export const userSearch = operation({
  name: 'user.search',
  summary: 'Search users',
  description:
    'The users of a directory, oldest first, read by offset. A search finds its text anywhere in the address, the user name, the name or the id.',
  permission: 'users:read',
  reach: 'realm',
  input: z.object({
    ...offsetQuery.shape,
    search: UserQuery.shape.search.unwrap().describe('Any part of the address, the name or the id.').optional(),
    status: UserQuery.shape.status,
  }),
  output: listOf(UserView),
  errors: ['not_found', 'access_denied'],
  events: [],
  run: searchUsers,
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
    'Only the given members change. A new address is unverified, unless email_verified is given. Who has the address can set the password by mail, or sign in at an identity provider, so a new address takes what a new password takes. Suspension ends the sessions and revokes the tokens of the user.',
  permission: 'users:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'credentials:write', when: 'a program changes the address' }],
  input: UserPatch,
  output: UserView,
  errors: ['not_found', 'forbidden', 'insufficient_user_authentication', 'already_exists', 'precondition_failed'],
  events: USER_CHANGE_EVENTS,
  run: updateUser,
})

export const userSetPassword = operation({
  name: 'user.set_password',
  summary: 'Set the password of a user',
  description: 'The sessions of the user end, and the refresh tokens are revoked.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: PasswordChange,
  output: UserView,
  errors: ['not_found'],
  events: ['user.password_set', 'session.ended'],
  run: setUserPassword,
})

export const userResetPassword = operation({
  name: 'user.reset_password',
  summary: 'Reset the password of a user',
  description:
    'Without a given password, the server generates one and shows it only in this response. The sessions of the user end, and the refresh tokens are revoked.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: PasswordReset,
  output: PasswordSet,
  errors: ['not_found'],
  events: ['user.password_set', 'session.ended'],
  run: resetUserPassword,
})

export const userDisableMfa = operation({
  name: 'user.disable_mfa',
  summary: 'Remove the second factors of a user',
  description:
    'For users who lost them: the password is sufficient until new factors are set up. If there were any, the sessions of the user end, and the refresh tokens are revoked.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: UserId,
  output: UserView,
  errors: ['not_found'],
  events: ['user.mfa_disabled', 'session.ended'],
  run: disableMfa,
})

export const userDelete = operation({
  name: 'user.delete',
  summary: 'Delete a user',
  description:
    'The sessions of the user end, tokens and consents are revoked, and the address can be used again. With `only_unused`, a user who has valid tokens is not deleted.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  input: UserId.extend({ ifVersion, onlyUnused }),
  output: z.void(),
  errors: ['not_found', 'precondition_failed', 'conflict'],
  events: ['user.deleted', ...USER_END_EVENTS],
  run: deleteUser,
})

export const userErase = operation({
  name: 'user.erase',
  summary: 'Erase the personal data of a deleted user',
  description:
    'Removes the address, the names and all other fields of a user who was deleted, and the mails, IP addresses and requests that belong to the user. The id is left. Events stay as they are. It happens by itself some time after a user is deleted: `deleted_user_retention_days`.',
  permission: 'users:write',
  reach: 'realm',
  irreversible: true,
  freshSignIn: true,
  input: UserId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['user.erased'],
  run: eraseUser,
})
