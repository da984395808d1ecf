import * as z from 'zod'
import { projectKeyCreate, projectKeyRevoke, projectKeySurvey } from '#domain/project/project-key.operations.ts'
import { NewProjectKey, type ProjectKeyView, type ProjectKeyWithSecret } from '#domain/project/project-key.ts'
import { keyList, keyRotate } from '#domain/signing-key/signing-key.operations.ts'
import { KEY_STATES, type Rotation, type SigningKeyView } from '#domain/signing-key/signing-key.ts'
import type { Route } from '../surface.ts'
import { homeScope, listOf, listSchema, PageParameters, pageOf, row, timeOut } from './row.ts'

const Create = z.object({ name: NewProjectKey.shape.name, expires_at: z.string().nullish() })

const key = {
  id: z.uuid(),
  name: z.string(),
  key: z.string().describe('Publishable: it may stand in a page.'),
  prefix: z.string().describe('The secret’s first characters.'),
  last4: z.string(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
}
const ApiKey = z.object({ ...key, last_used_at: z.string().nullable(), revoked_at: z.string().nullable() })
const NewApiKey = z.object({ ...key, secret: z.string().describe('Shown this once.') })

function shownKey(view: ProjectKeyView) {
  return {
    id: view.id,
    name: view.name,
    key: view.publishableKey,
    prefix: view.prefix,
    last4: view.last4,
    created_at: timeOut(view.createdAt) ?? '',
    expires_at: timeOut(view.expiresAt),
  }
}

const listedKey = (view: ProjectKeyView): z.output<typeof ApiKey> => ({
  ...shownKey(view),
  last_used_at: timeOut(view.lastUsedAt),
  revoked_at: timeOut(view.revokedAt),
})

const SigningKey = z.object({
  id: z.uuid(),
  kid: z.string(),
  algorithm: z.string(),
  is_primary: z.boolean().describe('Whether it signs. One key of a project does.'),
  status: z.enum(KEY_STATES),
  public_key: z.record(z.string(), z.unknown()).describe('A JWK.'),
  created_at: z.string(),
  expires_at: z.string().nullable().describe('When a key that signs no more leaves the JWKS.'),
})

function shownSigningKey(view: SigningKeyView): z.output<typeof SigningKey> {
  return {
    id: view.id,
    kid: view.kid,
    algorithm: view.algorithm,
    is_primary: view.state === 'active',
    status: view.state,
    public_key: view.publicJwk,
    created_at: timeOut(view.publishedAt) ?? '',
    expires_at: timeOut(view.retiresAt),
  }
}

/** The project’s realm. */
const projectScope: Route['scope'] = (request, places) => places.of('project', request.params.id)

/** The keys of projects: those of their programs, and those that their tokens are signed with (Zautha, “API keys”, “Signing keys”). */
export const projectKeyRoutes: readonly Route[] = [
  row('POST /v1/admin/projects/{id}/api-keys', projectKeyCreate, {
    scope: homeScope,
    status: 201,
    body: Create,
    input: ({ params, body }) => ({ id: params.id, name: body.name, expiresAt: body.expires_at ?? undefined }),
    reply: (made: ProjectKeyWithSecret) => ({ ...shownKey(made), secret: made.secret }),
    replySchema: NewApiKey,
  }),
  row('GET /v1/admin/projects/{id}/api-keys', projectKeySurvey, {
    scope: homeScope,
    query: PageParameters,
    input: ({ params, query }) => ({ ...pageOf(query), id: params.id }),
    reply: (page, { query }) => listOf('api_keys', page, query, listedKey),
    replySchema: listSchema('api_keys', ApiKey),
  }),
  row('DELETE /v1/admin/projects/{id}/api-keys/{key_id}', projectKeyRevoke, {
    scope: homeScope,
    input: ({ params }) => ({ id: params.id, keyId: params.key_id }),
  }),
  row('GET /v1/admin/projects/{id}/signing-keys', keyList, {
    scope: projectScope,
    query: PageParameters,
    input: () => ({}),
    // A realm has three keys or so; they come all at once, and the page is cut from them.
    reply: ({ data }: { data: SigningKeyView[] }, { query }) => {
      const { page, limit } = query
      const shown = { data: data.slice((page - 1) * limit, page * limit), total: data.length }
      return listOf('signing_keys', shown, query, shownSigningKey)
    },
    replySchema: listSchema('signing_keys', SigningKey),
  }),
  row('POST /v1/admin/projects/{id}/signing-keys/rotate', keyRotate, {
    scope: projectScope,
    status: 201,
    input: () => ({ immediate: true }),
    reply: ({ active }: Rotation) => shownSigningKey(active),
    replySchema: SigningKey,
  }),
]
