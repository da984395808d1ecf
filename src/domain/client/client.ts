import * as z from 'zod'
import { idOf, idOut, ifVersion, label, time } from '#kernel/field.ts'
import type { Standing } from '../application/application.ts'
import { DEVICE_CODE_GRANT } from '../device-authorization/device-authorization.ts'
import { allowedOrigins, REFRESH_LIFETIME_MAX, TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import { redirectUri } from './redirect-uri.ts'

export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE_GRANT] as const
export const AUTH_METHODS = ['client_secret', 'none', 'private_key_jwt'] as const
export const CLIENT_STATUSES = ['active', 'suspended'] as const

/** A list that may also come as one string, separated by spaces or commas, as forms send it. */
export function list<Item extends z.ZodType>(item: Item, longest = 50) {
  const split = (given: unknown) => (typeof given === 'string' ? given.split(/[\s,]+/).filter(Boolean) : given)
  return z.preprocess(split, z.array(item).max(longest))
}

const jwksUri = z.url({ protocol: /^https$/ }).max(2000)
const jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) })
/** A scope token (RFC 6749 §3.3). */
export const scopeToken = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'a scope is printable ASCII without spaces, quotes and backslashes')

const fields = {
  label: label(200).describe('What people see it called.'),
  grantTypes: list(z.enum(GRANT_TYPES)).describe('The grants it may use.'),
  scopes: list(scopeToken, 200).describe('The scopes it may ask for.'),
  audiences: list(z.string().min(1).max(2000)).describe(
    'The resources, by identifier or slug, that it may get tokens for.',
  ),
  redirectUris: list(redirectUri).describe('Where people may be sent back to; matched byte for byte.'),
  postLogoutRedirectUris: list(redirectUri).describe('Where people may be sent after signing out.'),
  jwksUri: jwksUri.nullable().describe('Where its public keys are, for private_key_jwt.'),
  jwks: jwks.nullable().describe('Its public keys themselves, for private_key_jwt.'),
  firstParty: z.boolean().describe('Whether it is the operator’s own, so that nobody is asked for consent.'),
  accessTokenLifetime: z
    .number()
    .int()
    .min(1)
    .max(TOKEN_LIFETIME_MAX)
    .nullable()
    .describe('Seconds; null for the realm’s.'),
  refreshTokenLifetime: z
    .number()
    .int()
    .min(1)
    .max(REFRESH_LIFETIME_MAX)
    .nullable()
    .describe('Seconds after the sign-in at which refreshing ends for good; null for the realm’s.'),
  allowedOrigins: allowedOrigins.describe(
    'The web origins whose pages may use it; where there is none, those of all may.',
  ),
  tokenExchangeAllowed: z.boolean().describe('Whether it may exchange tokens (RFC 8693).'),
}

/** What a new client needs (SemAuth, `POST /v1/realms/{issuer_id}/clients`). */
export const NewClient = z.strictObject({
  application: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'The name or id of the application it belongs to; made where there is none of that name. Default: its label.',
    ),
  label: fields.label,
  authMethod: z.enum(AUTH_METHODS).default('client_secret').describe('How it authenticates; fixed for good.'),
  grantTypes: fields.grantTypes.default(['authorization_code']),
  scopes: fields.scopes.default(['openid']),
  audiences: fields.audiences.default([]),
  redirectUris: fields.redirectUris.default([]),
  postLogoutRedirectUris: fields.postLogoutRedirectUris.default([]),
  jwksUri: fields.jwksUri.default(null),
  jwks: fields.jwks.default(null),
  firstParty: fields.firstParty.default(false),
  accessTokenLifetime: fields.accessTokenLifetime.default(null),
  refreshTokenLifetime: fields.refreshTokenLifetime.default(null),
  allowedOrigins: fields.allowedOrigins.default([]),
  tokenExchangeAllowed: fields.tokenExchangeAllowed.default(false),
})
export type NewClient = z.output<typeof NewClient>

/** What may be changed about a client; what is left out stays, lists are replaced whole. */
export const ClientPatch = z.strictObject({
  id: idOf('client'),
  label: fields.label.optional(),
  grantTypes: fields.grantTypes.optional(),
  scopes: fields.scopes.optional(),
  audiences: fields.audiences.optional(),
  redirectUris: fields.redirectUris.optional(),
  postLogoutRedirectUris: fields.postLogoutRedirectUris.optional(),
  jwksUri: fields.jwksUri.optional(),
  jwks: fields.jwks.optional(),
  firstParty: fields.firstParty.optional(),
  accessTokenLifetime: fields.accessTokenLifetime.optional(),
  refreshTokenLifetime: fields.refreshTokenLifetime.optional(),
  allowedOrigins: fields.allowedOrigins.optional(),
  tokenExchangeAllowed: fields.tokenExchangeAllowed.optional(),
  ifVersion,
})
export type ClientPatch = z.output<typeof ClientPatch>

