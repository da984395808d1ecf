import * as z from 'zod'
import {
  identityProviderCreate,
  identityProviderDelete,
  identityProviderGet,
  identityProviderSurvey,
  identityProviderUpdate,
} from '#domain/identity-provider/identity-provider.operations.ts'
import {
  IdentityProviderPatch,
  IdentityProviderSurvey,
  type IdentityProviderView,
  NewIdentityProvider,
  PROVIDER_TYPES,
} from '#domain/identity-provider/identity-provider.ts'
import { renderId } from '#kernel/id.ts'
import { snake } from '../native/codec.ts'
import type { Route } from '../surface.ts'
import {
  acrossTenants,
  homeAsked,
  idIn,
  listOf,
  listSchema,
  PageParameters,
  pageOf,
  row,
  single,
  staysIn,
  timeOut,
  wordIn,
} from './row.ts'

/** What of a provider stands in `config` on this wire, by its names in the domain. */
const CONFIG = [
  'issuer',
  'clientId',
  'clientSecret',
  'authorizationEndpoint',
  'tokenEndpoint',
  'jwksUri',
  'userinfoEndpoint',
  'scopes',
  'emailVerifiedClaim',
  'discoveryUrl',
  'entityId',
  'ssoUrl',
  'sloUrl',
  'certificates',
  'nameIdFormat',
] as const

const settings = IdentityProviderPatch.shape
const config = z
  .object(Object.fromEntries(CONFIG.map((name) => [snake(name), settings[name]])))
  .describe('What its type needs: OIDC an issuer, a client and endpoints, SAML an entity, a URL and certificates.')

const tenant_id = idIn('tenant').optional()
const fields = {
  name: settings.name,
  enabled: settings.enabled,
  domains: settings.domains,
  jit_provisioning: settings.jitProvisioning,
  attribute_mapping: settings.attributeMapping,
}
const Create = z.object({
  ...fields,
  name: NewIdentityProvider.shape.name,
  provider_type: wordIn(PROVIDER_TYPES),
  config,
  tenant_id,
})
const Update = z.object({
  ...fields,
  config: config.optional(),
  tenant_id: tenant_id.describe('The one that the provider is of.'),
})
const List = PageParameters.extend({
  tenant_id,
  partner_id: idIn('partner').optional(),
  provider_type: wordIn(PROVIDER_TYPES).optional(),
  enabled: z.stringbool().optional(),
  search: IdentityProviderSurvey.shape.search,
})

const Provider = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  provider_type: z.enum(['OIDC', 'SAML']),
  enabled: z.boolean(),
  status: z.enum(['ACTIVE', 'INACTIVE']),
  config: z.record(z.string(), z.unknown()).describe('Never its secret.'),
  domains: z.array(z.string()),
  jit_provisioning: z.boolean(),
  attribute_mapping: z.record(z.string(), z.string()),
  callback_url: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
})

function shown(provider: IdentityProviderView): z.output<typeof Provider> {
  const known = provider as unknown as Record<string, unknown>
  const set = CONFIG.filter((name) => known[name] !== undefined).map((name) => [snake(name), known[name]])
  return {
    id: renderId('identity_provider', provider.id),
    tenant_id: renderId('tenant', provider.tenantId),
    name: provider.name,
    provider_type: provider.providerType === 'oidc' ? 'OIDC' : 'SAML',
    enabled: provider.enabled,
    status: provider.enabled ? 'ACTIVE' : 'INACTIVE',
    config: Object.fromEntries(set),
    domains: provider.domains,
    jit_provisioning: provider.jitProvisioning,
    attribute_mapping: provider.attributeMapping,
    callback_url: provider.callbackUrl,
    created_at: timeOut(provider.createdAt) ?? '',
    updated_at: timeOut(provider.updatedAt) ?? '',
  }
}

function taken({ config: given = {}, ...body }: z.output<typeof Update>): object {
  return {
    name: body.name,
    enabled: body.enabled,
    domains: body.domains,
    jitProvisioning: body.jit_provisioning,
    attributeMapping: body.attribute_mapping,
    ...Object.fromEntries(CONFIG.map((name) => [name, given[snake(name)]])),
  }
}

const names = Object.fromEntries(CONFIG.map((name) => [name, `config.${snake(name)}`]))
const its: Route['scope'] = async ({ params }, places) => places.of('identity_provider', params.id)
const one = { replySchema: Provider, reply: (provider: IdentityProviderView) => single(shown(provider)), names }
const id = ({ params }: { params: Readonly<Record<string, string>> }) => ({ id: params.id })

/** Where people may sign in instead (ScaiKey, “Identity providers”). */
export const identityProviderRoutes: readonly Route[] = [
  row('GET /api/v1/admin/identity-providers', identityProviderSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query }) => ({
      ...pageOf(query),
      tenantId: query.tenant_id,
      partnerId: query.partner_id,
      providerType: query.provider_type,
      enabled: query.enabled,
      search: query.search,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Provider),
  }),
  row('POST /api/v1/admin/identity-providers', identityProviderCreate, {
    ...one,
    scope: homeAsked,
    status: 201,
    body: Create,
    input: ({ body }) => ({ ...taken(body), providerType: body.provider_type }),
  }),
  row('GET /api/v1/admin/identity-providers/{id}', identityProviderGet, { ...one, scope: its, input: id }),
  row('PATCH /api/v1/admin/identity-providers/{id}', identityProviderUpdate, {
    ...one,
    scope: staysIn(its),
    body: Update,
    input: ({ params, body }) => ({ ...taken(body), id: params.id }),
  }),
  row('DELETE /api/v1/admin/identity-providers/{id}', identityProviderDelete, { scope: its, input: id }),
]
