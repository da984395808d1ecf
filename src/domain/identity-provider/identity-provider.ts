// The fields, settings and views of identity providers.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, fixed, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { list } from '../client/client.ts'
import type { DomainOwner } from '../email-domain/email-domain.store.ts'
import { ADMIN, memberRole } from '../organization/organization.ts'
import type { Certificate } from '../outside.ts'
import type { Realm } from '../realm/realm.ts'
import { TENANT_FILTER } from '../tenant/tenant-filter.ts'
import { groupMapping, groupMappingView } from './group-mapping.ts'
import { hostName } from './host-name.ts'
import { clientSecret, OAuthSettings, OidcSettings, openid, PROVIDER_PATHS, page } from './openid-settings.ts'
import { PRESET_NAMES } from './preset-names.ts'

export const PROVIDER_TYPES = ['oidc', 'saml', 'oauth2', 'ldap'] as const
export type ProviderType = (typeof PROVIDER_TYPES)[number]

/** The path below a realm's base URL to which providers return people, before the id of the provider. */
export const CALLBACK_PATH = '/federation/callback'

/** The path below a realm's base URL of the page that sends people straight to one provider. */
export const START_PATH = '/federation/start'

/** The path below a realm's base URL of what SAML providers need, before the id of the provider. */
export const SAML_PATH = '/federation/saml'

/** The path below a realm's base URL of all that providers know whose `paths` are `sso`. */
export const SSO_PATH = '/api/v1/sso'
/** How the id of a provider begins there. */
export const SSO_PREFIX = 'sso_'

/** The purpose for which client secrets are sealed. */
export const SECRET_PURPOSE = 'identity-provider-secret'

/** The purpose for which the private keys of SAML providers are sealed. */
export const SAML_KEY_PURPOSE = 'saml-key'

const ATTRIBUTES_MAX = 100
/** The longest metadata of a SAML provider, in characters. */
const METADATA_MAX = 65_536

const common = {
  name: label(200).describe('The text of the button on the sign-in page.'),
  enabled: z.boolean().describe('Whether users can sign in with it.'),
  domains: list(hostName, 100)
    .transform((hosts) => [...new Set(hosts)])
    .describe('The domains of e-mail addresses whose users sign in with it.'),
  trustDomains: z
    .boolean()
    .describe('Whether you vouch that the provider may speak for its domains that nobody has verified by DNS.'),
  jitProvisioning: z
    .boolean()
    .describe('Whether the first sign-in creates a user, and makes it a member of the organization of the provider.'),
  attributeMapping: z
    .record(z.string().regex(/^[A-Za-z][\w.-]{0,99}$/, 'not the name of an attribute'), z.string().min(1).max(500))
    .refine((mapping) => Object.keys(mapping).length <= ATTRIBUTES_MAX, `more than ${ATTRIBUTES_MAX} attributes`)
    .meta({ maxProperties: ATTRIBUTES_MAX })
    .describe('User attributes, and the claim or SAML attribute of the provider for each.'),
}

const saml = {
  entityId: z
    .string()
    .regex(/^\S{1,1024}$/, '1 to 1024 characters without spaces')
    .nullable()
    .describe('SAML, required: its entity id; null where its certificates alone say whose a response is.'),
  ssoUrl: page.describe('SAML, required: the https URL for sign-in.'),
  sloUrl: page.nullable().describe('SAML: the https URL for sign-out; stored, and not used.'),
  certificates: z
    .preprocess(separated, z.array(z.string().min(1).max(16_384)).min(1).max(10))
    .describe('SAML, required: the certificates that verify its responses, in PEM or base64.'),
  nameIdFormat: z
    .string()
    .regex(/^urn:[\x21-\x7e]{1,200}$/, 'not a URN')
    .nullable()
    .describe('SAML: the requested name id format. Default: the choice of the provider.'),
  trustEmail: openid.trustEmail,
  button: openid.button,
  paths: openid.paths,
  encryptedAssertions: z
    .boolean()
    .describe('SAML: whether assertions have to be encrypted, with RSA-OAEP and AES-GCM. Makes `sp_certificate`.'),
  signedRequests: z
    .boolean()
    .describe('SAML: whether authentication requests are signed (RSA, SHA-256). Makes `sp_certificate`.'),
  idpInitiated: z
    .boolean()
    .describe(
      'SAML: whether people may begin at the provider. A response that nobody asked for is not read: it leads to a new request to the provider.',
    ),
  startUrl: page
    .nullable()
    .describe('SAML: where people go who begin at the provider, such as the page of an application that signs in.'),
}

