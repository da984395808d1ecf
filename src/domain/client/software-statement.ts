// Software statements (RFC 7591 §2.3): what a trusted issuer says about a client that registers itself.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { profileOf } from '../realm/profile.ts'
import { realmOf } from '../realm/realm.service.ts'
import { issuerOf } from '../realm/realm.ts'
import { withKeys } from './client-key-set.ts'
import { keysOfIssuer } from './issuer-keys.ts'

/** The longest statement, in characters. */
const LENGTH_MAX = 16_384
/** How far clocks may differ, in seconds. */
const TOLERANCE = 30
/** What a statement may say that it is (RFC 8725 §3.11); it may also say nothing. */
const TYPES = /^(application\/)?(jwt|software-statement\+jwt)$/i

type Claims = Readonly<Record<string, unknown>>

/** Metadata in which what a statement says is in the place of what the client says. */
export interface StatedMetadata {
  readonly document: unknown
  /** As it was sent; undefined for none. */
  readonly statement: string | undefined
  /** The redirect URIs that the statement names. */
  readonly redirectUris: readonly unknown[]
}

/**
 * Puts what a software statement says in the place of what a client says itself (RFC 7591 §2.3). A realm that trusts no
 * issuer of statements ignores them, and a client that has one keeps it until it sends another.
 * @param document the metadata as it was sent
 * @param kept the statement with which the client was registered
 * @throws Failure `unapproved_software_statement`, `invalid_software_statement`, `temporarily_unavailable` where the keys of
 * the issuer cannot be fetched
 */
export async function withStatement(context: Context, document: unknown, kept?: string): Promise<StatedMetadata> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { document, statement: undefined, redirectUris: [] }
  }
  const { software_statement: sent, ...plain } = document as Claims
  const trustsSome = realmOf(context.scope).policy.registration.softwareStatementIssuers.length > 0
  const isSent = trustsSome && sent !== undefined && sent !== null && sent !== ''
  if (!isSent && kept === undefined) return { document: plain, statement: undefined, redirectUris: [] }
  const statement = isSent ? textOf(sent) : (kept ?? '')
  const claims = isSent ? await verifiedClaims(context, statement) : await claimsOf(statement)
  return {
    document: merged(plain, claims),
    statement,
    redirectUris: Array.isArray(claims.redirect_uris) ? claims.redirect_uris : [],
  }
}

/** What is about the JWT itself, and no metadata. */
const ABOUT_JWT: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'software_statement'])
const KEYS = ['jwks', 'jwks_uri']

function merged(plain: Claims, claims: Claims): Claims {
  const stated = Object.entries(claims).filter(
    ([name, value]) => !ABOUT_JWT.has(name) && value !== null && value !== '',
  )
  // A client has one set of keys: beside that of the statement it brings none of its own.
  const hasKeys = stated.some(([name]) => KEYS.includes(name))
  const own = Object.entries(plain).filter(([name]) => !(hasKeys && KEYS.includes(name)))
  return Object.fromEntries([...own, ...stated])
}

async function verifiedClaims(context: Context, statement: string): Promise<Claims> {
  const realm = realmOf(context.scope)
  const { iss } = await claimsOf(statement)
  const trusted = realm.policy.registration.softwareStatementIssuers.find(({ issuer }) => issuer === iss)
  if (!trusted)
    throw new Failure('unapproved_software_statement', 'The realm does not trust the issuer of the statement.')
  const source = await keysOfIssuer(context, trusted)
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  try {
    const { payload, protectedHeader } = await withKeys(context, source, (keys) =>
      jwtVerify(statement, createLocalJWKSet(keys), {
        issuer: trusted.issuer,
        algorithms: [...profileOf(realm).proofAlgorithms],
        clockTolerance: TOLERANCE,
        currentDate: new Date(context.clock.now()),
      }),
    )
    const { typ } = protectedHeader
    const isForUs =
      payload.aud === undefined || [payload.aud].flat().includes(issuerOf(realm, context.registry.settings))
    if ((typ === undefined || TYPES.test(typ)) && isForUs) return payload
  } catch (error) {
    if (error instanceof Failure) throw error
  }
  throw invalid('it is not signed by a key of its issuer, has expired, or is for another server')
}

function textOf(sent: unknown): string {
  if (typeof sent === 'string' && sent.length <= LENGTH_MAX) return sent
  throw invalid(`it is no JWT of at most ${LENGTH_MAX} characters`)
}

async function claimsOf(statement: string): Promise<Claims> {
  const { decodeJwt } = await import('jose')
  try {
    return decodeJwt(statement)
  } catch {
    throw invalid('it is no JWT')
  }
}

function invalid(message: string): Failure {
  return new Failure('invalid_software_statement', `software_statement: ${message}`)
}
