// The rows for providers whose tokens are kept for users.
import * as providers from '#domain/broker-provider/broker-provider.operations.ts'
import { BrokerProviderView } from '#domain/broker-provider/broker-provider.ts'
import * as connections from '#domain/connection/connection.operations.ts'
import type { Route } from '../surface.ts'
import { bySlug, created, list, noContent, ok, representation, row } from './dialect.ts'

const URLS = ['authorizeUrl', 'tokenUrl', 'revokeUrl', 'apiUrl', 'issuanceInstructionsUrl'] as const
const FORMS = ['responseFormat', 'extraAuthParams', 'headerName', 'headerPrefix'] as const
const CONFIG = ['clientId', 'clientSecretRef', ...URLS, ...FORMS, 'saEmail', 'saAlgorithm', 'tokenTtlSeconds'] as const
const names = { name: 'display_name', saAlgorithm: 'algorithm' } as const

const provider = representation(BrokerProviderView, {
  pick: ['id', 'slug', 'name', 'protocol', ...CONFIG, 'createdAt', 'updatedAt'],
  names,
  nested: { config_data: [...CONFIG] },
})
const input = {
  pick: ['slug', 'name', 'protocol', ...CONFIG, 'clientSecret'],
  nested: { config_data: [...CONFIG, 'clientSecret'] },
  aliases: { clientSecretRef: 'client_secret_env' },
} as const
const change = { ...input, pick: ['name', ...CONFIG, 'clientSecret'] } as const

const AT = '/admin/broker-providers'

/** Providers (AuthPlane, “Manage broker providers”). */
export const brokerRoutes: readonly Route[] = [
  row(`POST ${AT}`, providers.brokerProviderCreate, created(provider), input),
  row(`GET ${AT}`, providers.brokerProviderList, list(provider, 'providers', bySlug), { pick: [] }),
  row(`GET ${AT}/{id}`, providers.brokerProviderGet, ok(provider)),
  row(`PATCH ${AT}/{id}`, providers.brokerProviderUpdate, ok(provider), change),
  row(`DELETE ${AT}/{id}`, providers.brokerProviderDelete, noContent),
  row('DELETE /admin/grants/broker/{id}', connections.connectionRevoke, noContent),
]