/** The input that is read once and not stored. */
const metadata = z
  .string()
  .min(1)
  .max(METADATA_MAX)
  .describe(
    'SAML: the metadata of the provider as XML, or its https URL, which is fetched once, now. It fills in what is left out.',
  )

const dn = z.string().min(1).max(1000)
const attributeName = z.string().regex(/^[A-Za-z][A-Za-z0-9;.-]{0,99}$/, 'not the name of an LDAP attribute')
const ldap = {
  ldapUrl: z
    .string()
    .regex(/^ldaps?:\/\/[^/?#@\s]{1,300}\/?$/, 'must be ldap://host:port or ldaps://host:port')
    .describe('LDAP, required: the server. The operator has to list it (`ldap_servers`).'),
  caCertificate: z
    .string()
    .max(65_536)
    .refine((text) => text.includes('-----BEGIN CERTIFICATE-----'), 'not a certificate in PEM')
    .nullable()
    .describe('LDAP: the authorities of its certificate, in PEM. Default: those that the server trusts.'),
  bindDn: dn.describe('LDAP, required: the name of the account with which people are searched.'),
  baseDn: dn.describe('LDAP, required: below which entry people are searched.'),
  userFilter: z
    .string()
    .max(1000)
    .regex(/^\(.*\{identifier\}.*\)$/s, 'needs parentheses, and {identifier}')
    .describe(
      'LDAP: the filter that finds a person (RFC 4515), with `{identifier}` for what was typed. Default: `(|(mail={identifier})(uid={identifier}))`.',
    ),
  subjectAttribute: attributeName.describe(
    'LDAP: the attribute that identifies a person and never changes. Default: `entryUUID`; `objectGUID` for Active Directory.',
  ),
  emailAttribute: attributeName.describe('LDAP: the attribute with the address. Default: `mail`.'),
} as const

/** The settings of a provider that is an LDAP directory, without the password of its account. */
export const LdapSettings = z.strictObject({
  ...ldap,
  caCertificate: ldap.caCertificate.default(null),
  userFilter: ldap.userFilter.default('(|(mail={identifier})(uid={identifier}))'),
  subjectAttribute: ldap.subjectAttribute.default('entryUUID'),
  emailAttribute: ldap.emailAttribute.default('mail'),
  trustEmail: openid.trustEmail.default(false),
})
export type LdapSettings = z.output<typeof LdapSettings>

/** The input for a new LDAP directory. */
export const NewLdapSettings = LdapSettings.extend({ clientSecret })

/** One text may contain several PEM certificates. */
function separated(input: unknown): unknown {
  const texts: unknown[] = Array.isArray(input) ? input : [input]
  if (!texts.every((text) => typeof text === 'string')) return input
  return texts.flatMap((text) => text.split(/(?<=-----END CERTIFICATE-----)\s+(?=-----BEGIN)/))
}

/** The input for a new OpenID Connect provider: its endpoints, and a secret. */
export const NewOidcSettings = OidcSettings.extend({ clientSecret })

/** The input for a new provider that speaks only OAuth 2.0. */
export const NewOAuthSettings = OAuthSettings.extend({ clientSecret })

/** The settings of a new SAML provider. */
export const NewSamlSettings = z.strictObject({
  ...saml,
  sloUrl: saml.sloUrl.default(null),
  nameIdFormat: saml.nameIdFormat.default(null),
  trustEmail: saml.trustEmail.default(false),
  button: saml.button.default(true),
  paths: saml.paths.default('federation'),
  encryptedAssertions: saml.encryptedAssertions.default(false),
  signedRequests: saml.signedRequests.default(false),
  idpInitiated: saml.idpInitiated.default(false),
  startUrl: saml.startUrl.default(null),
})

/** The settings of a SAML provider. */
export type SamlSettings = Omit<z.output<typeof NewSamlSettings>, 'certificates'> & {
  readonly certificates: readonly Certificate[]
  /** The certificate of this server for the provider, in PEM. Its key is sealed in the place of a client secret. */
  readonly spCertificate: string | null
}

const settings = z.strictObject({
  ...openid,
  clientSecret: clientSecret
    .nullable()
    .describe(
      'OIDC and OAuth 2.0, required: the client secret. LDAP, required: the password of `bind_dn`. It is not shown again.',
    ),
  ...saml,
  ...ldap,
  metadata,
})
const { preset, ...changeable } = settings.partial().shape
/** Settings of any type; all are optional. */
export type GivenSettings = z.output<ReturnType<typeof settings.partial>>

/** The fields of an identity provider of any type. */
export const IdentityProviderFields = declare({
  id: constant(idOut('identity_provider')),
  name: editable(common.name),
  enabled: editable(common.enabled, { initial: true }),
  domains: editable(common.domains, { initial: [] }),
  trustDomains: editable(common.trustDomains, { initial: false }),
  jitProvisioning: editable(common.jitProvisioning, { initial: true }),
  organizationId: fixed(
    idOf('organization')
      .nullable()
      .describe(
        'The organization that it belongs to: offered only where a sign-in is for the organization, and for its verified domains.',
      ),
    { initial: null, view: idOut('organization').nullable() },
  ),
  memberRole: editable(
    memberRole
      .refine((role) => role !== ADMIN, 'not admin')
      .describe('The role of people who become members of the organization by it.'),
    { initial: 'member' },
  ),
  attributeMapping: editable(common.attributeMapping, { initial: {} }),
  groupMapping: editable(groupMapping, { initial: [], view: groupMappingView, audited: 'name' }),
  protocol: managed(z.custom<Protocol>(), { view: null, codec: null }),
  /** Sealed. For a SAML provider it is the private key of its `spCertificate`; null where it has none. */
  clientSecret: managed(z.string().nullable(), { view: null }),
  tenantId: constant(idOut('tenant')),
  realmId: constant(idOut('realm')),
  ...VERSIONED,
})

const { name, enabled, ...otherFields } = IdentityProviderFields.creation

/** The input for a new identity provider: its type, a name, and the settings of its type. */
export const NewIdentityProvider = z.strictObject({
  providerType: z.enum(PROVIDER_TYPES).describe('The protocol. It cannot be changed.'),
  ...{ name, enabled, preset },
  ...changeable,
  ...otherFields,
})
export type NewIdentityProvider = z.output<typeof NewIdentityProvider>

/**
 * The input for an update of an identity provider; absent members stay unchanged, and so does a secret that is null.
 */
export const IdentityProviderPatch = z.strictObject({
  id: idOf('identity_provider'),
  ...IdentityProviderFields.patch,
  ...changeable,
  ifVersion,
})
export type IdentityProviderPatch = z.output<typeof IdentityProviderPatch>

export const IdentityProviderQuery = listQuery('created_at').extend({
  providerType: z.enum(PROVIDER_TYPES).optional().describe('Only providers with this protocol.'),
  enabled: z.stringbool().optional().describe('Only enabled, or only disabled providers.'),
  search: label(200).optional().describe('The beginning of the name, in upper or lower case.'),
  ...TENANT_FILTER,
})
export type IdentityProviderQuery = z.output<typeof IdentityProviderQuery>

/** The protocol of a provider. */
export type Protocol =
  | { readonly type: 'oidc'; readonly settings: OidcSettings }
  | { readonly type: 'oauth2'; readonly settings: OAuthSettings }
  | { readonly type: 'saml'; readonly settings: SamlSettings }
  | { readonly type: 'ldap'; readonly settings: LdapSettings }

/** A place where users of a realm can sign in instead of the realm itself. */
export type IdentityProvider = NounOf<typeof IdentityProviderFields>

const { view: fieldViews } = IdentityProviderFields

/** The schema of an identity provider in admin responses; with the settings of its type, and never with its secret. */
export const IdentityProviderView = z.object({
  id: fieldViews.id,
  providerType: z.enum(PROVIDER_TYPES),
  name: fieldViews.name,
  enabled: fieldViews.enabled,
  preset: z.enum(PRESET_NAMES).nullable().optional(),
  issuer: z.string().optional(),
  clientId: z.string().optional(),
  authorizationEndpoint: z.string().optional(),
  tokenEndpoint: z.string().optional(),
  jwksUri: z.string().optional(),
  userinfoEndpoint: z.string().nullable().optional(),
  scopes: z.array(z.string()).optional(),
  emailVerifiedClaim: z.string().optional(),
  discoveryUrl: z.string().nullable().optional(),
  tokenEndpointAuthMethod: z.string().optional(),
  issParameter: z.boolean().optional(),
  teamId: z.string().nullable().optional(),
  keyId: z.string().nullable().optional(),
  trustEmail: z.boolean().optional(),
  button: z.boolean().optional(),
  paths: z.enum(PROVIDER_PATHS).optional(),
  subjectClaim: z.string().optional(),
  emailsEndpoint: z.string().nullable().optional(),
  entityId: z.string().nullable().optional(),
  ssoUrl: z.string().optional(),
  sloUrl: z.string().nullable().optional(),
  certificates: z.array(z.string()).optional().describe('In PEM.'),
  certificateDetails: z
    .array(z.object({ fingerprint: z.string(), expiresAt: time }))
    .optional()
    .describe('The SHA-256 fingerprint and the expiry time of each certificate, in the same order.'),
  nameIdFormat: z.string().nullable().optional(),
  encryptedAssertions: z.boolean().optional(),
  signedRequests: z.boolean().optional(),
  spCertificate: z
    .string()
    .nullable()
    .optional()
    .describe('SAML: the certificate for which assertions are encrypted and which verifies requests, in PEM.'),
  idpInitiated: z.boolean().optional(),
  startUrl: z.string().nullable().optional(),
  ldapUrl: z.string().optional(),
  caCertificate: z.string().nullable().optional(),
  bindDn: z.string().optional(),
  baseDn: z.string().optional(),
  userFilter: z.string().optional(),
  subjectAttribute: z.string().optional(),
  emailAttribute: z.string().optional(),
  domains: fieldViews.domains,
  trustDomains: fieldViews.trustDomains,
  jitProvisioning: fieldViews.jitProvisioning,
  organizationId: fieldViews.organizationId,
  memberRole: fieldViews.memberRole,
  attributeMapping: fieldViews.attributeMapping,
  groupMapping: fieldViews.groupMapping,
  callbackUrl: z
    .string()
    .nullable()
    .describe(
      'The URL to register at the provider: the redirect URI, or the assertion consumer service of SAML; null for LDAP.',
    ),
  metadataUrl: z
    .string()
    .optional()
    .describe('SAML: where the metadata of this server for the provider is. It is also its entity id.'),
  notices: z.array(z.string()).describe('What the provider does not do, in sentences.'),
  tenantId: fieldViews.tenantId,
  realmId: fieldViews.realmId,
  version: fieldViews.version,
  createdAt: fieldViews.createdAt,
  updatedAt: fieldViews.updatedAt,
})
export type IdentityProviderView = z.output<typeof IdentityProviderView>

/**
 * The domains for which a provider speaks: those that its owner has verified, and those that nobody has verified if somebody
 * vouches for them.
 * @param owners of verified domains, by domain
 */
export function ownDomains(
  { domains, trustDomains, organizationId }: Pick<IdentityProvider, 'domains' | 'trustDomains' | 'organizationId'>,
  owners: ReadonlyMap<string, DomainOwner>,
): string[] {
  return domains.filter((domain) => {
    const owner = owners.get(domain)
    return owner ? owner.organizationId === organizationId : trustDomains
  })
}

/** What an enabled provider does not do, in sentences. */
function noticesOf(provider: IdentityProvider, { realm, owners }: Noticed): string[] {
  const { enabled, domains, jitProvisioning, organizationId } = provider
  if (!enabled) return []
  if (realm.kind === 'admin')
    return ['Administrators do not sign in at identity providers: nobody is sent to this one.']
  const own = owners ? ownDomains(provider, owners) : domains
  const idle = domains.filter((domain) => !own.includes(domain))
  const isClosed = (realm.policy.userRegistration === 'closed' || organizationId !== null) && own.length === 0
  return [
    ...(idle.length === 0 ? [] : [`Addresses of ${idle.join(', ')} do not lead here: its owner has not verified it.`]),
    ...(jitProvisioning && isClosed
      ? [
          'No users are created: the realm is closed for registrations, and the provider has no verified or trusted domain.',
        ]
      : []),
  ]
}

/** What of a realm the notices depend on. */
export type NoticedRealm = Pick<Realm, 'kind' | 'policy'>

interface Noticed {
  readonly realm: NoticedRealm
  /** The owners of verified domains; undefined where they are not known. */
  readonly owners?: ReadonlyMap<string, DomainOwner> | undefined
}

/** The URLs of this server for a provider. */
export interface ProviderUrls {
  /** Where the provider returns people. */
  readonly callbackUrl: string
  /** The entity id of this server at a SAML provider, and where its metadata is. */
  readonly metadataUrl: string
}

/**
 * Returns the view of a provider, without internal fields.
 * @param place the URLs of this server for it, and its realm
 */
export function viewIdentityProvider(
  provider: IdentityProvider,
  { callbackUrl, metadataUrl, ...noticed }: ProviderUrls & Noticed,
): IdentityProviderView {
  const { protocol } = provider
  return {
    ...IdentityProviderFields.show(provider),
    providerType: protocol.type,
    ...(protocol.type === 'saml' ? viewSaml(protocol.settings) : protocol.settings),
    callbackUrl: protocol.type === 'ldap' ? null : callbackUrl,
    ...(protocol.type === 'saml' && { metadataUrl }),
    notices: noticesOf(provider, noticed),
  }
}

function viewSaml({ certificates, ...shown }: SamlSettings) {
  return {
    ...shown,
    certificates: certificates.map(({ pem }) => pem),
    certificateDetails: certificates.map(({ fingerprint, expiresAt }) => ({ fingerprint, expiresAt })),
  }
}

/** The names of the settings of each type. */
export const SETTINGS_OF: Readonly<Record<ProviderType, ReadonlySet<string>>> = {
  oidc: new Set(Object.keys(NewOidcSettings.shape)),
  oauth2: new Set(Object.keys(NewOAuthSettings.shape)),
  ldap: new Set(Object.keys(NewLdapSettings.shape)),
  saml: new Set([...Object.keys(NewSamlSettings.shape), 'metadata']),
}

/** The members that surfaces of other products do not have. */
export const NATIVE_MEMBERS = [
  'certificateDetails',
  'metadataUrl',
  'notices',
  'preset',
  'tokenEndpointAuthMethod',
  'issParameter',
  'teamId',
  'keyId',
  'trustDomains',
  'organizationId',
  'memberRole',
  'groupMapping',
  'trustEmail',
  'button',
  'paths',
  'subjectClaim',
  'emailsEndpoint',
  'encryptedAssertions',
  'signedRequests',
  'spCertificate',
  'idpInitiated',
  'startUrl',
  'ldapUrl',
  'caCertificate',
  'bindDn',
  'baseDn',
  'userFilter',
  'subjectAttribute',
  'emailAttribute',
] as const

/** The settings that a provider has which was saved before they existed. */
export const LATER_SETTINGS: Readonly<Record<ProviderType, Readonly<Record<string, unknown>>>> = {
  oidc: {
    preset: null,
    tokenEndpointAuthMethod: 'client_secret_basic',
    trustEmail: false,
    button: true,
    paths: 'federation',
    issParameter: false,
    teamId: null,
    keyId: null,
  },
  oauth2: { paths: 'federation' },
  ldap: {},
  saml: {
    trustEmail: false,
    button: true,
    paths: 'federation',
    encryptedAssertions: false,
    signedRequests: false,
    spCertificate: null,
    idpInitiated: false,
    startUrl: null,
  },
}
