// The fields, policy, views and address of realms.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { type Codec, constant, editable, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { assuranceLevel, idOut, ifVersion, label } from '#kernel/field.ts'
import { domainKey } from '#kernel/identity-text.ts'
import { LANGUAGE_TAGS } from '#language/languages.ts'
import { flawOfRedirectUri, redirectUri } from '../client/redirect-uri.ts'
import {
  DEFAULT_REGISTRATION,
  RegistrationPatch,
  RegistrationPolicy,
  withRegistration,
} from '../client/registration-policy.ts'
import { MAIL_SENDERS } from '../mail-settings/mail-settings.ts'
import { SIGNING_ALGORITHMS } from '../outside.ts'
import { ProfileAttributes } from '../profile-attribute/profile-attribute.ts'
import { PROOF_MODES } from '../proof-of-work/proof-of-work.ts'
import type { Settings } from '../settings.ts'
import { Terms } from '../terms/terms.ts'
import { definedOnly } from '../update.ts'
import { SHORTEST_PASSWORD } from '../user/password.ts'

/** The maximum lifetime of tokens, in seconds. It limits how long a retiring key is published. */
export const TOKEN_LIFETIME_MAX = 86_400

const YEAR = 31_536_000
/** The maximum time until a new sign-in is needed. Seconds. */
export const REFRESH_LIFETIME_MAX = YEAR
const seconds = (longest: number) => z.number().int().min(1).max(longest)

/** The security profiles that realms can have. Their rules are in profile.ts. */
export const OFFERED_PROFILES = ['oauth-2.1', 'openid-certification', 'fapi-2.0', 'fapi-2.0-message-signing'] as const

/** Which clients with a metadata document at their client id a realm accepts. */
export const CLIENT_ID_METADATA = ['off', 'allow_list', 'any_https'] as const

/** Who can make an account on the pages of a realm. */
export const USER_REGISTRATION = ['closed', 'open', 'domains'] as const

/** What people can type in place of their address. */
export const SIGN_IN_IDENTIFIERS = ['username', 'phone'] as const

const domain = z
  .string()
  .max(253)
  .refine((text) => domainKey(text) === text, 'not a domain as DNS has it')

const documentHost = z
  .string()
  .max(260)
  .regex(/^([a-z0-9-]+\.)*[a-z0-9-]+(:[1-9]\d{0,4})?$/, 'not a host name in lower case, with a port or without')

