// The operations on providers whose tokens are kept for users.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import {
  createBrokerProvider,
  deleteBrokerProvider,
  getBrokerProvider,
  listBrokerProviders,
  updateBrokerProvider,
} from './broker-provider.service.ts'
import {
  BrokerProviderPatch,
  BrokerProviderQuery,
  BrokerProviderView,
  NewBrokerProvider,
  RESPONSE_FORMATS,
} from './broker-provider.ts'
import { TEMPLATE_NAMES, TEMPLATES } from './templates.ts'

const BrokerProviderId = z.strictObject({ id: idOf('broker_provider') })

/** A template as callers see it. */
export const TemplateView = z.object({
  template: z.enum(TEMPLATE_NAMES),
  name: z.string(),
  authorizeUrl: z.string(),
  tokenUrl: z.string(),
  apiUrl: z.string().nullable(),
  scopes: z.array(z.string()),
  extraAuthParams: z.record(z.string(), z.string()),
  responseFormat: z.enum(RESPONSE_FORMATS),
})
export type TemplateView = z.output<typeof TemplateView>

export const brokerProviderCreate = operation({
  name: 'broker_provider.create',
  summary: 'Create a provider whose tokens are kept for users',
  description:
    'Users connect their accounts at it, and clients use these through resources with the backend broker. A template fills in what a well-known provider needs. Register the callback_url of the response at the provider.',
  permission: 'broker-providers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: NewBrokerProvider,
  output: BrokerProviderView,
  errors: ['not_found', 'already_exists', 'unreachable_host'],
  events: ['broker_provider.created'],
  run: createBrokerProvider,
})

export const brokerProviderList = operation({
  name: 'broker_provider.list',
  summary: 'List the providers whose tokens are kept for users',
  permission: 'broker-providers:read',
  reach: 'realm',
  input: BrokerProviderQuery,
  output: listOf(BrokerProviderView),
  errors: ['not_found'],
  events: [],
  run: listBrokerProviders,
})

export const brokerProviderTemplates = operation({
  name: 'broker_provider.templates',
  summary: 'List the templates of providers',
  permission: 'broker-providers:read',
  reach: 'realm',
  input: z.strictObject({}),
  output: z.object({ data: z.array(TemplateView) }),
  errors: ['not_found'],
  events: [],
  run: async () => ({
    data: TEMPLATE_NAMES.map((template): TemplateView => {
      const { name, authorizeUrl, tokenUrl, apiUrl, scopes, extraAuthParams, responseFormat } = TEMPLATES[template]
      return {
        ...{ template, name, authorizeUrl, tokenUrl, apiUrl: apiUrl ?? null },
        ...{
          scopes: [...scopes],
          extraAuthParams: { ...extraAuthParams },
          responseFormat: responseFormat ?? 'standard',
        },
      }
    }).sort((one, other) => one.name.localeCompare(other.name)),
  }),
})

export const brokerProviderGet = operation({
  name: 'broker_provider.get',
  summary: 'Show a provider whose tokens are kept for users',
  permission: 'broker-providers:read',
  reach: 'realm',
  input: BrokerProviderId,
  output: BrokerProviderView,
  errors: ['not_found'],
  events: [],
  run: getBrokerProvider,
})

export const brokerProviderUpdate = operation({
  name: 'broker_provider.update',
  summary: 'Change a provider whose tokens are kept for users',
  description:
    'Only the given members change. With another client id, or another server at one of its addresses, users have to connect again: tokens go to no other server than they were given for. The secret is given again for another server at its token or revocation endpoint, and of a service account at its API.',
  permission: 'broker-providers:write',
  reach: 'realm',
  freshSignIn: true,
  makesCredentials: true,
  input: BrokerProviderPatch,
  output: BrokerProviderView,
  errors: ['not_found', 'unreachable_host', 'precondition_failed'],
  events: ['broker_provider.updated'],
  run: updateBrokerProvider,
})

export const brokerProviderDelete = operation({
  name: 'broker_provider.delete',
  summary: 'Delete a provider whose tokens are kept for users',
  description: 'Its connections end, and their tokens are deleted. It is refused while resources use the provider.',
  permission: 'broker-providers:write',
  reach: 'realm',
  irreversible: true,
  input: BrokerProviderId,
  output: z.void(),
  errors: ['not_found', 'provider_in_use'],
  events: ['broker_provider.deleted'],
  run: deleteBrokerProvider,
})
