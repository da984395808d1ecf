// DPoP proofs (RFC 9449): the caller signs a JWT with its own key for each request.
import { checkClientKeys } from '#domain/client/client-keys.ts'
import type { Context } from '#domain/context.ts'
import type { ProofAlgorithm } from '#domain/outside.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure } from '#kernel/error.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { jsonPartOf } from '../jwt.ts'
import type { Binding, Place, Proof } from './proof.ts'

/** The tolerated clock difference, and the time for which a nonce is valid at least. Seconds. */
const TOLERANCE = 60
const NONCE_PERIOD = 120
const LENGTH_MAX = 8192
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** RFC 9449 §4. */
export const dpop: Binding = {
  name: 'dpop',
  read(context, request, place) {
    const header = request.headers.dpop
    if (header === undefined) return undefined
    if (typeof header !== 'string' || header.includes(',')) throw invalid('There must be exactly one DPoP header.')
    return verify(context, request, place, header)
  },
}

function verify(context: Context, { method }: RealmRequest, place: Place, text: string): Proof {
  const { crypto, clock, scope } = context
  const { jkt, claims } = readSigned(crypto, text, place.profile)
  const { jti, htm, htu, iat, ath, nonce } = claims
  const now = clock.now()
  if (htm !== method) throw invalid(`htm is not the method of this request, ${method}.`)
  if (!place.addresses.some((address) => sameAddress(htu, address))) {
    const [address = ''] = place.addresses
    const rule = { policy: 'the address of this endpoint', value: address, given: String(htu) }
    throw invalid(`htu is not the address of this endpoint, ${address}.`).with({ rule })
  }
  if (typeof iat !== 'number' || Math.abs(now / 1000 - iat) > TOLERANCE)
    throw invalid(`iat is more than ${TOLERANCE} seconds from now.`)
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw invalid('jti is missing or too long.')
  if (place.accessToken !== undefined && ath !== crypto.digest(place.accessToken)) {
    throw invalid('ath is not the hash of the access token.')
  }
  if (place.profile.dpopNonce === 'required' && !isOurs(context, nonce)) {
    throw new Failure('use_dpop_nonce', { dpopNonce: nonceAt(context, periodOf(now)) })
  }
  const hash = crypto.digest(`${realmOf(scope).id} ${jkt} ${jti}`)
  const expiresAt = (iat + 2 * TOLERANCE) * 1000
  return {
    confirmation: { jkt },
    tokenType: 'DPoP',
    consume: (unit, createdAt) =>
      unit.oneTimeTokens.insert('dpop_proof', hash, { payload: null, createdAt, expiresAt }),
  }
}

/** The claims of a proof, and the thumbprint of the key that it carries and that signed it (RFC 9449 §4.2). */
function readSigned(
  crypto: Context['crypto'],
  text: string,
  { proofAlgorithms }: Place['profile'],
): { jkt: string; claims: Readonly<Record<string, unknown>> } {
  if (text.length > LENGTH_MAX || !COMPACT.test(text)) throw invalid('The DPoP proof is not a compact JWT.')
  const [head = '', payload = '', signature = ''] = text.split('.')
  const header = jsonPartOf(head)
  const claims = jsonPartOf(payload)
  if (header?.typ !== 'dpop+jwt' || !claims) throw invalid('The typ of the DPoP proof is not dpop+jwt.')
  if (!proofAlgorithms.includes(header.alg as ProofAlgorithm))
    throw invalid('The alg of the DPoP proof is not supported.')
  const jwk = header.jwk as Record<string, unknown> | null | undefined
  if (typeof jwk !== 'object' || jwk === null || 'crit' in header)
    throw invalid('The DPoP proof has no jwk, or a crit.')
  const [flaw] = checkClientKeys({ keys: [jwk] })
  if (flaw) throw invalid(`jwk: ${flaw.message}.`)
  const jkt = crypto.verifyByKey(jwk, header.alg as ProofAlgorithm, `${head}.${payload}`, signature)
  if (jkt === undefined) throw invalid('The DPoP proof is not signed by the public key that it carries.')
  return { jkt, claims }
}

/** RFC 9449 §4.3: query and fragment are ignored, scheme and host are normalized, the path is compared byte by byte. */
function sameAddress(htu: unknown, address: string): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu)) return false
  const [claimed, actual] = [new URL(htu), new URL(address)]
  const sameHost = claimed.origin === actual.origin && claimed.username === '' && claimed.password === ''
  return sameHost && writtenPath(htu) === writtenPath(address)
}

// A parsed URL has lost dot segments and the spelling of its escapes.
function writtenPath(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] || '/'
}

/**
 * The nonce of a period (RFC 9449 §8): the number of the period and a MAC over it. Every process accepts it, and
 * nothing is stored.
 */
function nonceAt({ crypto, scope }: Pick<Context, 'crypto' | 'scope'>, period: number): string {
  return `${period}.${crypto.mac('dpop-nonce', `${realmOf(scope).id} ${period}`)}`
}

/** The number of the period that a time is in. @param now milliseconds since 1970 */
function periodOf(now: number): number {
  return Math.floor(now / 1000 / NONCE_PERIOD)
}

function isOurs(context: Context, nonce: unknown): boolean {
  const period = periodOf(context.clock.now())
  return (
    typeof nonce === 'string' && [period, period - 1].some((at) => context.crypto.equal(nonce, nonceAt(context, at)))
  )
}

function invalid(message: string): Failure {
  return new Failure('invalid_dpop_proof', message)
}
