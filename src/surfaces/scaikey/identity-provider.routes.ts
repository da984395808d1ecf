// Identity providers (ScaiKey, “Identity providers”).
import * as z from 'zod'
import * as providers from '#domain/identity-provider/identity-provider.operations.ts'
import { IdentityProviderView, NATIVE_MEMBERS } from '#domain/identity-provider/identity-provider.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { computed, created, list, noContent, ok, representation, rows } from './dialect.ts'
import { acrossPartners, inSameTenant, inTenantOfBody, placeOf } from './scope.ts'

const scope = placeOf('identity_provider')
const row = rows({ scope })

const OIDC = ['issuer', 'clientId', 'authorizationEndpoint', 'tokenEndpoint', 'jwksUri', 'userinfoEndpoint'] as const
const SAML = ['entityId', 'ssoUrl', 'sloUrl', 'certificates', 'nameIdFormat'] as const
const CONFIG = [...OIDC, 'scopes', 'emailVerifiedClaim', 'discoveryUrl', ...SAML] as const
const [nested, fixed] = [{ config: [...CONFIG, 'clientSecret'] }, { trustDomains: true }] as const

const provider = representation(
  IdentityProviderView,
  { nested: { config: CONFIG }, omit: ['realmId', 'version', ...NATIVE_MEMBERS] },
  {
    status: computed(z.enum(['ACTIVE', 'INACTIVE']), ({ enabled }: IdentityProviderView) =>
      enabled ? 'ACTIVE' : 'INACTIVE',
    ),
  },
)

const enabled: Codec = { schema: z.boolean(), decode: (sent) => (sent === 'true' || sent === 'false' ? sent : [sent]) }

const BASE = '/api/v1/admin/identity-providers'

export const identityProviderRoutes: readonly Route[] = [
  row(`GET ${BASE}`, providers.identityProviderList, list(provider), { ...acrossPartners, codecs: { enabled } }),
  row(`POST ${BASE}`, providers.identityProviderCreate, created(provider), { ...inTenantOfBody, nested, fixed }),
  row(`GET ${BASE}/{id}`, providers.identityProviderGet, ok(provider)),
  row(`PATCH ${BASE}/{id}`, providers.identityProviderUpdate, ok(provider), { ...inSameTenant(scope), nested }),
  row(`DELETE ${BASE}/{id}`, providers.identityProviderDelete, noContent),
]
