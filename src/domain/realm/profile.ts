// Security profiles as data: what is required, refused and assumed. Only shared steps read a profile; no grant and no
// page does.
import type { ResponseMode } from '../authorization/response-mode.ts'
import type { AUTH_METHODS, Client } from '../client/client.ts'
import { TLS_METHODS } from '../client/mutual-tls.ts'
import { PROOF_ALGORITHMS, type ProofAlgorithm, type SigningAlgorithm } from '../outside.ts'
import type { Realm } from './realm.ts'

/** Rules whose values have an order, from lax to strict. */
const ORDERED_RULES = {
  /** Whether a confidential client can be registered without PKCE, and whether it must send a nonce then. */
  pkce: ['waivable', 'nonce', 'required'],
  /** Whether an authorization request must be pushed (RFC 9126), and is then sent by reference. */
  pushedRequests: ['optional', 'required'],
  boundTokens: ['allowed', 'required'],
  /** Whether a request must name its redirect URI, also of a client that has only one. */
  redirectUri: ['optional', 'required'],
  /** Who can have responses sent to http on the machine of the user: every client, or native applications. */
  loopbackRedirects: ['any', 'native'],
  /** Whether a request object must say from when it is valid. */
  requestObjectNbf: ['optional', 'required'],
  /** Whether introspection answers with JSON where the client does not ask for a JWT (RFC 9701). */
  introspectionResponses: ['any', 'signed'],
  dpopNonce: ['unused', 'required'],
  resourceIndicator: ['optional', 'required'],
  /** Whether an assertion may be addressed to the token endpoint instead of the issuer. */
  assertionAudience: ['endpoint', 'issuer'],
  unknownScopes: ['ignored', 'refused'],
  /** Whether an error of a client that nobody has approved redirects by itself, or a person must choose to go on. */
  errorRedirects: ['automatic', 'chosen'],
  /** Whether each use of a refresh token returns another one, or the same. */
  refreshTokens: ['rotated', 'kept'],
} as const

/** Rules that are sets; two profiles together allow the intersection. */
interface Allowed {
  readonly clientAuthentication: readonly (typeof AUTH_METHODS)[number][]
  readonly grants: 'all' | readonly string[]
  /** What an authorization request consists of, pushed or not: parameters, or a signed object (RFC 9101). */
  readonly carriers: readonly ('parameters' | 'object')[]
  readonly responseModes: readonly ResponseMode[]
  readonly signingAlgorithms: readonly SigningAlgorithm[]
  /** Algorithms of what clients sign: assertions, request objects and DPoP proofs. */
  readonly proofAlgorithms: readonly ProofAlgorithm[]
}

/** Rules that are limits; of two profiles, the lower value applies. */
interface Limits {
  /** Seconds. */
  readonly codeLifetime: number
  readonly pushedRequestLifetime: number
}

type OrderedRules = { readonly [Rule in keyof typeof ORDERED_RULES]: (typeof ORDERED_RULES)[Rule][number] }
export type Profile = OrderedRules & Allowed & Limits

