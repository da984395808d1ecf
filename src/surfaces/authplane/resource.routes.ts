// The rows for resources, and for which clients they name.
import * as z from 'zod'
import * as resources from '#domain/resource/resource.operations.ts'
import { type ClientList, ResourceView } from '#domain/resource/resource.ts'
import { renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import { bySlug, created, json, list, noContent, ok, representation, row } from './dialect.ts'

const resource = representation(ResourceView, {
  pick: [
    'id',
    'slug',
    'identifier',
    'name',
    'backend',
    'brokerProviderId',
    'returnUrls',
    'scopes',
    'exchangeClients',
    'runtimeClients',
    'createdAt',
    'updatedAt',
  ],
  names: {
    identifier: 'uri',
    name: 'display_name',
    backend: 'backend_kind',
    returnUrls: 'allowed_return_urls',
    exchangeClients: 'allowed_client_ids',
    runtimeClients: 'client_ids',
  },
  nested: {
    'policy.exchange': ['exchangeClients'],
    'policy.runtime': ['runtimeClients'],
    'policy.connect': ['returnUrls'],
  },
})

const locate: Route['locate'] = async ({ id = '', client_id: client, ...params }, places) => ({
  ...params,
  id: await places.resource(id),
  ...(client !== undefined && { client_id: await places.client(client) }),
})
const clientMembers = ['allowed_client_ids', 'client_ids', 'client_id']

/** One list of clients under a resource, by the slug of the resource. */
function listed(member: ClientList, name: string, path: string, [add, remove]: typeof EXCHANGE): Route[] {
  const reply = json(z.object({ [name]: z.array(z.string()) }), (view: ResourceView) => ({
    [name]: view[member].map((id) => renderId('client', id)),
  }))
  const at = `/admin/resources/{id}/policy/${path}` as const
  return [
    row(`GET ${at}`, resources.resourceGet, reply, { locate, clientMembers }),
    row(`POST ${at}`, add, reply, { locate, clientMembers, pick: ['clientId'] }),
    row(`DELETE ${at}/{client_id}`, remove, reply, { locate, clientMembers }),
  ]
}
const EXCHANGE = [resources.resourceAddExchangeClient, resources.resourceRemoveExchangeClient] as const
const RUNTIME = [resources.resourceAddRuntimeClient, resources.resourceRemoveRuntimeClient] as const

const RETURN_URLS = '/admin/resources/{id}/policy/connect/allowed-return-urls'
const returnUrls = json(z.object({ allowed_return_urls: z.array(z.string()) }), (view: ResourceView) => ({
  allowed_return_urls: view.returnUrls,
}))

const isBroker = (body: unknown) => (body as { backend_kind?: unknown } | undefined)?.backend_kind === 'broker'

/** Resources (AuthPlane, “Register a resource”). */
export const resourceRoutes: readonly Route[] = [
  row('POST /admin/resources', resources.resourceCreate, created(resource), {
    clientMembers,
    accept: ['brokerProvider'],
    names: { brokerProvider: 'broker_provider_slug' },
    aliases: { brokerProvider: 'broker_provider_id' },
    // The document’s clients get the token of the provider by token exchange.
    fixed: ({ body }) => (isBroker(body) ? { vending: 'token' as const } : {}),
  }),
  row('GET /admin/resources', resources.resourceList, list(resource, 'resources', bySlug), {
    clientMembers,
    accept: ['backend', 'brokerProviderId'],
  }),
  row('GET /admin/resources/{id}', resources.resourceGet, ok(resource), { locate, clientMembers }),
  row('PATCH /admin/resources/{id}', resources.resourceUpdate, ok(resource), { locate, clientMembers }),
  row('DELETE /admin/resources/{id}', resources.resourceDelete, noContent, { locate, accept: ['cascade'] }),
  ...listed('exchangeClients', 'allowed_client_ids', 'exchange/allowed-clients', EXCHANGE),
  ...listed('runtimeClients', 'client_ids', 'runtime/client-ids', RUNTIME),
  row(`GET ${RETURN_URLS}`, resources.resourceGet, returnUrls, { locate }),
  row(`POST ${RETURN_URLS}`, resources.resourceAddReturnUrl, returnUrls, { locate, pick: ['url'] }),
  row(`DELETE ${RETURN_URLS}`, resources.resourceRemoveReturnUrl, returnUrls, { locate, pick: ['url'] }),
]
