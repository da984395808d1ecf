// The operations on connections.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { getConnection, listConnections, revokeConnection } from './connection.service.ts'
import { ConnectionFilter, ConnectionView, NewConnection } from './connection.ts'
import { createConnection } from './keep-tokens.ts'

const ConnectionId = z.strictObject({ id: idOf('connection') })

export const connectionCreate = operation({
  name: 'connection.create',
  summary: 'Take over the tokens of a user that another system kept',
  description:
    'They take the place of those that the user has at the provider. Without it, users connect their accounts themselves.',
  permission: 'connections:write',
  reach: 'realm',
  freshSignIn: true,
  input: NewConnection,
  output: ConnectionView,
  errors: ['not_found', 'access_denied', 'conflict'],
  events: ['connection.created', 'connection.updated'],
  run: createConnection,
})

export const connectionList = operation({
  name: 'connection.list',
  summary: 'List the accounts at providers that users connected',
  description: 'Newest first. By default, connections that ended are left out. Tokens are never shown.',
  permission: 'connections:read',
  reach: 'realm',
  input: ConnectionFilter,
  output: listOf(ConnectionView),
  errors: ['not_found'],
  events: [],
  run: listConnections,
})

export const connectionGet = operation({
  name: 'connection.get',
  summary: 'Show a connection of a user',
  permission: 'connections:read',
  reach: 'realm',
  input: ConnectionId,
  output: ConnectionView,
  errors: ['not_found'],
  events: [],
  run: getConnection,
})

export const connectionRevoke = operation({
  name: 'connection.revoke',
  summary: 'End a connection of a user',
  description:
    'Its tokens are deleted, and revoked at the provider if that can be reached. Clients get no more tokens until the user connects again. Revoking a connection that ended changes nothing.',
  permission: 'connections:write',
  reach: 'realm',
  irreversible: true,
  input: ConnectionId,
  output: z.void(),
  errors: ['not_found'],
  events: ['connection.revoked'],
  run: (context, input) => revokeConnection(context, input),
})