const policy = {
  profile: z
    .enum(OFFERED_PROFILES)
    .describe(
      'The security profile. fapi-2.0: pushed requests, private_key_jwt or TLS certificates, and bound tokens only. fapi-2.0-message-signing: also signed requests and responses. openid-certification: clients without PKCE and nonce.',
    ),
  requirePushedAuthorizationRequests: z
    .boolean()
    .describe('Whether all clients must push their authorization requests (RFC 9126).'),
  accessTokenLifetime: seconds(TOKEN_LIFETIME_MAX).describe('Seconds an access token is valid.'),
  idTokenLifetime: seconds(TOKEN_LIFETIME_MAX).describe('Seconds an ID token is valid.'),
  authorizationCodeLifetime: seconds(60).describe('Seconds an authorization code is valid.'),
  refreshTokenIdleLifetime: seconds(YEAR).describe('Seconds an unused refresh token is valid.'),
  refreshTokenLifetime: seconds(YEAR).describe('Seconds after the sign-in after which tokens cannot be refreshed.'),
  refreshTokenGrace: z
    .number()
    .int()
    .min(0)
    .max(600)
    .describe(
      'Seconds in which a repeated refresh gets the same refresh token again. Later, it ends the token family.',
    ),
  sessionLifetime: seconds(YEAR).describe('Seconds after which a user must sign in again.'),
  sessionIdleLifetime: seconds(YEAR).describe('Seconds of inactivity after which a session ends.'),
  unknownScopes: z
    .enum(['ignore', 'refuse'])
    .describe('What happens to scopes that a client is not registered for. The response names the granted scopes.'),
  keyRotationDays: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .nullable()
    .describe('Days after which the signing keys are rotated automatically; null for never.'),
  totpEnabled: z
    .boolean()
    .describe('Whether users can set up authenticator apps, and sign in with their codes and with recovery codes.'),
  smsEnabled: z
    .boolean()
    .describe(
      'Whether users can set up telephone numbers, and sign in with the codes of text messages as a second factor. It needs SMS settings. Text messages can be intercepted: NIST SP 800-63B calls them restricted.',
    ),
  rememberedDeviceDays: z
    .number()
    .int()
    .min(0)
    .max(90)
    .describe(
      'Days for which people can choose not to be asked for the second factor in a browser; 0 for never. It raises no level: where a second factor is demanded, it is asked for.',
    ),
  clientIdMetadata: z
    .enum(CLIENT_ID_METADATA)
    .describe(
      'Whether an https URL can be the client id of a client that has a metadata document there: never (off), if its host is in client_id_metadata_hosts (allow_list), or always (any_https).',
    ),
  clientIdMetadataHosts: z
    .array(documentHost)
    .max(100)
    .describe(
      'The hosts of the metadata documents that allow_list accepts: a host name, with the port if it is not 443.',
    ),
  encryptedRequestObjects: z
    .boolean()
    .describe(
      'Whether clients can encrypt their request objects (RFC 9101, section 6.1). The JWKS then has a key with the use enc.',
    ),
  clientCertificateAuthorities: z
    .array(z.string().max(8192))
    .max(10)
    .describe(
      'The certificates, in PEM, of the authorities that issue the certificates of tls_client_auth clients, themselves or by up to four authorities whose certificates the client presents.',
    ),
  userRegistration: z
    .enum(USER_REGISTRATION)
    .describe(
      'Who can make an account on the pages of the realm: nobody (closed), everybody (open), or who owns an address of user_registration_domains (domains). It needs a mail server.',
    ),
  userRegistrationDomains: z
    .array(domain)
    .max(100)
    .describe('The domains whose addresses can register: each without its subdomains, and as DNS has it.'),
  profileAttributes: ProfileAttributes.describe(
    'The attributes that the realm asks of people: on the page on which they make an account, on their account page, and at the next sign-in of who lacks a required one.',
  ),
  signInIdentifiers: z
    .array(z.enum(SIGN_IN_IDENTIFIERS))
    .max(SIGN_IN_IDENTIFIERS.length)
    .describe(
      'With what people sign in besides their e-mail address: the user name, or the verified phone number. No two users of the directory then have the same verified phone number.',
    ),
  terms: Terms.describe(
    'The versions of the terms that people accept, oldest first; the last one is in force. People accept it when they make an account, and at their next sign-in where a newer required version is there.',
  ),
  proofOfWork: z
    .enum(PROOF_MODES)
    .describe(
      'Whether the forms to sign in, to make an account and to recover a password ask browsers for a proof of work: never (off), while the realm or the network of the caller is under attack (under_attack), or always.',
    ),
  proofOfWorkThreshold: z
    .number()
    .int()
    .min(5)
    .max(10_000)
    .describe(
      'How many failed sign-ins and requested mails in ten minutes are an attack on the realm. From one network, a fifth of it is.',
    ),
  proofOfWorkDifficulty: z
    .number()
    .int()
    .min(8)
    .max(20)
    .describe('How much work a proof is: 2 to the power of it tries. 14 takes a telephone about a second.'),
  passwordMinLength: z
    .number()
    .int()
    .min(SHORTEST_PASSWORD)
    .max(64)
    .describe(
      'The fewest characters that a new password has. NIST SP 800-63B-4 asks for 15 where there is no second factor.',
    ),
  flowRedirectOrigins: z
    .array(z.lazy(() => webOrigin))
    .max(20)
    .describe('The web origins to which flows may send people in the middle of a sign-in.'),
  accountDeletion: z
    .boolean()
    .describe('Whether people can delete their own accounts on the account page of the realm.'),
  statusList: z
    .boolean()
    .describe(
      'Whether access tokens name a status list (draft-ietf-oauth-status-list). Resource servers that verify tokens themselves read in it which ones were revoked.',
    ),
  delegationDepth: z
    .number()
    .int()
    .min(1)
    .max(10)
    .describe('How many actors the claim `act` of a token can name: how far a token is handed on (RFC 8693).'),
  exchangeProof: z
    .enum(['own_key', 'token_key'])
    .describe(
      'What a client proves that exchanges a bound token of another client: its own key, to which the new token is bound, or the key of the token. A bound token never becomes a bearer token.',
    ),
  registration: RegistrationPolicy.describe('The rules for clients that register themselves (RFC 7591).'),
}

