import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createAdministrator,
  deleteAdministrator,
  getAdministrator,
  listAdministrators,
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
    'The administrator signs in at the tenant’s own admin realm; countersign login leads there. Nobody makes an administrator above themselves.',
  permission: 'administrators:write',
  reach: 'tenant',
  input: NewAdministrator,
  output: AdministratorView,
  errors: ['not_found', 'forbidden', 'already_exists'],
  events: ['user.created'],
  run: createAdministrator,
})

export const administratorList = operation({
  name: 'administrator.list',
  summary: 'List a tenant’s administrators',
  permission: 'administrators:read',
  reach: 'tenant',
  input: AdministratorQuery,
  output: pageOf(AdministratorView),
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
    'Only what is given changes. Suspending ends the administrator’s sessions and revokes the tokens. The last super_admin stays one.',
  permission: 'administrators:write',
  reach: 'tenant',
  input: AdministratorPatch,
  output: AdministratorView,
  errors: ['not_found', 'forbidden', 'conflict', 'already_exists', 'precondition_failed'],
  events: ['user.updated', 'user.suspended', 'user.reactivated', 'session.ended'],
  run: updateAdministrator,
})

export const administratorSetPassword = operation({
  name: 'administrator.set_password',
  summary: 'Set an administrator’s password',
  description: 'The administrator’s sessions end, and no refresh token works any more.',
  permission: 'administrators:write',
  reach: 'tenant',
  input: AdministratorPassword,
  output: AdministratorView,
  errors: ['not_found', 'forbidden'],
  events: ['user.password_set', 'session.ended'],
  run: setAdministratorPassword,
})

export const administratorDelete = operation({
  name: 'administrator.delete',
  summary: 'Delete an administrator',
  description: 'Sessions end and tokens are revoked at once. The last super_admin stays.',
  permission: 'administrators:write',
  reach: 'tenant',
  input: UserId,
  output: z.void(),
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['user.deleted', 'session.ended'],
  run: deleteAdministrator,
})
