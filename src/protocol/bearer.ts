// How an access token is presented to an endpoint of the realm, and the proof that comes with a bound one.
import type { Context } from '#domain/context.ts'
import { profileOf } from '#domain/realm/profile.ts'
import { Failure } from '#kernel/error.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { consumeProof, isSameKey, proofOf } from './binding/binding.ts'
import type { LiveToken } from './live.ts'

/** An access token as a request has it. */
export interface PresentedToken {
  readonly token: string
  readonly scheme: 'bearer' | 'dpop'
}

/**
 * RFC 6750 §2, RFC 9449 §7.1: in the header, or in the form of a POST; not in both, and not in the query.
 * @throws Failure `unauthenticated`, `invalid_token`, `invalid_request`
 */
export function presentedToken({ headers, form }: RealmRequest): PresentedToken {
  const header = headers.authorization
  const inForm = form.get('access_token')
  if (header === undefined) {
    if (inForm === undefined) throw new Failure('unauthenticated')
    return { token: inForm, scheme: 'bearer' }
  }
  const [, scheme, token] = (typeof header === 'string' && /^(bearer|dpop) +([\w.~+/-]+=*)$/i.exec(header)) || []
  if (!scheme || !token) throw new Failure('invalid_token')
  if (inForm !== undefined) throw new Failure('invalid_request', 'The token was sent twice.')
  return { token, scheme: scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer' }
}

/**
 * RFC 9449 §7.1, §7.2, RFC 8705 §3: a bound token comes with a proof by its key or over a connection with its certificate.
 * @param addresses that a proof may name
 * @throws Failure `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`
 */
export async function checkKey(
  context: Context,
  request: RealmRequest,
  addresses: readonly string[],
  { token, scheme }: PresentedToken,
  { claims, client }: LiveToken,
): Promise<void> {
  const { jkt, 'x5t#S256': thumbprint } = (claims.cnf ?? {}) as { jkt?: unknown; 'x5t#S256'?: unknown }
  if (thumbprint !== undefined && request.certificate?.()?.thumbprint !== thumbprint) {
    throw new Failure('invalid_token', 'The token is bound to a certificate: connect with it.')
  }
  if (jkt === undefined && scheme === 'bearer') return
  if (jkt === undefined) throw new Failure('invalid_token', 'The token is not bound to a key.')
  if (scheme === 'bearer') throw new Failure('invalid_token', 'The token is bound to a key: send it with a proof.')
  const proof = proofOf(context, request, { addresses, profile: profileOf(request.realm, client), accessToken: token })
  if (!proof) throw new Failure('invalid_dpop_proof', 'A proof of possession is needed.')
  if (!isSameKey(proof.confirmation, { jkt: String(jkt) }))
    throw new Failure('invalid_token', 'The proof is by another key.')
  await consumeProof(context, proof)
}
