// Sender-constrained tokens: how a caller proves that it holds a key, and which key it must hold.
import type { Client, RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import { Failure, type Rule } from '#kernel/error.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { dpop } from './dpop.ts'
import { mutualTls } from './mutual-tls.ts'
import type { Binding, Place, Proof } from './proof.ts'

/** Every method. Where a caller proves by two, the token is bound by the first. */
export const BINDINGS: readonly Binding[] = [mutualTls, dpop]

/** The key that the caller proves to hold, if it sends a proof. @throws Failure `invalid_dpop_proof`, `use_dpop_nonce` */
export function proofOf(context: Context, request: RealmRequest, place: Place): Proof | undefined {
  for (const binding of BINDINGS) {
    const proof = binding.read(context, request, place)
    if (proof) return proof
  }
  return undefined
}

/** What a code or token is bound to: a certain key, any key that the caller proves, or none. */
export type Bound = Confirmation | 'any_key' | null

const BOUND: Rule = { policy: 'the binding of the code or token', value: 'to a key' }
const BY_CERTIFICATE: Rule = { policy: 'client.tls_client_certificate_bound_access_tokens', value: 'true' }

/**
 * Checks that the caller holds the right key.
 * @param required what makes a proof necessary for every code and token; undefined where nothing does
 * @throws Failure `invalid_dpop_proof` where a proof is needed and missing, `invalid_request` where it is the certificate of
 * the client, `invalid_grant` where it is another key
 */
export function checkPossession(
  bound: Bound,
  proof: Proof | undefined,
  required: () => Rule | undefined,
  { tlsClientCertificateBoundAccessTokens: byCertificate }: Pick<Client, 'tlsClientCertificateBoundAccessTokens'>,
): void {
  if (byCertificate && !(proof && 'x5t#S256' in proof.confirmation)) {
    const message = 'The tokens of this client are bound to its TLS certificate: connect with it.'
    throw new Failure('invalid_request', { message, rule: BY_CERTIFICATE })
  }
  if (!proof) {
    const rule = required() ?? (bound === null ? undefined : BOUND)
    if (rule)
      throw new Failure('invalid_dpop_proof', {
        message: 'A proof of possession is needed: send the header DPoP.',
        rule,
      })
    return
  }
  if (bound === null || bound === 'any_key') return
  if (!isSameKey(bound, proof.confirmation)) {
    throw new Failure('invalid_grant', { message: 'The proof is by another key.', reason: 'other_key' })
  }
}

/** Checks that an agent that has a key proves it. @throws Failure `invalid_dpop_proof` */
export function checkAgentKey({ agent }: Pick<RegisteredClient, 'agent'>, proof: Proof | undefined): void {
  if (!agent?.dpopJkt || (proof && isSameKey(proof.confirmation, { jkt: agent.dpopJkt }))) return
  const rule = { policy: 'agent.dpop_jkt', value: agent.dpopJkt }
  throw new Failure('invalid_dpop_proof', { message: 'The proof is not by the key of the agent.', rule })
}

/** Whether two confirmations name one key. */
export function isSameKey(one: Confirmation, other: Confirmation): boolean {
  if ('jkt' in one) return 'jkt' in other && one.jkt === other.jkt
  return 'x5t#S256' in other && one['x5t#S256'] === other['x5t#S256']
}

/**
 * Records that a proof was used, in a write of its own, for a request that writes nothing else.
 * @throws Failure `invalid_dpop_proof` where it was used before
 */
export async function consumeProof({ write, clock }: Context, proof: Proof): Promise<void> {
  if (!(await write((unit) => proof.consume(unit, clock.now())))) throw replayed()
}

/** The failure of a proof that was used before. */
export function replayed(): Failure {
  return new Failure('invalid_dpop_proof', 'The proof was used before.')
}
