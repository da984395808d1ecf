// The operations on resources.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { ResourceMetadata, viewMetadata } from './protected-resource.ts'
import {
  addResourceClient,
  addReturnUrl,
  createResource,
  deleteResource,
  getResource,
  removeResourceClient,
  removeReturnUrl,
  requireResource,
  updateResource,
} from './resource.service.ts'
import {
  type ClientList,
  NewResource,
  ResourceClient,
  ResourcePatch,
  ResourceQuery,
  ResourceReturnUrl,
  ResourceView,
  viewResource,
} from './resource.ts'

const ResourceId = z.strictObject({ id: idOf('resource') })

export const resourceCreate = operation({
  name: 'resource.create',
  summary: 'Register a resource',
  description:
    'A resource is an API that tokens are issued for. A client requests it with its identifier in the resource parameter (RFC 8707), and the identifier is the audience of the tokens.',
  permission: 'resources:write',
  reach: 'tenant',
  input: NewResource,
  output: ResourceView,
  errors: ['already_exists', 'not_found'],
  events: ['resource.created'],
  run: createResource,
})

export const resourceList = operation({
  name: 'resource.list',
  summary: 'List resources',
  permission: 'resources:read',
  reach: 'tenant',
  input: ResourceQuery,
  output: listOf(ResourceView),
  errors: [],
  events: [],
  run: async ({ read }, page) => mapPage(await read.resources.list(page), viewResource),
})

export const resourceGet = operation({
  name: 'resource.get',
  summary: 'Show a resource',
  permission: 'resources:read',
  reach: 'tenant',
  input: ResourceId,
  output: ResourceView,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getResource(context, id),
})

export const resourceMetadata = operation({
  name: 'resource.metadata',
  summary: 'Show the metadata of a resource',
  description:
    'By this document clients find the realm (RFC 9728). If another host has the resource, copy the document to that host, and send the challenge with each 401.',
  permission: 'resources:read',
  reach: 'realm',
  input: ResourceId,
  output: ResourceMetadata,
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope, registry }, { id }) =>
    viewMetadata(await requireResource(read, id), issuerOf(realmOf(scope), registry.settings)),
})

export const resourceUpdate = operation({
  name: 'resource.update',
  summary: 'Change a resource',
  description: 'Only the given members change; the scopes are replaced as a whole. The identifier cannot be changed.',
  permission: 'resources:write',
  reach: 'tenant',
  input: ResourcePatch,
  output: ResourceView,
  errors: ['not_found', 'already_exists', 'precondition_failed'],
  events: ['resource.updated'],
  run: updateResource,
})

export const resourceDelete = operation({
  name: 'resource.delete',
  summary: 'Delete a resource',
  description:
    'Its tokens and consents are revoked. Its identifier and slug can be used again. It stays where fronting links refer to it, unless they are to go with it.',
  permission: 'resources:write',
  reach: 'tenant',
  irreversible: true,
  input: ResourceId.extend({
    cascade: z.stringbool().default(false).describe('Whether the fronting links from and to it go too.'),
  }),
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['resource.deleted', 'fronting_link.deleted'],
  run: deleteResource,
})

type Name = `resource.${string}`

function addingTo(name: Name, summary: string, list: ClientList) {
  return operation({
    name,
    summary,
    description: 'A client that is there already stays.',
    permission: 'resources:write',
    reach: 'tenant',
    input: ResourceClient,
    output: ResourceView,
    errors: ['not_found', 'limit_reached', 'precondition_failed'],
    events: ['resource.updated'],
    run: addResourceClient(list),
  })
}

function removingFrom(name: Name, summary: string, list: ClientList) {
  return operation({
    name,
    summary,
    description: 'Removing a client that is not there changes nothing.',
    permission: 'resources:write',
    reach: 'tenant',
    input: ResourceClient,
    output: ResourceView,
    errors: ['not_found', 'precondition_failed'],
    events: ['resource.updated'],
    run: removeResourceClient(list),
  })
}

export const resourceAddExchangeClient = addingTo(
  'resource.add_exchange_client',
  'Let a client exchange tokens for those of a resource',
  'exchangeClients',
)
export const resourceRemoveExchangeClient = removingFrom(
  'resource.remove_exchange_client',
  'No longer let a client exchange tokens for those of a resource',
  'exchangeClients',
)
export const resourceAddRuntimeClient = addingTo(
  'resource.add_runtime_client',
  'Say that a client is a resource',
  'runtimeClients',
)
export const resourceRemoveRuntimeClient = removingFrom(
  'resource.remove_runtime_client',
  'Say that a client is no longer a resource',
  'runtimeClients',
)

export const resourceAddReturnUrl = operation({
  name: 'resource.add_return_url',
  summary: 'Let users be sent to a URL after they connected an account',
  description: 'Of a broker resource. A URL that is there already stays.',
  permission: 'resources:write',
  reach: 'tenant',
  input: ResourceReturnUrl,
  output: ResourceView,
  errors: ['not_found', 'limit_reached', 'precondition_failed'],
  events: ['resource.updated'],
  run: addReturnUrl,
})

export const resourceRemoveReturnUrl = operation({
  name: 'resource.remove_return_url',
  summary: 'No longer let users be sent to a URL',
  description: 'Removing a URL that is not there changes nothing.',
  permission: 'resources:write',
  reach: 'tenant',
  input: ResourceReturnUrl,
  output: ResourceView,
  errors: ['not_found', 'precondition_failed'],
  events: ['resource.updated'],
  run: removeReturnUrl,
})
