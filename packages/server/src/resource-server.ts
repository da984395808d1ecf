// A resource server (RFC 6749 §1.1): verifies the access token of each request, and refuses with the challenge that tells
// the client what to do.
import type { JWTPayload } from 'jose'
import { type Access, accessOfClaims, checkNeeds, type Needs } from './access.ts'
import {
  checkIntrospected,
  credentialsOf,
  isJwt,
  TOKEN_ALGORITHMS,
  type TokenRules,
  verifyJwt,
} from './access-token.ts'
import { DpopNonces, PROOF_ALGORITHMS, type ProofRules, verifyProof } from './dpop.ts'
import { type IntrospectionOptions, introspect } from './introspection.ts'
import { type Fetch, Issuer } from './issuer.ts'
import { type ChallengeParameters, challenge, Fault, Refusal, type Scheme, Unavailable } from './refusal.ts'
import { MemoryReplayStore, type ReplayStore } from './replay-store.ts'
import { StatusLists } from './status-list.ts'

/** How an API is protected. Only `issuer` and `resource` are needed. */
export interface ResourceServerOptions {
  /** The issuer whose tokens are accepted, exactly as in `iss`. */
  readonly issuer: string
  /** The identifier of this resource: the audience of its tokens. */
  readonly resource: string
  /** The address under which clients reach this server, if it is not the identifier. */
  readonly address?: string
  /** The scopes that the metadata names. */
  readonly scopesSupported?: readonly string[]
  /** Further members of the metadata (RFC 9728 §2), as `resource_name`. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** The algorithms that tokens may be signed with. Default: all asymmetric ones of JWS that are in use. */
  readonly algorithms?: readonly string[]
  /** The clock difference to the issuer that is tolerated, in seconds. Default: 5. */
  readonly clockTolerance?: number
  readonly dpop?: DpopOptions
  /** Introspection, for tokens that are no JWT or for all. Default: none. */
  readonly introspection?: IntrospectionOptions
  readonly statusList?: StatusListOptions
  /** Makes the requests to the issuer. Default: the global `fetch`. */
  readonly fetch?: Fetch
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number
}

/** How DPoP (RFC 9449) is used. Tokens that are bound to a key always need a proof. */
export interface DpopOptions {
  /** Refuses tokens that are not bound to a key. Default: false. */
  readonly required?: boolean
  /** Asks for a nonce in each proof. The secret is the same in all processes; `true` is a random one. Default: none. */
  readonly nonce?: boolean | Uint8Array
  /** Where used proofs are remembered. Default: in the memory of this process. */
  readonly replays?: ReplayStore
}

/** How status lists are used (draft-ietf-oauth-status-list). */
export interface StatusListOptions {
  /** Refuses JWTs without the claim `status`. Default: false. */
  readonly required?: boolean
  /** Seconds that a list is used for when it cannot be fetched again. Default: 300. */
  readonly maxAge?: number
  /** Seconds after which a list is fetched again, if its `ttl` is longer: 1 or more. Default: its `ttl`. */
  readonly refresh?: number
}

/** A request, as adapters give it. */
export interface ProtectedRequest {
  readonly method: string
  /** The path, with or without the query. The host is that of the address of this server. */
  readonly path: string
  /** The value of a header by its lower-case name; values that are repeated are joined by a comma. */
  readonly header: (name: string) => string | undefined
  /** The SHA-256 of the certificate that the client presented, base64url (RFC 8705 §3.1). */
  readonly certificateThumbprint?: string | undefined
}

/** A protected API. */
export interface ResourceServer {
  /** Its metadata (RFC 9728 §2). */
  readonly metadata: Readonly<Record<string, unknown>>
  /** The path at which the metadata is served (RFC 9728 §3). */
  readonly metadataPath: string
  /** The address of the metadata, which is in each challenge. */
  readonly metadataAddress: string
  /**
   * Verifies the access token of a request, and that it is enough.
   * @throws Refusal to respond with: 401 with a challenge, 403 for a missing scope, 503 if the issuer does not respond
   */
  readonly verify: (request: ProtectedRequest, needs?: Needs) => Promise<Access>
  /** Checks that an access that was verified is enough for something more. @throws Refusal as `verify` */
  readonly check: (access: Access, needs: Needs) => void
}

/** What all requests share. */
interface Parts {
  readonly options: ResourceServerOptions
  readonly origin: string
  readonly issuer: Issuer
  readonly tokens: TokenRules
  readonly proofs: ProofRules
  readonly statusLists: StatusLists
  readonly now: () => number
}

const METADATA_PATH = '/.well-known/oauth-protected-resource'

/** Protects an API. Nothing is fetched before the first request. @throws TypeError if the address is not an HTTP URL */
export function resourceServer(options: ResourceServerOptions): ResourceServer {
  const { protocol, origin, pathname } = new URL(options.address ?? options.resource)
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError('The address must be an HTTP URL.')
  const metadataPath = `${METADATA_PATH}${pathname === '/' ? '' : pathname}`
  const metadataAddress = `${origin}${metadataPath}`
  const parts = partsOf(options, origin)
  return {
    metadata: metadataOf(options),
    metadataPath,
    metadataAddress,
    async verify(request, needs = {}) {
      let used: Scheme | undefined
      try {
        const credentials = credentialsOf(request.header('authorization'))
        if (!credentials) throw new Fault('unauthorized', 'The request needs an access token.')
        used = credentials.scheme
        const access = await accessOf(parts, request, credentials)
        checkNeeds(access, needs, Math.floor(parts.now() / 1000))
        return access
      } catch (error) {
        throw refusalOf(error, { used, needs, options, metadataAddress })
      }
    },
    check(access, needs) {
      try {
        checkNeeds(access, needs, Math.floor(parts.now() / 1000))
      } catch (error) {
        throw refusalOf(error, { used: access.scheme, needs, options, metadataAddress })
      }
    },
  }
}

