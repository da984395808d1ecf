// The operations on applications.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, listQuery, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { createApplication, getApplication, updateApplication } from './application.service.ts'
import { ApplicationPatch, ApplicationView, NewApplication, viewApplication } from './application.ts'
import { deleteApplication } from './application-deletion.service.ts'

const ApplicationId = z.strictObject({ id: idOf('application') })

export const applicationCreate = operation({
  name: 'application.create',
  summary: 'Create an application',
  description: 'An application is a product under the name that people know. It groups clients.',
  permission: 'applications:write',
  reach: 'realm',
  input: NewApplication,
  output: ApplicationView,
  errors: ['not_found', 'already_exists', 'limit_reached'],
  events: ['application.created'],
  run: createApplication,
})

export const applicationList = operation({
  name: 'application.list',
  summary: 'List the applications of a realm',
  permission: 'applications:read',
  reach: 'realm',
  input: listQuery('created_at'),
  output: listOf(ApplicationView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.applications.list(realmOf(scope).id, query), viewApplication),
})

export const applicationGet = operation({
  name: 'application.get',
  summary: 'Show an application',
  permission: 'applications:read',
  reach: 'realm',
  input: ApplicationId,
  output: ApplicationView,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getApplication(context, id),
})

export const applicationUpdate = operation({
  name: 'application.update',
  summary: 'Change an application',
  description: 'Only the given members change.',
  permission: 'applications:write',
  reach: 'realm',
  input: ApplicationPatch,
  output: ApplicationView,
  errors: ['not_found', 'forbidden', 'already_exists', 'precondition_failed'],
  events: ['application.updated'],
  run: updateApplication,
})

export const applicationDelete = operation({
  name: 'application.delete',
  summary: 'Delete an application',
  description: 'Its clients are deleted, too, and their tokens and consents are revoked.',
  permission: 'applications:write',
  reach: 'realm',
  irreversible: true,
  input: ApplicationId,
  output: z.void(),
  errors: ['not_found', 'forbidden'],
  events: ['application.deleted', 'client.deleted', 'agent.deleted', 'proxy_site.deleted'],
  run: deleteApplication,
})
