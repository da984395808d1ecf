// The proofs that the exchange of the code will need: the code verifier and the DPoP key.
import { clientRule, profileRule } from '#domain/decision/rule.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { Failure, type Rule } from '#kernel/error.ts'
import { step } from './step.ts'

const CODE_CHALLENGE = /^[A-Za-z0-9_-]{43}$/

/**
 * RFC 7636 with S256: always, but for confidential clients that the profile and their registration let do without. Those
 * send a nonce instead (RFC 9700 §2.1.1).
 */
export const codeChallenge = step({
  reads: ['code_challenge', 'code_challenge_method', 'nonce', 'scope'],
  needs: [],
  gives: ['codeChallenge'],
  take(parameters, { client, context, profile }) {
    const realm = realmOf(context.scope)
    const challenge = parameters.get('code_challenge')
    const waived = profile.pkce !== 'required' && !client.pkceRequired && client.authMethod !== 'none'
    if (challenge === undefined && waived) {
      const isOpenId = (parameters.get('scope') ?? '').split(' ').includes('openid')
      const protectedByNonce = isOpenId && parameters.get('nonce') !== undefined
      if (profile.pkce === 'nonce' && !protectedByNonce) {
        const rule = profileRule(realm, client, profile, 'pkce')
        throw invalid('Without code_challenge, the request needs a nonce and the scope openid.', rule)
      }
      return { codeChallenge: '' }
    }
    if (challenge === undefined) {
      const rule =
        profile.pkce === 'required'
          ? profileRule(realm, client, profile, 'pkce')
          : clientRule(client, client.pkceRequired ? 'pkceRequired' : 'authMethod')
      throw invalid('code_challenge is missing: PKCE (RFC 7636) is required.', rule)
    }
    if (parameters.get('code_challenge_method') !== 'S256') throw invalid('code_challenge_method must be S256.')
    if (!CODE_CHALLENGE.test(challenge)) throw invalid('code_challenge is not 43 characters of base64url.')
    return { codeChallenge: challenge }
  },
})

/** RFC 9449 §10: the key may be named in the request, or shown where it is pushed; if both, it is the same. */
export const dpopKey = step({
  reads: ['dpop_jkt'],
  needs: [],
  gives: ['boundTo'],
  take(parameters, { client, proof }) {
    const named = parameters.get('dpop_jkt')
    if (named !== undefined && client.tlsClientCertificateBoundAccessTokens) {
      const rule = clientRule(client, 'tlsClientCertificateBoundAccessTokens')
      throw invalid('The tokens of this client are bound to its TLS certificate, so dpop_jkt must not be sent.', rule)
    }
    const shown = proof && 'jkt' in proof.confirmation ? proof.confirmation.jkt : undefined
    if (named !== undefined && shown !== undefined && named !== shown) {
      throw new Failure('invalid_dpop_proof', 'dpop_jkt is not the key of the proof.')
    }
    const jkt = named ?? shown
    return { boundTo: jkt === undefined ? null : { jkt } }
  },
})

function invalid(message: string, rule?: Rule): Failure {
  return new Failure('invalid_request', { message, ...(rule && { rule }) })
}