function partsOf(options: ResourceServerOptions, origin: string): Parts {
  const { now = Date.now, dpop = {}, statusList = {} } = options
  // Called as a plain function: the fetch of workers and browsers refuses another `this`.
  const { fetch: made = fetch } = options
  const issuer = new Issuer(options.issuer, { fetch: (input, init) => made(input, init), now })
  return {
    options,
    origin,
    issuer,
    now,
    tokens: {
      audiences: [options.resource],
      algorithms: options.algorithms ?? TOKEN_ALGORITHMS,
      clockTolerance: options.clockTolerance ?? 5,
      now,
    },
    proofs: {
      replays: dpop.replays ?? new MemoryReplayStore({ now }),
      nonces: dpop.nonce ? new DpopNonces(dpop.nonce === true ? undefined : dpop.nonce, now) : undefined,
      now,
    },
    statusLists: new StatusLists(issuer, { now, maxAge: statusList.maxAge ?? 300, refresh: statusList.refresh }),
  }
}

function metadataOf({ issuer, resource, scopesSupported, dpop, metadata }: ResourceServerOptions) {
  return {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    ...(scopesSupported && { scopes_supported: scopesSupported }),
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(dpop?.required && { dpop_bound_access_tokens_required: true }),
    ...metadata,
  }
}

async function accessOf(
  parts: Parts,
  request: ProtectedRequest,
  { scheme, token }: { scheme: Scheme; token: string },
): Promise<Access> {
  const claims = await claimsOf(parts, token)
  await checkConfirmation(parts, request, { scheme, token, claims })
  const nonce = scheme === 'DPoP' && (await parts.proofs.nonces?.current())
  return accessOfClaims({ token, scheme }, claims, nonce ? { 'dpop-nonce': nonce } : {})
}

async function claimsOf({ options, issuer, tokens, statusLists }: Parts, token: string): Promise<JWTPayload> {
  const { introspection, statusList } = options
  if (isJwt(token)) {
    const claims = await verifyJwt(token, issuer, tokens)
    if (introspection?.always) await introspect(issuer, token, introspection)
    else if (claims.status !== undefined) await statusLists.check(claims.status)
    else if (statusList?.required) throw new Fault('invalid_token', 'The access token has no status.')
    return claims
  }
  if (!introspection) throw new Fault('invalid_token', 'The access token is not a JWT.')
  const claims = await introspect(issuer, token, introspection)
  checkIntrospected(claims, issuer, tokens)
  return claims
}

/** Checks that the client has the key that the token is bound to (RFC 9449 §7.1, RFC 8705 §3). */
async function checkConfirmation(
  { options, origin, proofs }: Parts,
  request: ProtectedRequest,
  { scheme, token, claims }: { scheme: Scheme; token: string; claims: JWTPayload },
): Promise<void> {
  const confirmation = claims.cnf as Readonly<Record<string, unknown>> | undefined
  const { jkt, 'x5t#S256': certificate, ...others } = confirmation ?? {}
  const isBound = jkt !== undefined || certificate !== undefined
  if (Object.keys(others).length > 0 || (confirmation !== undefined && !isBound)) {
    throw new Fault('invalid_token', 'The access token is bound in a way that this server does not know.')
  }
  if (certificate !== undefined && certificate !== request.certificateThumbprint) {
    throw new Fault('invalid_token', 'The access token is bound to another certificate.')
  }
  if (jkt === undefined && (scheme === 'DPoP' || options.dpop?.required)) {
    throw new Fault('invalid_token', 'The access token is not bound to a key of DPoP.')
  }
  if (jkt === undefined) return
  if (scheme !== 'DPoP') {
    throw new Fault('invalid_token', 'The access token is bound to a key and needs a proof.', { scheme: 'DPoP' })
  }
  // Not resolved against the origin: a path that begins with two slashes would name another host.
  const url = request.path.startsWith('/') ? `${origin}${request.path}` : ''
  const place = { method: request.method, url, token, thumbprint: jkt }
  await verifyProof(request.header('dpop'), place, proofs)
}

/** The response to a fault: RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1. Errors of the program are passed on as they are. */
function refusalOf(
  error: unknown,
  {
    used,
    needs,
    options,
    metadataAddress,
  }: { used: Scheme | undefined; needs: Needs; options: ResourceServerOptions; metadataAddress: string },
): unknown {
  if (error instanceof Unavailable) {
    return new Refusal(503, 'temporarily_unavailable', 'Access tokens cannot be verified now.', { 'retry-after': '5' })
  }
  if (!(error instanceof Fault)) return error
  const { code, message, parameters } = error
  // RFC 6750 §3.1: a request without a token gets no error.
  const details = code === 'unauthorized' ? {} : { error: code, error_description: message, ...parameters }
  const common: ChallengeParameters = {
    scope: needs.scopes?.join(' '),
    ...details,
    resource_metadata: metadataAddress,
  }
  const algs = PROOF_ALGORITHMS.join(' ')
  const scheme = options.dpop?.required ? 'DPoP' : (error.scheme ?? used)
  const schemes: readonly Scheme[] = scheme ? [scheme] : ['Bearer', 'DPoP']
  const challenges = schemes.map((scheme) => challenge(scheme, { ...common, ...(scheme === 'DPoP' && { algs }) }))
  return new Refusal(error.status, code, message, { 'www-authenticate': challenges.join(', '), ...error.headers })
}