const OAUTH_21: Profile = {
  pkce: 'nonce',
  pushedRequests: 'optional',
  boundTokens: 'allowed',
  redirectUri: 'optional',
  loopbackRedirects: 'any',
  requestObjectNbf: 'optional',
  introspectionResponses: 'any',
  dpopNonce: 'unused',
  resourceIndicator: 'optional',
  assertionAudience: 'endpoint',
  unknownScopes: 'ignored',
  errorRedirects: 'chosen',
  refreshTokens: 'rotated',
  clientAuthentication: [
    'client_secret',
    'private_key_jwt',
    'none',
    'client_secret_jwt',
    'federated_jwt',
    ...TLS_METHODS,
  ],
  grants: 'all',
  carriers: ['parameters', 'object'],
  responseModes: ['query', 'form_post', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
  signingAlgorithms: ['ES256', 'EdDSA', 'RS256'],
  proofAlgorithms: PROOF_ALGORITHMS,
  codeLifetime: 60,
  pushedRequestLifetime: 90,
}

/** FAPI 2.0 Security Profile §5.3 and §5.4; refresh tokens are not rotated (§5.3.2.1). */
const FAPI_20: Profile = {
  ...OAUTH_21,
  pkce: 'required',
  pushedRequests: 'required',
  boundTokens: 'required',
  assertionAudience: 'issuer',
  unknownScopes: 'refused',
  refreshTokens: 'kept',
  clientAuthentication: ['private_key_jwt', ...TLS_METHODS],
  signingAlgorithms: ['ES256', 'EdDSA'],
  proofAlgorithms: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
  pushedRequestLifetime: 60,
  dpopNonce: 'required',
  redirectUri: 'required',
  loopbackRedirects: 'native',
}

export const PROFILES = {
  'oauth-2.1': OAUTH_21,
  /** For the OpenID Foundation's Basic plan: clients without PKCE, unknown scopes ignored. */
  'openid-certification': {
    ...OAUTH_21,
    pkce: 'waivable',
    errorRedirects: 'automatic',
  },
  /** MCP 2026-07-28: a token is for one resource, which the request names. */
  mcp: {
    ...OAUTH_21,
    pkce: 'required',
    resourceIndicator: 'required',
    grants: ['authorization_code', 'refresh_token'],
  },
  'fapi-2.0': FAPI_20,
  /** FAPI 2.0 Message Signing §5.3 to §5.5: signed requests, which are pushed, and signed responses. */
  'fapi-2.0-message-signing': {
    ...FAPI_20,
    carriers: ['object'],
    requestObjectNbf: 'required',
    introspectionResponses: 'signed',
    responseModes: ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
  },
} as const satisfies Record<string, Profile>

const merged = new Map<string, Profile>()

/**
 * The rules for a client: the realm's profile and the client's own together, the stricter value of each rule. A realm or a
 * client can also be set to pushed requests only (RFC 9126 §5, §6).
 */
export function profileOf(
  { policy }: Pick<Realm, 'policy'>,
  client?: Pick<Client, 'profile' | 'requirePushedAuthorizationRequests'>,
): Profile {
  const own = client?.profile ?? null
  const pushed = policy.requirePushedAuthorizationRequests || client?.requirePushedAuthorizationRequests === true
  if (own === null && !pushed) return PROFILES[policy.profile]
  const key = `${policy.profile} ${own} ${pushed}`
  const cached = merged.get(key)
  if (cached) return cached
  const both = own === null ? PROFILES[policy.profile] : stricter(PROFILES[policy.profile], PROFILES[own])
  const profile: Profile = pushed ? { ...both, pushedRequests: 'required' } : both
  merged.set(key, profile)
  return profile
}

/** Whether a profile allows a grant. @param type the value of `grant_type` */
export function allowsGrant({ grants }: Profile, type: string): boolean {
  return grants === 'all' || grants.includes(type)
}

/** Two profiles together. */
export function stricter(first: Profile, second: Profile): Profile {
  const degrees = Object.entries(ORDERED_RULES).map(([rule, values]) => {
    const at = ({ [rule as keyof OrderedRules]: value }: Profile) => (values as readonly string[]).indexOf(value)
    return [rule, values[Math.max(at(first), at(second))]]
  })
  const intersection = <Item>(left: readonly Item[], right: readonly Item[]) =>
    left.filter((item) => right.includes(item))
  return {
    ...(Object.fromEntries(degrees) as OrderedRules),
    clientAuthentication: intersection(first.clientAuthentication, second.clientAuthentication),
    grants:
      first.grants === 'all'
        ? second.grants
        : second.grants === 'all'
          ? first.grants
          : intersection(first.grants, second.grants),
    carriers: intersection(first.carriers, second.carriers),
    responseModes: intersection(first.responseModes, second.responseModes),
    signingAlgorithms: intersection(first.signingAlgorithms, second.signingAlgorithms),
    proofAlgorithms: intersection(first.proofAlgorithms, second.proofAlgorithms),
    codeLifetime: Math.min(first.codeLifetime, second.codeLifetime),
    pushedRequestLifetime: Math.min(first.pushedRequestLifetime, second.pushedRequestLifetime),
  }
}