/** A client of a realm (RFC 6749 §2): what may ask it for tokens. */
export interface Client {
  readonly id: string
  readonly tenantId: string
  readonly realmId: string
  readonly applicationId: string
  /** Its identifier on the wire (RFC 6749 §2.2). */
  readonly clientId: string
  readonly label: string
  readonly authMethod: (typeof AUTH_METHODS)[number]
  /** SHA-256 of its secret; null where it has none. */
  readonly secretHash: string | null
  readonly jwksUri: string | null
  readonly jwks: z.output<typeof jwks> | null
  readonly grantTypes: readonly (typeof GRANT_TYPES)[number][]
  readonly scopes: readonly string[]
  /** Identifiers of resources. */
  readonly audiences: readonly string[]
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly firstParty: boolean
  readonly accessTokenLifetime: number | null
  readonly refreshTokenLifetime: number | null
  readonly allowedOrigins: readonly string[]
  readonly tokenExchangeAllowed: boolean
  readonly status: (typeof CLIENT_STATUSES)[number]
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** What binds a client that is an agent’s. */
export interface AgentTerms {
  /** Null for any. */
  readonly allowedTools: readonly string[] | null
  /** How many token requests a minute; null for any number. */
  readonly rateLimitRpm: number | null
}

/** A client with what else decides which tokens it gets, so that the issuing path reads nothing besides. */
export interface RegisteredClient extends Client {
  /** Of its application. */
  readonly standing: Standing
  /** Null for a client that is no agent’s. */
  readonly agent: AgentTerms | null
}

/** A client as admin surfaces show it. */
export const ClientView = z.object({
  clientId: z.string(),
  application: z.object({ id: idOut('application'), name: z.string() }),
  label: z.string(),
  authMethod: z.enum(AUTH_METHODS),
  grantTypes: z.array(z.enum(GRANT_TYPES)),
  scopes: z.array(z.string()),
  audiences: z.array(z.string()),
  redirectUris: z.array(z.string()),
  postLogoutRedirectUris: z.array(z.string()),
  jwksUri: z.string().nullable(),
  jwks: z.record(z.string(), z.unknown()).nullable(),
  firstParty: z.boolean(),
  accessTokenLifetime: z.number().nullable(),
  refreshTokenLifetime: z.number().nullable(),
  allowedOrigins: z.array(z.string()),
  tokenExchangeAllowed: z.boolean(),
  enabled: z.boolean(),
  id: idOut('client'),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type ClientView = z.output<typeof ClientView>

/** A client with the secret that was just made for it. */
export const ClientWithSecret = ClientView.extend({
  clientSecret: z.string().optional().describe('Shown this once; only its digest is kept.'),
})
export type ClientWithSecret = z.output<typeof ClientWithSecret>

/** A client without what only the server needs. */
export function viewClient(client: Client, applicationName: string): ClientView {
  const { tenantId: _, realmId: __, applicationId, secretHash: ___, status, ...shown } = client
  return {
    ...shown,
    application: { id: applicationId, name: applicationName },
    enabled: status === 'active',
    grantTypes: [...shown.grantTypes],
    scopes: [...shown.scopes],
    audiences: [...shown.audiences],
    redirectUris: [...shown.redirectUris],
    postLogoutRedirectUris: [...shown.postLogoutRedirectUris],
    allowedOrigins: [...shown.allowedOrigins],
  }
}

/** What is wrong with how a client's parts go together: each flaw's path and sentence. */
export function flawsOfClient(
  client: Pick<Client, 'authMethod' | 'grantTypes' | 'redirectUris' | 'jwksUri' | 'jwks'>,
): { path: string; message: string }[] {
  const flaws: { path: string; message: string }[] = []
  const uses = (grant: (typeof GRANT_TYPES)[number]) => client.grantTypes.includes(grant)
  if (client.grantTypes.length === 0) flaws.push({ path: 'grantTypes', message: 'needs at least one grant' })
  if (uses('authorization_code') && client.redirectUris.length === 0) {
    flaws.push({ path: 'redirectUris', message: 'needed by the authorization_code grant' })
  }
  if (uses('client_credentials') && client.authMethod === 'none') {
    flaws.push({ path: 'grantTypes', message: 'client_credentials needs a client that authenticates' })
  }
  if (uses('refresh_token') && !uses('authorization_code') && !uses(DEVICE_CODE_GRANT)) {
    flaws.push({ path: 'grantTypes', message: 'refresh_token needs a grant that people take part in beside it' })
  }
  const keys = [client.jwksUri, client.jwks].filter((source) => source !== null).length
  if (client.authMethod === 'private_key_jwt' && keys !== 1) {
    flaws.push({ path: 'jwksUri', message: 'private_key_jwt needs either jwks_uri or jwks' })
  }
  if (client.authMethod !== 'private_key_jwt' && keys > 0) {
    flaws.push({ path: 'jwksUri', message: 'only for private_key_jwt' })
  }
  return flaws
}
