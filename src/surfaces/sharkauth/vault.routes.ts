// The rows for the vault: providers, their templates, and the connections of users.
import * as z from 'zod'
import * as providers from '#domain/broker-provider/broker-provider.operations.ts'
import { BrokerProviderView } from '#domain/broker-provider/broker-provider.ts'
import * as connections from '#domain/connection/connection.operations.ts'
import { ConnectionView } from '#domain/connection/connection.ts'
import type { Route } from '../surface.ts'
import { computed, created, json, list, noContent, ok, representation, row, totalled } from './dialect.ts'

const names = { slug: 'name', name: 'display_name', authorizeUrl: 'auth_url' } as const
const members = ['slug', 'name', 'authorizeUrl', 'tokenUrl', 'clientId', 'scopes', 'iconUrl'] as const
const provider = representation(BrokerProviderView, {
  pick: ['id', ...members, 'active', 'extraAuthParams', 'createdAt', 'updatedAt'],
  names,
})
const given = [
  'name',
  'authorizeUrl',
  'tokenUrl',
  'clientId',
  'clientSecret',
  'scopes',
  'iconUrl',
  'extraAuthParams',
] as const

const connection = representation(
  ConnectionView,
  {
    pick: ['id', 'providerId', 'userId', 'scopes', 'expiresAt', 'needsReauth', 'refreshedAt', 'createdAt', 'updatedAt'],
    names: { refreshedAt: 'last_refreshed_at' },
  },
  {
    provider_name: computed(z.string(), (view: ConnectionView) => view.provider.slug),
    provider_display_name: computed(z.string(), (view: ConnectionView) => view.provider.name),
  },
)

const templates = json(
  z.object({ data: z.array(z.unknown()) }),
  ({ data }: { readonly data: readonly providers.TemplateView[] }) => ({
    data: data.map((one) => ({
      name: one.template,
      display_name: one.name,
      auth_url: one.authorizeUrl,
      token_url: one.tokenUrl,
      default_scopes: one.scopes,
      ...(Object.keys(one.extraAuthParams).length > 0 && { extra_auth_params: one.extraAuthParams }),
      ...(one.responseFormat === 'slack' && { token_response_shape: 'slack_v2' }),
    })),
  }),
)

const ended = json(
  z.object({ disconnected: z.boolean(), connection_id: z.string() }),
  (_nothing: unknown, { params }) => ({ disconnected: true, connection_id: params.id ?? '' }),
)

const AT = '/api/v1/vault/providers'

/** The vault (SharkAuth, “Vault”). */
export const vaultRoutes: readonly Route[] = [
  row(`POST ${AT}`, providers.brokerProviderCreate, created(provider), { pick: ['slug', 'template', ...given] }),
  row(`GET ${AT}`, providers.brokerProviderList, list(provider, 'data', totalled), {
    pick: ['active'],
    names: { active: 'active_only' },
  }),
  row(`GET ${AT}/{id}`, providers.brokerProviderGet, ok(provider)),
  row(`PATCH ${AT}/{id}`, providers.brokerProviderUpdate, ok(provider), { pick: [...given, 'active'] }),
  row(`DELETE ${AT}/{id}`, providers.brokerProviderDelete, noContent),
  row('GET /api/v1/vault/templates', providers.brokerProviderTemplates, templates),
  row('GET /api/v1/admin/vault/connections', connections.connectionList, list(connection, 'data', totalled), {
    pick: ['providerId'],
  }),
  row('DELETE /api/v1/admin/vault/connections/{id}', connections.connectionRevoke, ended),
]
