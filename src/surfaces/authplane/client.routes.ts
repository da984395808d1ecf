// The rows for clients.
import * as z from 'zod'
import { EVERY_RESOURCE } from '#domain/client/askable.ts'
import * as clients from '#domain/client/client.operations.ts'
import { type AUTH_METHODS, ClientView, ClientWithSecret, type GRANT_TYPES } from '#domain/client/client.ts'
import type { Codec } from '../codec.ts'
import type { Route, WireRequest } from '../surface.ts'
import { computed, created, json, list, noContent, ok, representation, row, spaced, unlessForced } from './dialect.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const SECRETS = ['client_secret_post', 'client_secret_basic']
const SOURCES = { administrator: 'admin', dynamic: 'dcr', metadata_document: 'cimd' } as const

/** A client with a secret may send it in both ways, so it has one name here. */
const authMethod: Codec = {
  schema: z.string().max(64),
  encode: (method: (typeof AUTH_METHODS)[number]) => (method === 'client_secret' ? SECRETS[0] : method),
  decode: (sent) => (SECRETS.includes(String(sent)) ? 'client_secret' : sent),
}

const grantTypes: Codec = {
  schema: z.array(z.string().max(200)).max(20),
  decode: (sent) => (Array.isArray(sent) ? sent.filter((grant) => grant !== EXCHANGE) : sent),
}

const source: Codec = {
  schema: z.enum(['dcr', 'cimd', 'admin']),
  decode: (sent) => Object.entries(SOURCES).find(([, word]) => word === sent)?.[0] ?? sent,
}

const mapping = {
  names: {
    label: 'client_name',
    authMethod: 'token_endpoint_auth_method',
    scopes: 'scope',
    createdAt: 'issued_at',
  },
  aliases: { label: 'name' },
  codecs: { authMethod, grantTypes, scopes: spaced },
} as const

const shown = {
  id: computed(z.string(), ({ clientId }: ClientView) => clientId),
  name: computed(z.string(), ({ label }: ClientView) => label),
  grant_types: computed(z.array(z.string()), ({ grantTypes: grants, tokenExchangeAllowed }: ClientView) => [
    ...grants,
    ...(tokenExchangeAllowed ? [EXCHANGE] : []),
  ]),
  response_types: computed(z.array(z.string()), ({ grantTypes: grants }: ClientView) =>
    grants.includes('authorization_code') ? ['code'] : [],
  ),
  status: computed(z.enum(['active', 'suspended']), ({ enabled }: ClientView) => (enabled ? 'active' : 'suspended')),
  registration_source: computed(
    z.enum(['dcr', 'cimd', 'admin']),
    ({ registeredBy }: ClientView) => SOURCES[registeredBy],
  ),
}

const members = ['clientId', 'label', 'redirectUris', 'authMethod', 'scopes', 'createdAt', 'updatedAt'] as const
const client = representation(ClientView, { ...mapping, pick: members }, shown)
const newClient = representation(ClientWithSecret, { ...mapping, pick: [...members, 'clientSecret'] }, shown)
const rotated = representation(ClientWithSecret, { pick: ['clientId', 'clientSecret'] })
const status = json(z.object({ status: z.string() }), ({ enabled }: ClientView) => ({
  status: enabled ? 'active' : 'suspended',
}))

/** `{id}` is the `client_id`. */
const locate: Route['locate'] = async ({ id = '' }, places) => ({ id: await places.client(id) })

const sentGrants = ({ body }: WireRequest): readonly unknown[] | undefined => {
  const { grant_types: given } = (body ?? {}) as { grant_types?: unknown }
  return Array.isArray(given) ? given : undefined
}

/** Exchanging tokens is a grant type here. */
function exchange(request: WireRequest) {
  const grants = sentGrants(request)
  return grants && { tokenExchangeAllowed: grants.includes(EXCHANGE) }
}

type Grants = (typeof GRANT_TYPES)[number][]
const USUAL: Grants = ['authorization_code', 'refresh_token']

/** Clients (AuthPlane, “Register an MCP client”). */
export const clientRoutes: readonly Route[] = [
  row('POST /admin/clients', clients.clientCreate, created(newClient), {
    required: ['label'],
    accept: ['grantTypes'],
    checked: {
      response_types: z.array(z.literal('code')).max(1).optional(),
    },
    fixed: (request) => {
      const { token_endpoint_auth_method: method } = (request.body ?? {}) as { token_endpoint_auth_method?: unknown }
      return {
        uniqueLabel: true,
        audiences: [EVERY_RESOURCE],
        ...(method === undefined && { authMethod: 'none' as const }),
        ...(sentGrants(request) === undefined && { grantTypes: USUAL }),
        ...exchange(request),
      }
    },
  }),
  row('GET /admin/clients', clients.clientList, list(client), {
    pick: ['status', 'registered_by'],
    names: { registered_by: 'source' },
    codecs: { registered_by: source },
  }),
  row('GET /admin/clients/{id}', clients.clientGet, ok(client), { locate }),
  row('PATCH /admin/clients/{id}', clients.clientUpdate, ok(client), {
    locate,
    pick: ['label', 'redirectUris', 'grantTypes', 'scopes'],
    fixed: (request) => ({ ...exchange(request) }),
  }),
  row('DELETE /admin/clients/{id}', clients.clientDelete, noContent, { locate, ...unlessForced }),
  row('POST /admin/clients/{id}/rotate-secret', clients.clientRotateSecret, ok(rotated), { locate }),
  row('PATCH /admin/clients/{id}/suspend', clients.clientSuspend, status, { locate }),
  row('PATCH /admin/clients/{id}/reactivate', clients.clientReactivate, status, { locate }),
]
