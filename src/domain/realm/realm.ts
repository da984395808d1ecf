import * as z from 'zod'
import { idOut, ifVersion, label, time } from '#kernel/field.ts'
import { flawOfRedirectUri, redirectUri } from '../client/redirect-uri.ts'
import { SIGNING_ALGORITHMS } from '../outside.ts'
import type { Settings } from '../settings.ts'
import { givenOnly } from '../update.ts'

/** No token lives longer, so that a retiring key’s last token is known to have expired. Seconds. */
export const TOKEN_LIFETIME_MAX = 86_400

const YEAR = 31_536_000
/** Nobody goes on longer without signing in again. Seconds. */
export const REFRESH_LIFETIME_MAX = YEAR
const seconds = (longest: number) => z.number().int().min(1).max(longest)

const policy = {
  accessTokenLifetime: seconds(TOKEN_LIFETIME_MAX).describe('Seconds an access token is valid.'),
  idTokenLifetime: seconds(TOKEN_LIFETIME_MAX).describe('Seconds an ID token is valid.'),
  authorizationCodeLifetime: seconds(60).describe('Seconds an authorization code is valid.'),
  refreshTokenIdleLifetime: seconds(YEAR).describe('Seconds an unused refresh token is valid.'),
  refreshTokenLifetime: seconds(YEAR).describe('Seconds after the sign-in at which refreshing ends for good.'),
  refreshTokenGrace: z
    .number()
    .int()
    .min(0)
    .max(600)
    .describe('Seconds in which a repeated refresh gets the same refresh token again instead of ending the family.'),
  sessionLifetime: seconds(YEAR).describe('Seconds after which a person must sign in again.'),
  sessionIdleLifetime: seconds(YEAR).describe('Seconds of inactivity that end a session.'),
}

/** How a realm issues tokens and keeps sessions. All times are seconds. */
export const RealmPolicy = z.strictObject(policy)
export type RealmPolicy = z.output<typeof RealmPolicy>

const PolicyPatch = z.strictObject(policy).partial()

/** What a realm does that was not told otherwise. */
export const DEFAULT_POLICY: RealmPolicy = {
  accessTokenLifetime: 900,
  idTokenLifetime: 900,
  authorizationCodeLifetime: 60,
  refreshTokenIdleLifetime: 1_209_600,
  refreshTokenLifetime: 7_776_000,
  refreshTokenGrace: 120,
  sessionLifetime: 43_200,
  sessionIdleLifetime: 43_200,
}

/** A policy with some members replaced; those that are undefined stay. */
export function withPolicy(before: RealmPolicy, patch: z.output<typeof PolicyPatch> = {}): RealmPolicy {
  return { ...before, ...givenOnly(patch) } as RealmPolicy
}

/** What a new realm needs: a name; everything else has a default. */
export const NewRealm = z.strictObject({
  name: label(255).describe('Shown to people on the hosted pages.'),
  algorithm: z.enum(SIGNING_ALGORITHMS).default('ES256').describe('What its tokens are signed with.'),
  policy: PolicyPatch.optional().describe('Members that are not given have their defaults.'),
})
export type NewRealm = z.output<typeof NewRealm>

const webOrigin = z
  .string()
  .max(300)
  .refine(isWebOrigin, 'not an origin: https://host[:port], or http to this machine, and no more than that')

/** Which pages may call a realm. */
export const allowedOrigins = z
  .array(webOrigin)
  .max(100)
  .describe('The web origins whose pages may call the realm’s endpoints (CORS); where there is none, those of all may.')

/** Where a realm’s clients may send people. */
export const allowedRedirects = z
  .array(redirectUri)
  .max(100)
  .describe(
    'The only URIs that clients of the realm may send people to, whatever they are registered with; none for no such bound.',
  )

function isWebOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && flawOfRedirectUri(text) === undefined
}

