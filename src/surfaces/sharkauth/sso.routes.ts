// The rows for SSO connections: the identity providers of the realm.
import * as z from 'zod'
import * as providers from '#domain/identity-provider/identity-provider.operations.ts'
import { IdentityProviderView } from '#domain/identity-provider/identity-provider.ts'
import type { Codec } from '../codec.ts'
import type { Route, WireRequest } from '../surface.ts'
import { bare, computed, created, list, noContent, ok, representation, row } from './dialect.ts'

/** A connection has one domain. */
const domain: Codec = {
  schema: z.string().max(253),
  decode: (sent) => (typeof sent === 'string' ? [sent].filter(Boolean) : sent === null ? [] : sent),
}
/** Certificates one after the other in PEM. */
const certificates: Codec = {
  schema: z.string().max(100_000).describe('In PEM.'),
  encode: (all: readonly string[]) => all.join(''),
  decode: (sent) => sent,
}
const names = {
  providerType: 'type',
  domains: 'domain',
  entityId: 'saml_idp_entity_id',
  ssoUrl: 'saml_idp_url',
  certificates: 'saml_idp_cert',
  metadataUrl: 'saml_sp_entity_id',
  issuer: 'oidc_issuer',
  clientId: 'oidc_client_id',
} as const
const both = ['providerType', 'name', 'domains', 'enabled'] as const
const settings = ['entityId', 'ssoUrl', 'certificates', 'issuer', 'clientId'] as const
const connection = representation(
  IdentityProviderView,
  {
    pick: ['id', 'providerType', 'name', 'enabled', ...settings, 'metadataUrl', 'createdAt', 'updatedAt'],
    names,
    codecs: { domains: domain, certificates },
  },
  {
    domain: computed(z.string().optional(), ({ domains: [first] }: IdentityProviderView) => first),
    saml_sp_acs_url: computed(z.string().optional(), ({ providerType, callbackUrl }: IdentityProviderView) =>
      providerType === 'saml' ? (callbackUrl ?? undefined) : undefined,
    ),
  },
)

const secret = { clientSecret: 'oidc_client_secret' } as const
const given = [...both, ...settings, 'clientSecret'] as const
const type = z.enum(['saml', 'oidc'])
const bodyOf = ({ body }: WireRequest) => (body ?? {}) as Readonly<Record<string, unknown>>

/** The key vouches for the domain, and people may begin at a provider that speaks SAML. */
const setUp = (request: WireRequest) => {
  const { type, saml_idp_entity_id: entityId = null } = bodyOf(request)
  const ofSaml = { idpInitiated: true, ...(entityId === null && { entityId }) }
  return { enabled: true, trustDomains: true, paths: 'sso', ...(type === 'saml' && ofSaml) } as const
}
/** What is left out is none, as far as a connection can be without it. */
const replaced = (request: WireRequest) => {
  const { domain: named, enabled = false } = bodyOf(request)
  return { enabled: enabled as boolean, ...(named === undefined && { domains: [] }) }
}
const BASE = '/api/v1/sso/connections'

/** SSO connections (SharkAuth, “SSO Connections (Admin)”). */
export const ssoRoutes: readonly Route[] = [
  row(`POST ${BASE}`, providers.identityProviderCreate, created(connection), {
    names: secret,
    pick: given,
    checked: { type },
    fixed: setUp,
  }),
  row(`GET ${BASE}`, providers.identityProviderList, list(connection, '', bare), { pick: [] }),
  row(`GET ${BASE}/{id}`, providers.identityProviderGet, ok(connection)),
  row(`PUT ${BASE}/{id}`, providers.identityProviderUpdate, ok(connection), {
    names: secret,
    pick: ['name', 'domains', 'enabled', ...settings, 'clientSecret'],
    required: ['name'],
    checked: { type: type.optional() },
    fixed: replaced,
  }),
  row(`DELETE ${BASE}/{id}`, providers.identityProviderDelete, noContent),
]
