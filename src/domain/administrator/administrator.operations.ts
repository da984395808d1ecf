// The operations on the administrators of a tenant.
import * as z from 'zod'
import { idOf, time } from '#kernel/field.ts'
import { listOf, offsetQuery } from '#kernel/page.ts'
import { renewBootstrap } from '../bootstrap.ts'
import { operation } from '../context.ts'
import { SessionWithUser } from '../session/session.ts'
import { USER_CHANGE_EVENTS, USER_END_EVENTS } from '../user/user-end.service.ts'
import {
  createAdministrator,
  deleteAdministrator,
  getAdministrator,
  listAdministratorSessions,
  listAdministrators,
  recoverAdministrator,
  revokeAdministratorSession,
  setAdministratorPassword,
  updateAdministrator,
} from './administrator.service.ts'
import {
  AdministratorPassword,
  AdministratorPatch,
  AdministratorQuery,
  AdministratorView,
  NewAdministrator,
} from './administrator.ts'

const UserId = z.strictObject({ id: idOf('user') })

export const administratorCreate = operation({
  name: 'administrator.create',
  summary: 'Create an administrator',
  description:
    'The administrator signs in at the admin realm of the tenant, for example with countersign login. A caller cannot create an administrator of a higher level than its own.',
  permission: 'administrators:write',
  reach: 'tenant',
  alsoNeeds: [{ permission: '*', when: 'always: an administrator can do everything' }],
  freshSignIn: true,
  makesCredentials: true,
  input: NewAdministrator,
  output: AdministratorView,
  errors: ['not_found', 'forbidden', 'already_exists'],
  events: ['user.created'],
  run: createAdministrator,
})

export const administratorRenewLink = operation({
  name: 'administrator.renew_link',
  summary: 'Make a new link for the first administrator',
  description:
    'The link creates the first administrator of the installation, works once, and expires after 24 hours. The link before it does not work any more. There is none once the first administrator exists.',
  permission: 'administrators:write',
  reach: 'platform',
  alsoNeeds: [{ permission: '*', when: 'always: the link makes a super_admin, who can do everything' }],
  freshSignIn: true,
  makesCredentials: true,
  input: z.strictObject({}),
  output: z.object({
    url: z.string().describe('The address to open in a browser. It is a secret.'),
    expiresAt: time,
  }),
  errors: ['forbidden', 'conflict'],
  events: ['bootstrap.renewed'],
  run: (context) => renewBootstrap(context),
})

export const administratorList = operation({
  name: 'administrator.list',
  summary: 'List the administrators of a tenant',
  permission: 'administrators:read',
  reach: 'tenant',
  input: AdministratorQuery,
  output: listOf(AdministratorView),
  errors: ['not_found'],
  events: [],
  run: listAdministrators,
})

export const administratorGet = operation({
  name: 'administrator.get',
  summary: 'Show an administrator',
  permission: 'administrators:read',
  reach: 'tenant',
  input: UserId,
  output: AdministratorView,
  errors: ['not_found'],
  events: [],
  run: getAdministrator,
})

export const administratorUpdate = operation({
  name: 'administrator.update',
  summary: 'Change an administrator',
  description:
    'Only the given members change. Suspension ends the sessions and revokes the tokens of the administrator. The last super_admin cannot lose its role.',
  permission: 'administrators:write',
  reach: 'tenant',
  alsoNeeds: [{ permission: '*', when: 'always: an administrator can do everything' }],
  freshSignIn: true,
  makesCredentials: true,
  input: AdministratorPatch,
  output: AdministratorView,
  errors: ['not_found', 'forbidden', 'conflict', 'already_exists', 'precondition_failed'],
  events: USER_CHANGE_EVENTS,
  run: updateAdministrator,
})

export const administratorSetPassword = operation({
  name: 'administrator.set_password',
  summary: 'Set the password of an administrator',
  description: 'The sessions of the administrator end, and the refresh tokens are revoked.',
  permission: 'administrators:write',
  reach: 'tenant',
  irreversible: true,
  alsoNeeds: [{ permission: '*', when: 'always: an administrator can do everything' }],
  freshSignIn: true,
  makesCredentials: true,
  input: AdministratorPassword,
  output: AdministratorView,
  errors: ['not_found', 'forbidden'],
  events: ['user.password_set', 'session.ended'],
  run: setAdministratorPassword,
})

export const administratorRecover = operation({
  name: 'administrator.recover',
  summary: 'Make a link with which an administrator sets a new password',
  description:
    'For an administrator who cannot sign in any more. The link works once, for an hour, and only the newest one works. Nothing changes until it is used, except that the second factors are removed and the sessions end if the request says so. Who lost every key too starts the server with another one: see the configuration of admin_api_key.',
  permission: 'administrators:write',
  reach: 'tenant',
  alsoNeeds: [{ permission: '*', when: 'always: an administrator can do everything' }],
  freshSignIn: true,
  makesCredentials: true,
  irreversible: { if: 'removeSecondFactors' },
  input: UserId.extend({
    removeSecondFactors: z
      .boolean()
      .default(false)
      .describe(
        'Whether the second factors are removed at once. If there were any, the sessions end, and the refresh tokens are revoked.',
      ),
  }),
  output: z.object({
    url: z.string().describe('The address to open in a browser. It is a secret.'),
    expiresAt: time,
  }),
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['user.recovery_link_created', 'user.mfa_disabled', 'session.ended'],
  run: recoverAdministrator,
})

export const administratorDelete = operation({
  name: 'administrator.delete',
  summary: 'Delete an administrator',
  description: 'Sessions end and tokens are revoked immediately. The last super_admin cannot be deleted.',
  permission: 'administrators:write',
  reach: 'tenant',
  irreversible: true,
  alsoNeeds: [{ permission: '*', when: 'always: an administrator can do everything' }],
  freshSignIn: true,
  input: UserId,
  output: z.void(),
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['user.deleted', ...USER_END_EVENTS],
  run: deleteAdministrator,
})

export const administratorSessionList = operation({
  name: 'administrator_session.list',
  summary: 'List the sessions of administrators',
  description: 'The active sessions at the admin realm of the tenant, newest first.',
  permission: 'administrators:read',
  reach: 'tenant',
  input: z.strictObject({
    ...offsetQuery.shape,
    userId: idOf('user').optional().describe('Only items of this administrator.'),
  }),
  output: listOf(SessionWithUser),
  errors: ['not_found'],
  events: [],
  run: listAdministratorSessions,
})

export const administratorSessionRevoke = operation({
  name: 'administrator_session.revoke',
  summary: 'End a session of an administrator',
  description:
    'The administrator must sign in again, and the tokens of the session are revoked. A caller cannot end a session of an administrator of a higher level than its own. Ending an ended session changes nothing.',
  permission: 'administrators:write',
  reach: 'tenant',
  irreversible: true,
  input: z.strictObject({ id: idOf('session') }),
  output: z.void(),
  errors: ['not_found', 'forbidden'],
  events: ['session.ended'],
  run: revokeAdministratorSession,
})
