import type { JSONWebKeySet, JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Client } from '#domain/client/client.ts'
import { checkClientKeys } from '#domain/client/client-keys.ts'
import type { Context } from '#domain/context.ts'
import type { Network } from '#domain/outside.ts'

const ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
/** How far ahead an assertion may expire, and how long ago it may have been made. Seconds. */
const LIFETIME_MAX = 600
const TOLERANCE = 30
const KEYS_KEPT = 300_000
const REFETCH_AFTER = 30_000

/**
 * Verifies a client assertion (RFC 7523 §3). Its audience must be the realm’s issuer and nothing else: an assertion for
 * another server, or for several, is one that another server could replay here. Its `jti` is good once.
 * @returns what is wrong with it, for the event log; undefined where nothing is
 */
export async function verifyAssertion(
  context: Context,
  client: Client,
  issuer: string,
  assertion: string,
): Promise<string | undefined> {
  const now = Math.floor(context.clock.now() / 1000)
  const payload = await verified(context, client, assertion, now)
  if (!payload) return 'assertion'
  if (payload.aud !== issuer) return 'audience'
  const { exp = 0, iat, jti } = payload
  if (!Number.isInteger(exp) || exp > now + LIFETIME_MAX) return 'expiry'
  if (iat !== undefined && (iat > now + TOLERANCE || iat < now - LIFETIME_MAX - TOLERANCE)) return 'issued at'
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) return 'jti'
  return (await claim(context, client, jti, exp)) ? undefined : 'replay'
}

async function verified(
  context: Context,
  client: Client,
  assertion: string,
  now: number,
): Promise<JWTPayload | undefined> {
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  try {
    const { payload } = await withKeys(context, client, (keys) =>
      jwtVerify(assertion, createLocalJWKSet(keys), {
        algorithms: ALGORITHMS,
        issuer: client.clientId,
        subject: client.clientId,
        requiredClaims: ['exp', 'jti', 'aud'],
        clockTolerance: TOLERANCE,
        currentDate: new Date(now * 1000),
      }),
    )
    return payload
  } catch {
    return undefined
  }
}

function claim(context: Context, client: Client, jti: string, exp: number): Promise<boolean> {
  const hash = context.crypto.digest(`${client.id} ${jti}`)
  return context.write((unit) =>
    unit.oneTimeTokens.insert('client_assertion', hash, {
      payload: null,
      createdAt: context.clock.now(),
      expiresAt: (exp + 2 * TOLERANCE) * 1000,
    }),
  )
}

interface Fetched {
  readonly keys: JSONWebKeySet
  readonly at: number
}

const caches = new WeakMap<Network, LRUCache<string, Fetched>>()

async function withKeys<T>(context: Context, client: Client, verify: (keys: JSONWebKeySet) => Promise<T>): Promise<T> {
  if (client.jwks) return verify(client.jwks as unknown as JSONWebKeySet)
  const known = await fetched(context, client, KEYS_KEPT)
  try {
    return await verify(known.keys)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error
    return verify((await fetched(context, client, REFETCH_AFTER)).keys)
  }
}

async function fetched({ network, clock }: Context, client: Client, age: number): Promise<Fetched> {
  const cache = caches.get(network) ?? new LRUCache<string, Fetched>({ max: 1000 })
  caches.set(network, cache)
  const kept = cache.get(client.id)
  if (kept && kept.at > clock.now() - age) return kept
  const document = (await network.fetchJson(client.jwksUri ?? '')) as { keys?: unknown }
  const keys = Array.isArray(document?.keys) ? (document.keys as Record<string, unknown>[]) : []
  const sound = keys.slice(0, 50).filter((key) => checkClientKeys({ keys: [key] }).length === 0)
  const fresh = { keys: { keys: sound } as unknown as JSONWebKeySet, at: clock.now() }
  cache.set(client.id, fresh)
  return fresh
}
