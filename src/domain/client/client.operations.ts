import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import {
  createClient,
  deleteClient,
  getClient,
  rotateClientSecret,
  setClientStatus,
  updateClient,
} from './client.service.ts'
import { ClientPatch, ClientView, ClientWithSecret, NewClient, viewClient } from './client.ts'

const ClientId = z.strictObject({ id: idOf('client') })

export const clientCreate = operation({
  name: 'client.create',
  summary: 'Register a client',
  description:
    'A client_secret client gets its secret in this answer and never again. Its application is found by name or made.',
  permission: 'clients:write',
  reach: 'realm',
  input: NewClient,
  output: ClientWithSecret,
  errors: ['not_found', 'forbidden', 'invalid_target', 'limit_reached'],
  events: ['client.created', 'application.created'],
  run: createClient,
})

export const clientList = operation({
  name: 'client.list',
  summary: 'List a realm’s clients',
  permission: 'clients:read',
  reach: 'realm',
  input: PageQuery,
  output: pageOf(ClientView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, page) => {
    const { data, nextCursor } = await read.clients.list(realmOf(scope).id, page)
    return { data: data.map(({ client, applicationName }) => viewClient(client, applicationName)), nextCursor }
  },
})

export const clientGet = operation({
  name: 'client.get',
  summary: 'Show a client',
  permission: 'clients:read',
  reach: 'realm',
  input: ClientId,
  output: ClientView,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getClient(context, id),
})

export const clientUpdate = operation({
  name: 'client.update',
  summary: 'Change a client',
  description: 'Only what is given changes; lists are replaced whole. Tokens that were issued keep what they say.',
  permission: 'clients:write',
  reach: 'realm',
  input: ClientPatch,
  output: ClientView,
  errors: ['not_found', 'forbidden', 'invalid_target', 'precondition_failed'],
  events: ['client.updated'],
  run: updateClient,
})

export const clientRotateSecret = operation({
  name: 'client.rotate_secret',
  summary: 'Give a client a new secret',
  description: 'The old secret stops working at once. The new one is shown in this answer and never again.',
  permission: 'clients:write',
  reach: 'realm',
  input: ClientId,
  output: ClientWithSecret,
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['client.secret_rotated'],
  run: rotateClientSecret,
})

export const clientSuspend = operation({
  name: 'client.suspend',
  summary: 'Suspend a client',
  description: 'It gets no tokens, and introspection says that those it has are not active, until it is reactivated.',
  permission: 'clients:write',
  reach: 'realm',
  input: ClientId,
  output: ClientView,
  errors: ['not_found', 'forbidden'],
  events: ['client.suspended'],
  run: (context, { id }) => setClientStatus(context, id, 'suspended'),
})

export const clientReactivate = operation({
  name: 'client.reactivate',
  summary: 'Reactivate a suspended client',
  permission: 'clients:write',
  reach: 'realm',
  input: ClientId,
  output: ClientView,
  errors: ['not_found', 'forbidden'],
  events: ['client.reactivated'],
  run: (context, { id }) => setClientStatus(context, id, 'active'),
})

export const clientDelete = operation({
  name: 'client.delete',
  summary: 'Delete a client',
  description: 'Its tokens and consents are revoked, and its client id is never used again.',
  permission: 'clients:write',
  reach: 'realm',
  input: ClientId,
  output: z.void(),
  errors: ['not_found', 'forbidden'],
  events: ['client.deleted', 'agent.deleted'],
  run: deleteClient,
})
