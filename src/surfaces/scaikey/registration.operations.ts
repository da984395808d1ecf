// Owns ScaiKey's operations on an application with its client.
import * as z from 'zod'
import { OfferedQuery } from '#domain/application/application-with-client.ts'
import { GIVES_SCOPES } from '#domain/client/guarded-scopes.ts'
import { operation } from '#domain/context.ts'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import {
  listRegistrations,
  reconfigureApplication,
  registerApplication,
  showApplication,
} from './registration.service.ts'
import { NewRegistration, RegistrationPatch, RegistrationView, RegistrationWithSecret } from './registration.ts'

const PLATFORM_PROGRAM = {
  permission: '*',
  when: 'the client has, or gets, a scope that administers the platform',
} as const

export const registrationCreate = operation({
  name: 'scaikey_application.create',
  summary: 'Register an application with its client',
  description:
    'Either both are created or neither. If the client has a secret, it is shown only in this response. An application for several tenants belongs to the realm of the first tenant.',
  permission: 'applications:write',
  reach: 'tenant',
  alsoNeeds: [
    { permission: 'clients:write', when: 'always: the application has a client' },
    PLATFORM_PROGRAM,
    ...GIVES_SCOPES,
  ],
  freshSignIn: true,
  makesCredentials: true,
  input: NewRegistration,
  output: RegistrationWithSecret,
  errors: ['not_found', 'forbidden', 'already_exists', 'limit_reached'],
  events: ['application.created', 'client.created'],
  run: registerApplication,
})

export const registrationList = operation({
  name: 'scaikey_application.list',
  summary: 'List the applications that are visible to the caller, with their clients',
  permission: 'applications:read',
  reach: 'tenant',
  across: true,
  input: OfferedQuery,
  output: listOf(RegistrationView),
  errors: ['access_denied'],
  events: [],
  run: listRegistrations,
})

export const registrationGet = operation({
  name: 'scaikey_application.get',
  summary: 'Show an application that is visible to the caller, with its client',
  permission: 'applications:read',
  reach: 'tenant',
  input: z.strictObject({ id: idOf('application') }),
  output: RegistrationView,
  errors: ['not_found', 'access_denied'],
  events: [],
  run: showApplication,
})

export const registrationUpdate = operation({
  name: 'scaikey_application.update',
  summary: 'Change an application and its client',
  description:
    'Only the given members change; lists are replaced as a whole. Issued tokens do not change. The tokens of a suspended application are inactive.',
  permission: 'applications:write',
  reach: 'tenant',
  alsoNeeds: [
    { permission: 'clients:write', when: 'the client changes' },
    { permission: 'credentials:write', when: 'a program gives the client a further redirect URI' },
    PLATFORM_PROGRAM,
    ...GIVES_SCOPES,
  ],
  input: RegistrationPatch,
  output: RegistrationView,
  errors: [
    'not_found',
    'forbidden',
    'insufficient_user_authentication',
    'already_exists',
    'conflict',
    'precondition_failed',
  ],
  events: ['application.updated', 'client.updated', 'client.suspended', 'client.reactivated'],
  run: reconfigureApplication,
})
