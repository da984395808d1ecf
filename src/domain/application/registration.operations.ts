// The operations on an application together with its client.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { GIVES_SCOPES } from '../client/guarded-scopes.ts'
import { operation } from '../context.ts'
import { OfferedQuery } from './application-with-client.ts'
import {
  listRegistrations,
  reconfigureApplication,
  registerApplication,
  rotateApplicationSecret,
  showApplication,
} from './registration.service.ts'
import { NewRegistration, RegistrationPatch, RegistrationView, RegistrationWithSecret } from './registration.ts'

const PLATFORM_PROGRAM = {
  permission: '*',
  when: 'the client has, or gets, a scope that administers the platform',
} as const

export const registrationCreate = operation({
  name: 'registration.create',
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
  name: 'registration.list',
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
  name: 'registration.get',
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
  name: 'registration.update',
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

export const registrationRotateSecret = operation({
  name: 'registration.rotate_secret',
  summary: 'Rotate the secret of the client of an application',
  description: 'The old secret stops working immediately. The new secret is shown only in this response.',
  permission: 'clients:write',
  reach: 'tenant',
  irreversible: true,
  alsoNeeds: [
    { permission: 'applications:read', when: 'always: the reply shows the application' },
    PLATFORM_PROGRAM,
    ...GIVES_SCOPES,
  ],
  freshSignIn: true,
  makesCredentials: true,
  input: z.strictObject({ id: idOf('application') }),
  output: RegistrationWithSecret,
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['client.secret_rotated'],
  run: rotateApplicationSecret,
})