/** What may be changed about a realm; what is left out stays. */
export const RealmPatch = z.strictObject({
  name: label(255).optional(),
  enabled: z.boolean().optional().describe('A disabled realm signs nobody in and issues no tokens.'),
  magicLinkEnabled: z.boolean().optional(),
  passkeyEnabled: z.boolean().optional(),
  minAal: z.number().int().min(1).max(3).optional().describe('The assurance level below which no code is issued.'),
  customDomain: z
    .string()
    .max(253)
    .nullable()
    .optional()
    .describe('A host name whose CNAME leads to the realm’s own host; null to clear.'),
  policy: PolicyPatch.optional().describe('Members that are given change, the others stay.'),
  allowedOrigins: allowedOrigins.optional(),
  allowedRedirects: allowedRedirects.optional(),
  ifVersion,
})
export type RealmPatch = z.output<typeof RealmPatch>

/** default: what the tenant came with; project: over that one’s directory; admin: where the tenant’s administrators sign in. */
export const REALM_KINDS = ['default', 'realm', 'project', 'admin'] as const

/** A realm: one issuer with its own keys, policy and clients, over one directory. */
export interface Realm {
  readonly id: string
  readonly tenantId: string
  readonly directoryId: string
  /** 12 characters of [a-z0-9], or `default`; part of its URLs, never changed. */
  readonly issuerId: string
  readonly kind: (typeof REALM_KINDS)[number]
  readonly name: string
  readonly enabled: boolean
  readonly magicLinkEnabled: boolean
  readonly passkeyEnabled: boolean
  readonly minAal: number
  readonly customDomain: string | null
  readonly algorithm: (typeof SIGNING_ALGORITHMS)[number]
  readonly policy: RealmPolicy
  /** Which web origins’ pages may call it; empty for all. */
  readonly allowedOrigins: readonly string[]
  /** Where its clients may send people; empty for wherever each is registered with. */
  readonly allowedRedirects: readonly string[]
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A realm as the admin surfaces show it (SemAuth, `POST /v1/realms`). */
export const RealmView = z.object({
  issuerId: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  issuer: z.string(),
  discoveryUrl: z.string(),
  magicLinkEnabled: z.boolean(),
  passkeyEnabled: z.boolean(),
  minAal: z.number().int(),
  customDomain: z.string().nullable(),
  algorithm: z.enum(SIGNING_ALGORITHMS),
  policy: RealmPolicy,
  allowedOrigins: z.array(z.string()),
  allowedRedirects: z.array(z.string()),
  kind: z.enum(REALM_KINDS).describe('default: what the tenant came with; project: see projects.'),
  id: idOut('realm'),
  tenantId: idOut('tenant'),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type RealmView = z.output<typeof RealmView>

/**
 * The issuer identifier of a realm (RFC 8414 §2): its custom domain, the server’s own URL for a default realm of the
 * first tenant, its label under the realm domain, or its path.
 */
export function issuerOf(realm: Pick<Realm, 'issuerId' | 'kind' | 'customDomain'>, settings: Settings): string {
  if (realm.customDomain) return `https://${realm.customDomain}`
  if (realm.issuerId === 'default') return settings.publicUrl
  if (!settings.realmDomain) return `${settings.publicUrl}/realms/${realm.issuerId}`
  const { protocol, port } = new URL(settings.publicUrl)
  return `${protocol}//${realm.issuerId}.${settings.realmDomain}${port && `:${port}`}`
}

/** A realm as admin surfaces show it. */
export function viewRealm(realm: Realm, settings: Settings): RealmView {
  const { directoryId: _, ...shown } = realm
  const issuer = issuerOf(realm, settings)
  const { allowedOrigins, allowedRedirects } = realm
  return {
    ...shown,
    allowedOrigins: [...allowedOrigins],
    allowedRedirects: [...allowedRedirects],
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
  }
}

/** The highest assurance level that the enabled sign-in methods can reach (SemAuth: a passkey reaches 3, all else 1). */
export function reachableAal({ passkeyEnabled }: Pick<Realm, 'passkeyEnabled'>): number {
  return passkeyEnabled ? 3 : 1
}
