import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { NumberedQuery, PageQuery } from '#kernel/page.ts'
import { list, scopeToken } from '../client/client.ts'
import type { Certificate } from '../outside.ts'
import { AMONG } from '../tenant/among.ts'
import { hostName } from './host-name.ts'

export const PROVIDER_TYPES = ['oidc', 'saml'] as const
export type ProviderType = (typeof PROVIDER_TYPES)[number]

/** What client secrets are sealed for. */
export const SECRET_PURPOSE = 'identity-provider-secret'

const ATTRIBUTES_MAX = 100

/** What the server or a browser is sent to by OpenID Connect; whether it may be contacted is seen when it is saved. */
const endpoint = z
  .string()
  .min(1)
  .max(2048)
  .refine((text) => !text.includes('#'), 'may not have a fragment')
/** What only browsers are sent to: it may be inside, where people are and the server is not. */
const page = z
  .url({ protocol: /^https$/ })
  .max(2048)
  .refine(isPlain, 'may not have a fragment, user name or backslash')

function isPlain(text: string): boolean {
  if (/[\\#\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

const clientSecret = z.string().min(1).max(2048).meta({ format: 'password', writeOnly: true })

const common = {
  name: label(200).describe('What the button on the sign-in page says.'),
  enabled: z.boolean().describe('Whether people may sign in with it.'),
  domains: list(hostName, 100)
    .transform((hosts) => [...new Set(hosts)])
    .describe('The domains of e-mail addresses whose holders sign in with it.'),
  jitProvisioning: z.boolean().describe('Whether somebody who signs in for the first time becomes a user.'),
  attributeMapping: z
    .record(z.string().regex(/^[A-Za-z][\w.-]{0,99}$/, 'not the name of an attribute'), z.string().min(1).max(500))
    .refine((mapping) => Object.keys(mapping).length <= ATTRIBUTES_MAX, `more than ${ATTRIBUTES_MAX} attributes`)
    .describe('Attributes of users, and the claim or SAML attribute of the provider that each is taken from.'),
}

const oidc = {
  issuer: endpoint
    .refine((text) => !text.includes('?'), 'may not have a query')
    .describe('OIDC, needed: its issuer identifier; https.'),
  clientId: z
    .string()
    .regex(/^[\x20-\x7e]{1,500}$/, '1 to 500 printable ASCII characters')
    .describe('OIDC, needed: who this server is there.'),
  authorizationEndpoint: endpoint.describe('OIDC, needed: where people are sent to sign in; https.'),
  tokenEndpoint: endpoint.describe('OIDC, needed: where codes become tokens; https.'),
  jwksUri: endpoint.describe('OIDC, needed: where its public keys are; https.'),
  userinfoEndpoint: endpoint.nullable().describe('OIDC: where more claims are; https.'),
  scopes: list(scopeToken)
    .refine((scopes) => scopes.includes('openid'), 'needs openid among them')
    .describe('OIDC: what is asked for; openid, email and profile unless told.'),
  emailVerifiedClaim: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, '1 to 200 printable ASCII characters without spaces')
    .describe('OIDC: the claim that says whether the e-mail address is verified; email_verified unless told.'),
  discoveryUrl: page.nullable().describe('OIDC: where its metadata is, for people; it is never fetched.'),
}

const saml = {
  entityId: z
    .string()
    .regex(/^\S{1,1024}$/, '1 to 1024 characters without spaces')
    .describe('SAML, needed: its entity identifier.'),
  ssoUrl: page.describe('SAML, needed: where people are sent to sign in; https.'),
  sloUrl: page.nullable().describe('SAML: where people are sent to sign out; https.'),
  certificates: z
    .preprocess(separated, z.array(z.string().min(1).max(16_384)).min(1).max(10))
    .describe('SAML, needed: what its answers are signed with: certificates in PEM or base64.'),
  nameIdFormat: z
    .string()
    .regex(/^urn:[\x21-\x7e]{1,200}$/, 'not a URN')
    .nullable()
    .describe('SAML: the form of name that is asked for; the provider’s choice unless told.'),
}

/** One text may hold several certificates in PEM, as files do. */
function separated(given: unknown): unknown {
  const texts: unknown[] = Array.isArray(given) ? given : [given]
  if (!texts.every((text) => typeof text === 'string')) return given
  return texts.flatMap((text) => text.split(/(?<=-----END CERTIFICATE-----)\s+(?=-----BEGIN)/))
}

/** What only a provider that speaks OpenID Connect has, but for its secret. */
export const OidcSettings = z.strictObject({
  ...oidc,
  userinfoEndpoint: oidc.userinfoEndpoint.default(null),
  scopes: oidc.scopes.default(['openid', 'email', 'profile']),
  emailVerifiedClaim: oidc.emailVerifiedClaim.default('email_verified'),
  discoveryUrl: oidc.discoveryUrl.default(null),
})
export type OidcSettings = z.output<typeof OidcSettings>

/** What a new provider that speaks OpenID Connect needs: all its endpoints, for nothing is discovered, and a secret. */
export const NewOidcSettings = OidcSettings.extend({ clientSecret })

/** What only a new provider that speaks SAML has. */
export const NewSamlSettings = z.strictObject({
  ...saml,
  sloUrl: saml.sloUrl.default(null),
  nameIdFormat: saml.nameIdFormat.default(null),
})

/** What only a provider that speaks SAML has. */
export type SamlSettings = Omit<z.output<typeof NewSamlSettings>, 'certificates'> & {
  readonly certificates: readonly Certificate[]
}

const settings = z.strictObject({
  ...oidc,
  clientSecret: clientSecret.nullable().describe('OIDC, needed: the secret to the client id. Never shown again.'),
  ...saml,
})
/** Settings of either type, as far as they were given. */
export type GivenSettings = z.output<ReturnType<typeof settings.partial>>

/** What a new identity provider needs: its type, a name, and what its type needs. */
export const NewIdentityProvider = z.strictObject({
  providerType: z.enum(PROVIDER_TYPES).describe('What it speaks; fixed for good.'),
  name: common.name,
  enabled: common.enabled.default(true),
  ...settings.partial().shape,
  domains: common.domains.default([]),
  jitProvisioning: common.jitProvisioning.default(true),
  attributeMapping: common.attributeMapping.default({}),
})
export type NewIdentityProvider = z.output<typeof NewIdentityProvider>

/** What may be changed about an identity provider; what is left out stays, and so does the secret where it is null. */
export const IdentityProviderPatch = z.strictObject({
  id: idOf('identity_provider'),
  ...z.strictObject({ ...common, ...settings.shape }).partial().shape,
  ifVersion,
})
export type IdentityProviderPatch = z.output<typeof IdentityProviderPatch>

export const IdentityProviderQuery = PageQuery.extend({
  providerType: z.enum(PROVIDER_TYPES).optional().describe('Only those that speak it.'),
  enabled: z.stringbool().optional().describe('Only those that are enabled, or are not.'),
  search: label(200).optional().describe('What the name starts with, whatever its case.'),
})
export type IdentityProviderQuery = z.output<typeof IdentityProviderQuery>

/** A numbered page of the identity providers of every tenant within reach. */
export const IdentityProviderSurvey = NumberedQuery.extend({
  ...AMONG,
  providerType: z.enum(PROVIDER_TYPES).optional(),
  enabled: z.boolean().optional(),
  search: label(200).optional().describe('What the name starts with, whatever its case.'),
})
export type IdentityProviderSurvey = z.output<typeof IdentityProviderSurvey>

/** How a provider is spoken with. */
export type Protocol =
  | { readonly type: 'oidc'; readonly settings: OidcSettings }
  | { readonly type: 'saml'; readonly settings: SamlSettings }

/** Where people of a realm may sign in instead. */
export interface IdentityProvider {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly name: string
  readonly enabled: boolean
  readonly protocol: Protocol
  /** Sealed; null for a provider that speaks SAML. */
  readonly clientSecret: string | null
  readonly domains: readonly string[]
  readonly jitProvisioning: boolean
  readonly attributeMapping: Readonly<Record<string, string>>
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** An identity provider as admin surfaces show it; of the settings those of its type, and never its secret. */
export const IdentityProviderView = z.object({
  id: idOut('identity_provider'),
  providerType: z.enum(PROVIDER_TYPES),
  name: z.string(),
  enabled: z.boolean(),
  issuer: z.string().optional(),
  clientId: z.string().optional(),
  authorizationEndpoint: z.string().optional(),
  tokenEndpoint: z.string().optional(),
  jwksUri: z.string().optional(),
  userinfoEndpoint: z.string().nullable().optional(),
  scopes: z.array(z.string()).optional(),
  emailVerifiedClaim: z.string().optional(),
  discoveryUrl: z.string().nullable().optional(),
  entityId: z.string().optional(),
  ssoUrl: z.string().optional(),
  sloUrl: z.string().nullable().optional(),
  certificates: z.array(z.string()).optional().describe('In PEM.'),
  certificateDetails: z
    .array(z.object({ fingerprint: z.string(), expiresAt: time }))
    .optional()
    .describe('Of each certificate, in the same order: the SHA-256 of it, and when it expires.'),
  nameIdFormat: z.string().nullable().optional(),
  domains: z.array(z.string()),
  jitProvisioning: z.boolean(),
  attributeMapping: z.record(z.string(), z.string()),
  callbackUrl: z.string().describe('Where the provider sends people back to: what to register there.'),
  tenantId: idOut('tenant'),
  realmId: idOut('realm'),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type IdentityProviderView = z.output<typeof IdentityProviderView>

/** An identity provider without what only the server needs. @param callbackUrl where it sends people back to */
export function viewIdentityProvider(provider: IdentityProvider, callbackUrl: string): IdentityProviderView {
  const { protocol, clientSecret: _, domains, attributeMapping, ...shown } = provider
  return {
    ...shown,
    providerType: protocol.type,
    ...(protocol.type === 'oidc' ? protocol.settings : viewSaml(protocol.settings)),
    domains: [...domains],
    attributeMapping: { ...attributeMapping },
    callbackUrl,
  }
}

function viewSaml({ certificates, ...shown }: SamlSettings) {
  return {
    ...shown,
    certificates: certificates.map(({ pem }) => pem),
    certificateDetails: certificates.map(({ fingerprint, expiresAt }) => ({ fingerprint, expiresAt })),
  }
}

/** The settings that providers of a type may have, by their names. */
export const SETTINGS_OF: Readonly<Record<ProviderType, ReadonlySet<string>>> = {
  oidc: new Set(Object.keys(NewOidcSettings.shape)),
  saml: new Set(Object.keys(NewSamlSettings.shape)),
}
