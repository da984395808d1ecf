// The operations on clients of the admin realm, which programs use to get tokens for the admin API.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, listQuery } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createAdminClient,
  getAdminClient,
  listAdminClients,
  revokeAdminClient,
  rotateAdminClientSecret,
} from './admin-client.service.ts'
import { AdminClientView, AdminClientWithSecret, NewAdminClient } from './admin-client.ts'

const ClientId = z.strictObject({ id: idOf('client') })

export const adminClientCreate = operation({
  name: 'admin_client.create',
  summary: 'Create a client for this API',
  description:
    'For programs: with client_credentials it gets tokens with full access to the tenant. Its grant, scope and audience are fixed. The secret is shown only in this response.',
  permission: 'admin-clients:write',
  reach: 'tenant',
  alsoNeeds: [{ permission: '*', when: 'always: such a client can do everything' }],
  freshSignIn: true,
  makesCredentials: true,
  input: NewAdminClient,
  output: AdminClientWithSecret,
  errors: ['not_found', 'forbidden'],
  events: ['client.created', 'application.created'],
  run: createAdminClient,
})

export const adminClientList = operation({
  name: 'admin_client.list',
  summary: 'List the clients for this API',
  permission: 'admin-clients:read',
  reach: 'tenant',
  input: listQuery('created_at'),
  output: listOf(AdminClientView),
  errors: ['not_found'],
  events: [],
  run: listAdminClients,
})

export const adminClientGet = operation({
  name: 'admin_client.get',
  summary: 'Show a client for this API',
  permission: 'admin-clients:read',
  reach: 'tenant',
  input: ClientId,
  output: AdminClientView,
  errors: ['not_found'],
  events: [],
  run: getAdminClient,
})

export const adminClientRotateSecret = operation({
  name: 'admin_client.rotate_secret',
  summary: 'Rotate the secret of a client for this API',
  description: 'The old secret stops working immediately. The new secret is shown only in this response.',
  permission: 'admin-clients:write',
  reach: 'tenant',
  irreversible: true,
  alsoNeeds: [{ permission: '*', when: 'always: such a client can do everything' }],
  freshSignIn: true,
  makesCredentials: true,
  input: ClientId,
  output: AdminClientWithSecret,
  errors: ['not_found', 'forbidden', 'conflict', 'precondition_failed'],
  events: ['client.secret_rotated'],
  run: rotateAdminClientSecret,
})

export const adminClientRevoke = operation({
  name: 'admin_client.revoke',
  summary: 'Revoke a client for this API',
  description: 'The client cannot get tokens any more, and its tokens stop working immediately.',
  permission: 'admin-clients:write',
  reach: 'tenant',
  irreversible: true,
  input: ClientId,
  output: z.void(),
  errors: ['not_found'],
  events: ['client.deleted'],
  run: revokeAdminClient,
})
