import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createApiKey, revokeApiKey } from './api-key.service.ts'
import { ApiKeyQuery, ApiKeyView, ApiKeyWithSecret, NewApiKey, viewApiKey } from './api-key.ts'

const ApiKeyId = z.strictObject({ id: idOf('api_key') })

export const apiKeyCreate = operation({
  name: 'api_key.create',
  summary: 'Create an API key',
  description: 'The key is shown in this answer and never again. It can do nothing that you cannot do yourself.',
  permission: 'api-keys:write',
  reach: 'tenant',
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
  output: pageOf(ApiKeyView),
  errors: [],
  events: [],
  run: async ({ read, actor }, query) => {
    const { data, nextCursor } = await read.apiKeys.list(actor.reach, query)
    return { data: data.map(viewApiKey), nextCursor }
  },
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
  description: 'It stops working at once, and stays in the list of revoked keys.',
  permission: 'api-keys:write',
  reach: 'tenant',
  input: ApiKeyId,
  output: ApiKeyView,
  errors: ['not_found'],
  events: ['api_key.revoked'],
  run: revokeApiKey,
})
