// The rows for applications, each with one client.
import * as z from 'zod'
import { applicationDelete } from '#domain/application/application.operations.ts'
import * as registrations from '#domain/application/registration.operations.ts'
import { RegistrationView, RegistrationWithSecret } from '#domain/application/registration.ts'
import { clientSnippet } from '#domain/client/client.operations.ts'
import type { SnippetView } from '#domain/client/snippet.ts'
import { Failure } from '#kernel/error.ts'
import { renderId } from '#kernel/id.ts'
import { slugFrom } from '#kernel/slug.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { computed, counted, created, json, list, noContent, ok, representation, row } from './dialect.ts'

const members = {
  pick: [
    'id',
    'name',
    'clientId',
    'redirectUris',
    'postLogoutRedirectUris',
    'allowedOrigins',
    'createdAt',
    'updatedAt',
  ],
  names: { redirectUris: 'allowed_callback_urls', postLogoutRedirectUris: 'allowed_logout_urls' },
} as const
const more = {
  slug: computed(z.string(), ({ id, name }: RegistrationView) => slugFrom(name) ?? renderId('application', id)),
  // No application of this server is one that cannot be deleted.
  is_default: computed(z.literal(false), () => false as const),
}
const app = representation(RegistrationView, members, more)
const newApp = representation(RegistrationWithSecret, { ...members, pick: [...members.pick, 'clientSecret'] }, more)

/** What the product's programs send besides, and where it is set here: it must not look as if it had an effect. */
const elsewhere = (message: string) => z.never({ error: message }).optional()
const checked = {
  slug: elsewhere('is made of the name'),
  branding_override: elsewhere('is set with PATCH /v1/realms/{issuer_id}/branding and client_id'),
  proxy_public_domain: elsewhere('is set with POST /v1/realms/{issuer_id}/proxy-sites'),
  proxy_protected_url: elsewhere('is set with POST /v1/realms/{issuer_id}/proxy-sites'),
}

/** The frameworks of the product's programs, by the names that they have there. */
const FRAMEWORKS: Readonly<Record<string, string>> = { react: 'nextjs', typescript: 'node', bash: 'curl' }
const framework: Codec = {
  schema: z.string().max(40),
  decode: (sent) => (typeof sent === 'string' ? (FRAMEWORKS[sent] ?? sent) : sent),
}
const snippet = json(
  z.object({
    framework: z.string(),
    snippets: z.array(z.object({ label: z.string(), lang: z.string(), code: z.string() })),
  }),
  ({ stack, snippets }: SnippetView) => ({
    framework: stack,
    snippets: snippets.map(({ label, language, code }) => ({ label, lang: language, code })),
  }),
)

/** `{id}` is an application’s id or its client’s. */
const locate: Route['locate'] = async ({ id = '' }, places) => ({ id: (await places.registration(id)).id })
const locateClient: Route['locate'] = async ({ id = '' }, places) => {
  const { clientId } = await places.registration(id)
  if (clientId === undefined) throw new Failure('conflict', 'The application has no client.')
  return { id: clientId }
}
const BASE = '/api/v1/admin/apps'

/** Applications (SharkAuth, “Applications”). */
export const appRoutes: readonly Route[] = [
  row(`POST ${BASE}`, registrations.registrationCreate, created(newApp), { checked, fixed: { type: 'web' } }),
  row(`GET ${BASE}`, registrations.registrationList, list(app, 'data', counted), {
    pick: ['search'],
    fixed: (_request, { scope: { tenantId } }) => ({ tenantId, level: 'tenant' as const }),
  }),
  row(`GET ${BASE}/{id}`, registrations.registrationGet, ok(app), { locate }),
  row(`PATCH ${BASE}/{id}`, registrations.registrationUpdate, ok(app), { locate, checked }),
  row(`DELETE ${BASE}/{id}`, applicationDelete, noContent, { locate, reach: 'tenant' }),
  row(`POST ${BASE}/{id}/rotate-secret`, registrations.registrationRotateSecret, ok(newApp), { locate, pick: [] }),
  row(`GET ${BASE}/{id}/snippet`, clientSnippet, snippet, {
    locate: locateClient,
    reach: 'tenant',
    names: { stack: 'framework' },
    aliases: { stack: 'language' },
    codecs: { stack: framework },
  }),
]
