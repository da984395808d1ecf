// The operations on API keys.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createApiKey, revokeApiKey } from './api-key.service.ts'
import { ApiKeyQuery, ApiKeyView, ApiKeyWithSecret, NewApiKey, viewApiKey } from './api-key.ts'

const ApiKeyId = z.strictObject({ id: idOf('api_key') })

export const apiKeyCreate = operation({
  name: 'api_key.create',
  summary: 'Create an API key',
  description:
    'The key is shown only in this response. It cannot have more permissions or a larger reach than the caller.',
  permission: 'api-keys:write',
  reach: 'tenant',
  freshSignIn: true,
  makesCredentials: true,
  input: NewApiKey,
  output: ApiKeyWithSecret,
  errors: ['not_found'],
  events: ['api_key.created'],
  run: createApiKey,
})

export const apiKeyList = operation({
  name: 'api_key.list',
  summary: 'List API keys',
  permission: 'api-keys:read',
  reach: 'tenant',
  input: ApiKeyQuery,
  output: listOf(ApiKeyView),
  errors: [],
  events: [],
  run: async ({ read, actor }, query) => mapPage(await read.apiKeys.list(actor.reach, query), viewApiKey),
})

export const apiKeyGet = operation({
  name: 'api_key.get',
  summary: 'Show an API key',
  permission: 'api-keys:read',
  reach: 'tenant',
  input: ApiKeyId,
  output: ApiKeyView,
  errors: ['not_found'],
  events: [],
  run: async ({ read, actor }, { id }) => {
    const key = await read.apiKeys.find(actor.reach, id)
    if (!key) throw new Failure('not_found')
    return viewApiKey(key)
  },
})

export const apiKeyRevoke = operation({
  name: 'api_key.revoke',
  summary: 'Revoke an API key',
  description: 'The key stops working immediately, and stays in the list of revoked keys.',
  permission: 'api-keys:write',
  reach: 'tenant',
  irreversible: true,
  input: ApiKeyId,
  output: ApiKeyView,
  errors: ['not_found'],
  events: ['api_key.revoked'],
  run: revokeApiKey,
})
