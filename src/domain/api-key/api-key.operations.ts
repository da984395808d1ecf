// The operations on API keys.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createApiKey, revokeApiKey, rotateApiKey, updateApiKey } from './api-key.service.ts'
import { ApiKeyPatch, ApiKeyQuery, ApiKeyView, ApiKeyWithSecret, NewApiKey, viewApiKey } from './api-key.ts'

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

export const apiKeyUpdate = operation({
  name: 'api_key.update',
  summary: 'Change an API key',
  description:
    'Only the given members change. Nobody changes a key that has more permissions than the caller, or gives it more.',
  permission: 'api-keys:write',
  reach: 'tenant',
  freshSignIn: true,
  makesCredentials: true,
  input: ApiKeyPatch,
  output: ApiKeyView,
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['api_key.updated'],
  run: updateApiKey,
})

export const apiKeyRotate = operation({
  name: 'api_key.rotate',
  summary: 'Give an API key a new value',
  description:
    'The old value stops working immediately. The new one is shown only in this response. Nobody rotates a key that has more permissions than the caller.',
  permission: 'api-keys:write',
  reach: 'tenant',
  irreversible: true,
  freshSignIn: true,
  makesCredentials: true,
  input: ApiKeyId,
  output: ApiKeyWithSecret,
  errors: ['not_found', 'forbidden', 'conflict'],
  events: ['api_key.rotated'],
  run: rotateApiKey,
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
