import * as z from 'zod'
import { idOf, ifVersion } from '#kernel/field.ts'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createUser,
  deleteUser,
  disableMfa,
  getUser,
  listUsers,
  resetUserPassword,
  setUserPassword,
  surveyUsers,
  updateUser,
} from './user.service.ts'
import {
  NewUser,
  PasswordChange,
  PasswordReset,
  PasswordSet,
  UserPatch,
  UserQuery,
  UserSurvey,
  UserView,
} from './user.ts'

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

export const userSurvey = operation({
  name: 'user.survey',
  summary: 'List users by numbered pages',
  description:
    'The users of every directory within reach, or of one tenant or partner. Administrators are not among them.',
  permission: 'users:read',
  reach: 'tenant',
  across: true,
  input: UserSurvey,
  output: numberedPageOf(UserView),
  errors: ['access_denied', 'not_found'],
  events: [],
  run: surveyUsers,
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
  events: ['user.updated', 'user.suspended', 'user.reactivated', 'session.ended'],
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
  events: ['user.password_set', 'session.ended'],
  run: setUserPassword,
})

export const userResetPassword = operation({
  name: 'user.reset_password',
  summary: 'Give a user another password',
  description:
    'One that nobody chose is made, and shown this once, unless you give one. The user’s sessions end, and no refresh token of the user works any more.',
  permission: 'users:write',
  reach: 'realm',
  input: PasswordReset,
  output: PasswordSet,
  errors: ['not_found'],
  events: ['user.password_set', 'session.ended'],
  run: resetUserPassword,
})

export const userDisableMfa = operation({
  name: 'user.disable_mfa',
  summary: 'Take away a user’s second factors',
  description: 'For who lost them: from then on the password is enough, until new ones are set up.',
  permission: 'users:write',
  reach: 'realm',
  input: UserId,
  output: UserView,
  errors: ['not_found'],
  events: ['user.mfa_disabled'],
  run: disableMfa,
})

export const userDelete = operation({
  name: 'user.delete',
  summary: 'Delete a user',
  description: 'The user’s sessions end, tokens and consents are revoked, and the address is free again.',
  permission: 'users:write',
  reach: 'realm',
  input: UserId.extend({ ifVersion }),
  output: z.void(),
  errors: ['not_found', 'precondition_failed'],
  events: ['user.deleted', 'session.ended'],
  run: deleteUser,
})
