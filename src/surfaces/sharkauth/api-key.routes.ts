// The rows for API keys.
import * as z from 'zod'
import * as keys from '#domain/api-key/api-key.operations.ts'
import { ApiKeyView, ApiKeyWithSecret } from '#domain/api-key/api-key.ts'
import { CREDENTIALS } from '#kernel/permission.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { computed, created, list, ok, representation, row, unpaged } from './dialect.ts'

/** Scopes. SharkAuth's `*` is all that an admin key may do, which the permission `credentials:write` is a part of. */
const scopes: Codec = {
  schema: z.array(z.string().max(127)).max(100),
  encode: (held: readonly string[]) => (held.includes('*') ? held.filter((scope) => scope !== CREDENTIALS) : held),
  decode: (sent) => (Array.isArray(sent) && sent.includes('*') ? [...new Set([...sent, CREDENTIALS])] : sent),
}

const members = { names: { permissions: 'scopes', prefix: 'key_prefix' }, codecs: { permissions: scopes } } as const
const key = representation(
  ApiKeyView,
  { ...members, omit: ['reach', 'realm'] },
  { key_display: computed(z.string(), ({ prefix }: ApiKeyView) => `${prefix}...`) },
)
const newKey = representation(ApiKeyWithSecret, { ...members, omit: ['reach', 'realm', 'lastUsedAt', 'revokedAt'] })

/** Admin keys (SharkAuth, “API keys”). */
export const apiKeyRoutes: readonly Route[] = [
  row('POST /api/v1/api-keys', keys.apiKeyCreate, created(newKey)),
  row('GET /api/v1/api-keys', keys.apiKeyList, list(key, 'api_keys', unpaged), { fixed: { revoked: 'true' } }),
  row('GET /api/v1/api-keys/{id}', keys.apiKeyGet, ok(key)),
  row('PATCH /api/v1/api-keys/{id}', keys.apiKeyUpdate, ok(key)),
  row('POST /api/v1/api-keys/{id}/rotate', keys.apiKeyRotate, ok(newKey)),
  row('DELETE /api/v1/api-keys/{id}', keys.apiKeyRevoke, ok(key)),
]
