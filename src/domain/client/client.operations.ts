// The operations on clients.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, listQuery, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { onlyUnused } from '../revocation/revocation.ts'
import {
  createClient,
  deleteClient,
  getClient,
  rotateClientSecret,
  setClientStatus,
  updateClient,
} from './client.service.ts'
import {
  CLIENT_ORIGINS,
  CLIENT_STATUSES,
  ClientPatch,
  ClientView,
  ClientWithSecret,
  NewClient,
  viewClient,
} from './client.ts'
import { GIVES_SCOPES } from './guarded-scopes.ts'
import { showSnippet } from './snippet.service.ts'
import { SnippetQuery, SnippetView } from './snippet.ts'

const ClientQuery = listQuery('created_at').extend({
  client_id: z.string().max(500).optional().describe('Only the client with this client id.'),
  pkce_required: z.stringbool().optional().describe('Only clients that must use PKCE, or only those that need not.'),
  status: z.enum(CLIENT_STATUSES).optional().describe('Only clients with this status.'),
  registered_by: z.enum(CLIENT_ORIGINS).optional().describe('Only clients that came to be so.'),
})

const ClientId = z.strictObject({ id: idOf('client') })

const OF_AGENT = { permission: 'agents:write', when: "the client is an agent's" } as const
const IS_CREDENTIAL = {
  permission: 'credentials:write',
  when: 'a program gives the client other keys or a further redirect URI, or a client that registered itself further rights',
} as const
const INTROSPECTS = { permission: 'issuances:read', when: 'the client has, or gets, introspect_all_tokens' } as const
const SKIPS_CONSENT = { permission: 'grants:write', when: 'the client has, or gets, first_party' } as const
const OF_PLATFORM = { permission: '*', when: 'the client has, or gets, a scope that administers the platform' } as const

export const clientCreate = operation({
  name: 'client.create',
  summary: 'Register a client',
  description:
    'The secret of a client_secret client is shown only in this response. The application with the given name is used, or created if it does not exist.',
  permission: 'clients:write',
  reach: 'realm',
  alsoNeeds: [OF_PLATFORM, INTROSPECTS, SKIPS_CONSENT, ...GIVES_SCOPES],
  freshSignIn: true,
  makesCredentials: true,
  input: NewClient,
  output: ClientWithSecret,
  errors: ['not_found', 'forbidden', 'invalid_target', 'limit_reached', 'already_exists'],
  events: ['client.created', 'application.created', 'key.created'],
  run: (context, input) => createClient(context, input),
})

export const clientList = operation({
  name: 'client.list',
  summary: 'List the clients of a realm',
  permission: 'clients:read',
  reach: 'realm',
  input: ClientQuery,
  output: listOf(ClientView),
  errors: ['not_found'],
  events: [],
  run: async (
    { read, scope },
    { client_id: clientId, pkce_required: pkceRequired, registered_by: registeredBy, ...page },
  ) =>
    mapPage(
      await read.clients.list(realmOf(scope).id, { ...page, clientId, pkceRequired, registeredBy }),
      ({ client, applicationName }) => viewClient(client, applicationName),
    ),
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

export const clientSnippet = operation({
  name: 'client.snippet',
  summary: 'Show the code that connects a client',
  description:
    'Commands and files, in their order, to be copied and run. They do not contain the secret of the client, which was shown once.',
  permission: 'clients:read',
  reach: 'realm',
  input: SnippetQuery,
  output: SnippetView,
  errors: ['not_found', 'conflict'],
  events: [],
  run: showSnippet,
})

export const clientUpdate = operation({
  name: 'client.update',
  summary: 'Change a client',
  description:
    'Only the given members change; lists are replaced as a whole. Issued tokens do not change. Other keys and further redirect URIs of the client are credentials, and so are further scopes, audiences and grants of a client that registered itself: they need a fresh sign-in, or credentials:write. After a redirect URI with a new host, users are asked for consent again. Of a client with a metadata document, only the lifetimes of its tokens, the profile, the allowed origins and id_token_profile_claims can be changed.',
  permission: 'clients:write',
  reach: 'realm',
  alsoNeeds: [OF_AGENT, OF_PLATFORM, INTROSPECTS, SKIPS_CONSENT, ...GIVES_SCOPES, IS_CREDENTIAL],
  input: ClientPatch,
  output: ClientView,
  errors: ['not_found', 'forbidden', 'insufficient_user_authentication', 'invalid_target', 'precondition_failed'],
  events: ['client.updated', 'key.created'],
  run: updateClient,
})

export const clientRotateSecret = operation({
  name: 'client.rotate_secret',
  summary: 'Rotate the secret of a client',
  description: 'The old secret stops working immediately. The new secret is shown only in this response.',
  permission: 'clients:write',
  reach: 'realm',
  irreversible: true,
  alsoNeeds: [OF_AGENT, OF_PLATFORM, INTROSPECTS, SKIPS_CONSENT, ...GIVES_SCOPES],
  freshSignIn: true,
  makesCredentials: true,
  input: ClientId,
  output: ClientWithSecret,
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['client.secret_rotated'],
  run: rotateClientSecret,
})

export const clientSuspend = operation({
  name: 'client.suspend',
  summary: 'Suspend a client',
  description:
    'Until the client is reactivated, it cannot get tokens, and its tokens, and those exchanged for them, are inactive at introspection.',
  permission: 'clients:write',
  reach: 'realm',
  alsoNeeds: [OF_AGENT, OF_PLATFORM],
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
  alsoNeeds: [OF_AGENT, OF_PLATFORM],
  input: ClientId,
  output: ClientView,
  errors: ['not_found', 'forbidden'],
  events: ['client.reactivated'],
  run: (context, { id }) => setClientStatus(context, id, 'active'),
})

export const clientDelete = operation({
  name: 'client.delete',
  summary: 'Delete a client',
  description:
    'Its tokens and consents are revoked, and its client id is not used again. With `only_unused`, a client that has valid tokens is not deleted. A client with a metadata document comes back when a user approves it again: suspend it to keep it out.',
  permission: 'clients:write',
  reach: 'realm',
  irreversible: true,
  alsoNeeds: [OF_AGENT, OF_PLATFORM],
  input: ClientId.extend({ onlyUnused }),
  output: z.void(),
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['client.deleted', 'agent.deleted'],
  run: deleteClient,
})
