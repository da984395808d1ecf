import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  reconfigureApplication,
  registerApplication,
  showApplication,
  surveyApplications,
} from './registration.service.ts'
import {
  NewRegistration,
  RegistrationPatch,
  RegistrationSurvey,
  RegistrationView,
  RegistrationWithSecret,
} from './registration.ts'

export const applicationRegister = operation({
  name: 'application.register',
  summary: 'Register an application with its client',
  description:
    'Both come to be, or neither. One that can keep a secret gets it in this answer and never again. What is offered to several tenants lies in the first tenant’s realm.',
  permission: 'applications:write',
  reach: 'tenant',
  input: NewRegistration,
  output: RegistrationWithSecret,
  errors: ['not_found', 'forbidden', 'already_exists', 'limit_reached'],
  events: ['application.created', 'client.created'],
  run: registerApplication,
})

export const applicationSurvey = operation({
  name: 'application.survey',
  summary: 'List the applications that are offered to the caller, with their clients',
  permission: 'applications:read',
  reach: 'tenant',
  across: true,
  input: RegistrationSurvey,
  output: numberedPageOf(RegistrationView),
  errors: ['access_denied'],
  events: [],
  run: surveyApplications,
})

export const applicationShow = operation({
  name: 'application.show',
  summary: 'Show an application that is offered to the caller, with its client',
  permission: 'applications:read',
  reach: 'tenant',
  input: z.strictObject({ id: idOf('application') }),
  output: RegistrationView,
  errors: ['not_found', 'access_denied'],
  events: [],
  run: showApplication,
})

export const applicationReconfigure = operation({
  name: 'application.reconfigure',
  summary: 'Change an application and its client',
  description:
    'Only what is given changes; lists are replaced whole. Tokens that were issued keep what they say; those of a suspended application do not hold.',
  permission: 'applications:write',
  reach: 'tenant',
  input: RegistrationPatch,
  output: RegistrationView,
  errors: ['not_found', 'forbidden', 'already_exists', 'conflict', 'precondition_failed'],
  events: ['application.updated', 'client.updated', 'client.suspended', 'client.reactivated'],
  run: reconfigureApplication,
})