/** The rules of a realm for tokens and sessions. All times are seconds. */
export const RealmPolicy = z.strictObject(policy)
export type RealmPolicy = z.output<typeof RealmPolicy>

const PolicyPatch = z.strictObject({ ...policy, registration: RegistrationPatch }).partial()

/** The default policy. */
export const DEFAULT_POLICY: RealmPolicy = {
  profile: 'oauth-2.1',
  requirePushedAuthorizationRequests: false,
  accessTokenLifetime: 900,
  idTokenLifetime: 900,
  authorizationCodeLifetime: 60,
  refreshTokenIdleLifetime: 1_209_600,
  refreshTokenLifetime: 7_776_000,
  refreshTokenGrace: 120,
  sessionLifetime: 43_200,
  sessionIdleLifetime: 43_200,
  unknownScopes: 'ignore',
  keyRotationDays: null,
  totpEnabled: true,
  smsEnabled: false,
  rememberedDeviceDays: 0,
  clientIdMetadata: 'off',
  clientIdMetadataHosts: [],
  encryptedRequestObjects: false,
  clientCertificateAuthorities: [],
  userRegistration: 'closed',
  userRegistrationDomains: [],
  profileAttributes: [],
  signInIdentifiers: [],
  terms: [],
  proofOfWork: 'under_attack',
  proofOfWorkThreshold: 200,
  proofOfWorkDifficulty: 14,
  passwordMinLength: SHORTEST_PASSWORD,
  flowRedirectOrigins: [],
  accountDeletion: false,
  statusList: false,
  delegationDepth: 5,
  exchangeProof: 'own_key',
  registration: DEFAULT_REGISTRATION,
}

/** A policy with some members replaced; undefined members stay unchanged. */
export function withPolicy(before: RealmPolicy, patch: z.output<typeof PolicyPatch> = {}): RealmPolicy {
  const registration = withRegistration(before.registration, patch.registration)
  return { ...before, ...definedOnly(patch), registration } as RealmPolicy
}

const webOrigin = z
  .string()
  .max(300)
  .refine(isWebOrigin, 'not an origin: https://host[:port], or http to this machine, and no more than that')

/** The web origins whose pages may call a realm. */
export const allowedOrigins = z
  .array(webOrigin)
  .max(100)
  .describe('The web origins whose pages can call the endpoints of the realm (CORS). An empty list allows all origins.')

/** The bounds of the redirect URIs of a realm’s clients. */
export const allowedRedirects = z
  .array(redirectUri)
  .max(100)
  .describe(
    'The only redirect URIs that clients of the realm can use, also those that were registered before. An empty list allows all registered URIs.',
  )

function isWebOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && flawOfRedirectUri(text) === undefined
}

/**
 * default: the home realm of a tenant; project: a realm over the same directory; admin: the realm where the tenant’s
 * administrators sign in.
 */
export const REALM_KINDS = ['default', 'realm', 'project', 'admin'] as const

const POLICY: Codec<RealmPolicy, string> = {
  toColumn: (policy) => JSON.stringify(policy),
  fromColumn: (column) => withPolicy(DEFAULT_POLICY, JSON.parse(column)),
}
const LIST_OR_NULL: Codec<readonly string[], string | null> = {
  toColumn: (list) => (list.length === 0 ? null : JSON.stringify(list)),
  fromColumn: (column) => JSON.parse(column ?? '[]'),
}

