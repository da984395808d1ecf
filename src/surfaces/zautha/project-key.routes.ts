// The keys of projects: API keys and signing keys (Zautha, “API keys”, “Signing keys”).
import * as z from 'zod'
import * as projectKeys from '#domain/project/project-key.operations.ts'
import { ProjectKeyView, ProjectKeyWithSecret } from '#domain/project/project-key.ts'
import * as keys from '#domain/signing-key/signing-key.operations.ts'
import { type Rotation, SigningKeyView } from '#domain/signing-key/signing-key.ts'
import type { Codec } from '../codec.ts'
import { replyAbout } from '../reply.ts'
import type { Route } from '../surface.ts'
import { created, cut, homeScope, list, noContent, representation, rows } from './dialect.ts'

const row = rows({ scope: homeScope })
const ofProject = rows({ scope: (request, places) => places.ofObject('project', request.params.id) })

const names = { publishableKey: 'key' }
const key = representation(ProjectKeyView, { names, omit: ['projectId'] })
const newKey = representation(ProjectKeyWithSecret, { names, omit: ['projectId', 'lastUsedAt', 'revokedAt'] })
// Null is for good, as nothing is.
const expiresAt: Codec = { schema: z.string().max(40).nullish(), decode: (sent) => sent ?? undefined }

const renamed = { publicJwk: 'public_key', publishedAt: 'created_at', retiresAt: 'expires_at' }
const signingKey = representation(SigningKeyView, {
  names: { state: 'status', isDefault: 'is_primary', ...renamed },
  omit: ['activatesAt', 'activatedAt'],
})

const BASE = '/v1/admin/projects/{id}'

export const projectKeyRoutes: readonly Route[] = [
  row(`POST ${BASE}/api-keys`, projectKeys.projectKeyCreate, created(newKey), { codecs: { expiresAt } }),
  row(`GET ${BASE}/api-keys`, projectKeys.projectKeyList, list(key, 'api_keys'), { fixed: { revoked: 'true' } }),
  row(`DELETE ${BASE}/api-keys/{key_id}`, projectKeys.projectKeyRevoke, noContent),
  ofProject(`GET ${BASE}/signing-keys`, keys.keyList, list(signingKey, 'signing_keys', cut), { omit: ['retired'] }),
  ofProject(
    `POST ${BASE}/signing-keys/rotate`,
    keys.keyRotate,
    replyAbout(created(signingKey), ({ active }: Rotation) => active),
    { fixed: { immediate: true }, omit: ['algorithm'] },
  ),
]