/** The fields of a realm. */
export const RealmFields = declare({
  /** 12 characters of [a-z0-9], or `default`; part of the realm's URLs, never changed. */
  issuerId: constant(z.string()),
  name: editable(label(255)),
  enabled: editable(z.boolean().describe('A disabled realm signs nobody in and issues no tokens.'), {
    initial: true,
    atCreation: false,
  }),
  magicLinkEnabled: editable(
    z.boolean().describe('Whether users sign in by a link or a code that is mailed to them. It needs a mail server.'),
    {
      initial: true,
      atCreation: false,
    },
  ),
  passkeyEnabled: editable(z.boolean().describe('Whether users sign in with passkeys, and set them up.'), {
    initial: true,
    atCreation: false,
  }),
  minAal: editable(
    assuranceLevel.describe('The least assurance level of a sign-in. With 2, everybody needs a second factor.'),
    { initial: 1 },
  ),
  defaultLanguage: editable(
    z
      .enum(LANGUAGE_TAGS)
      .describe('The language of pages and mails for people who ask for no other one that the server has.'),
    { initial: 'en' },
  ),
  mailSender: managed(
    z
      .enum(MAIL_SENDERS)
      .describe('Who sends its mails: the installation (server), or a sender of its own. See mail-settings.'),
    { initial: 'server' },
  ),
  customDomain: editable(
    z.string().max(253).nullable().describe('A host name whose CNAME leads to the realm’s own host; null to clear.'),
    { initial: null, atCreation: false },
  ),
  /** When the CNAME of the custom domain was first seen to lead elsewhere; null where it leads to the realm. */
  domainFailingSince: managed(z.number().int().nullable(), { view: null, audited: 'name' }),
  algorithm: editable(
    z
      .enum(SIGNING_ALGORITHMS)
      .describe('The signature algorithm of its tokens. A new one is used when all caches of the JWKS have its keys.'),
    { initial: 'ES256' },
  ),
  policy: managed(RealmPolicy, { codec: POLICY }),
  /** The web origins whose pages may call the realm; empty for all. */
  allowedOrigins: editable(allowedOrigins, { initial: [], atCreation: false, codec: LIST_OR_NULL }),
  /** The bounds of its clients' redirect URIs; empty for no bounds. */
  allowedRedirects: editable(allowedRedirects, { initial: [], atCreation: false, codec: LIST_OR_NULL }),
  kind: constant(
    z.enum(REALM_KINDS).describe('default: the first realm of the tenant; project: a realm of a project.'),
  ),
  id: constant(idOut('realm')),
  tenantId: constant(idOut('tenant')),
  directoryId: constant(z.string(), { view: null }),
  ...VERSIONED,
})

/** The input for a new realm; only the name is required. */
export const NewRealm = z.strictObject({
  ...RealmFields.creation,
  name: RealmFields.creation.name.describe('Shown to users on the hosted pages.'),
  policy: PolicyPatch.optional().describe('Absent members get their default values.'),
})
export type NewRealm = z.output<typeof NewRealm>

const { allowedOrigins: origins, allowedRedirects: redirects, ...patch } = RealmFields.patch

/** The input for an update of a realm; absent members stay unchanged. */
export const RealmPatch = z.strictObject({
  ...patch,
  policy: PolicyPatch.optional().describe('Only the given members change.'),
  allowedOrigins: origins,
  allowedRedirects: redirects,
  ifVersion,
})
export type RealmPatch = z.output<typeof RealmPatch>

/** A realm: one issuer with its own keys, policy and clients, over one directory. */
export type Realm = NounOf<typeof RealmFields>

const { issuerId, name, enabled, ...shownFields } = RealmFields.view

/** A realm as the admin surfaces show it. */
export const RealmView = z.object({
  ...{ issuerId, name, enabled },
  issuer: z.string(),
  discoveryUrl: z.string(),
  ...shownFields,
  notices: z.array(z.string()).describe('Settings of the realm that have no effect or lose it, in sentences.'),
})
export type RealmView = z.output<typeof RealmView>

/**
 * The issuer identifier of a realm (RFC 8414 §2): its custom domain; or the server’s public URL for the default realm
 * of the first tenant; or a host below the realm domain; or a path.
 */
export function issuerOf(realm: Pick<Realm, 'issuerId' | 'kind' | 'customDomain'>, settings: Settings): string {
  if (realm.customDomain) return `https://${realm.customDomain}`
  if (realm.issuerId === 'default') return settings.publicUrl
  if (!settings.realmDomain) return `${settings.publicUrl}/realms/${realm.issuerId}`
  const { protocol, port } = new URL(settings.publicUrl)
  return `${protocol}//${realm.issuerId}.${settings.realmDomain}${port && `:${port}`}`
}

/** Where clients of a realm that have certificates find its endpoints (RFC 8705 §5); undefined where that is the issuer. */
export function mutualTlsBaseOf(
  { issuerId }: Pick<Realm, 'issuerId'>,
  { mutualTls }: Pick<Settings, 'mutualTls'>,
): string | undefined {
  if (mutualTls?.url === undefined) return undefined
  return issuerId === 'default' ? mutualTls.url : `${mutualTls.url}/realms/${issuerId}`
}

/** How long a custom domain may lead elsewhere before the realm loses it, in milliseconds. */
export const DOMAIN_GRACE = 72 * 3_600_000
