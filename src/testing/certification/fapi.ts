// The modules of the plan FAPI 2.0 Security Profile, with private_key_jwt and DPoP or certificates.
import assert from 'node:assert/strict'
import { makeCertificate } from '../certificate-authority.ts'
import { ath, makeDpopKey } from '../dpop.ts'
import { proofKey } from '../realm.ts'
import type { CertificateParty, Claims, DpopParty, FapiParty, Fields } from './fapi-party.ts'
import { type Module, module, type Plan } from './module.ts'
import { CALLBACK, postForm, type Reply } from './party.ts'

const FINAL = 'fapi2-security-profile-final-'
const named =
  <P extends FapiParty>() =>
  (name: string, asserts: string, run: (party: P) => Promise<void>) =>
    module(`${FINAL}${name}`, asserts, run)
const fapi = named<FapiParty>()
const dpop = named<DpopParty>()
const byCertificate = named<CertificateParty>()
const now = () => Math.floor(Date.now() / 1000)

/** A client assertion that must be refused at the pushed authorization request endpoint. */
const refusedAssertion = (claims: (party: FapiParty) => Claims) => async (party: FapiParty) => {
  const { status, body } = await party.push({}, await party.assertion(claims(party)))
  assert.deepEqual([status, body.error], [401, 'invalid_client'])
}

const refusedPush = (changes: Fields, error: string) => async (party: FapiParty) => {
  const { status, body } = await party.push(changes)
  assert.deepEqual([status, body.error], [400, error], JSON.stringify(body))
}

const refused = (reply: Reply, error: string, status = 400) =>
  assert.deepEqual([reply.status, reply.body.error], [status, error], JSON.stringify(reply.body))

/** A proof that must be refused at the token endpoint. */
const refusedProof = (proof: () => Claims) => async (party: DpopParty) => {
  refused(await party.redeem(await party.code(), { proof: proof() }), 'invalid_dpop_proof')
}

const SHARED: readonly Module<FapiParty>[] = [
  fapi(
    'discovery-end-point-verification',
    'The metadata has PAR, the issuer in responses, private_key_jwt, bound tokens and S256 only, and no secrets.',
    async ({ site: { metadata } }) => {
      assert.ok(metadata.pushed_authorization_request_endpoint)
      assert.equal(metadata.require_pushed_authorization_requests, true)
      assert.equal(metadata.authorization_response_iss_parameter_supported, true)
      const methods = metadata.token_endpoint_auth_methods_supported as string[]
      assert.ok(methods.includes('private_key_jwt'))
      assert.ok(methods.every((method) => method === 'private_key_jwt' || method.endsWith('tls_client_auth')))
      assert.equal(metadata.tls_client_certificate_bound_access_tokens, true)
      assert.deepEqual(metadata.code_challenge_methods_supported, ['S256'])
      assert.ok(
        (metadata.dpop_signing_alg_values_supported as string[]).every((alg) =>
          /^(ES256|EdDSA|Ed25519|PS256)$/.test(alg),
        ),
      )
    },
  ),
  fapi(
    'happy-flow',
    'A pushed request becomes a bound token that opens userinfo; the response has iss and state.',
    async (party) => {
      const { body, verifier } = await party.push()
      assert.ok(Number(body.expires_in) <= 600)
      const { answer } = await party.open(body.request_uri)
      assert.deepEqual([answer.get('iss'), answer.get('state')], [party.site.issuer, 's'])
      const tokens = await party.redeem({ code: answer.get('code') ?? '', verifier })
      assert.equal(tokens.body.token_type, party.scheme, JSON.stringify(tokens.body))
      const claims = await party.verified(String(tokens.body.id_token))
      assert.equal(claims.nonce, 'n')
      assert.equal((await party.protected(tokens.body.access_token)).body.sub, claims.sub)
    },
  ),
  fapi('user-rejects-authentication', 'When the person says no, the client gets access_denied.', async (party) => {
    const own = await party.other()
    const { body } = await own.push()
    assert.equal((await own.open(body.request_uri, 'deny')).answer.get('error'), 'access_denied')
  }),
  fapi(
    'ensure-other-scope-order-succeeds',
    'openid may stand anywhere among the scopes.',
    async (party) => void (await party.code({ scope: 'email openid' })),
  ),
  fapi(
    'ensure-authorization-request-with-64-char-nonce-success',
    'A nonce of 64 characters comes back.',
    async (party) => {
      const { body } = await party.redeem(await party.code({ nonce: 'n'.repeat(64) }))
      assert.equal((await party.verified(String(body.id_token))).nonce, 'n'.repeat(64))
    },
  ),
  fapi('ensure-authorization-request-with-long-state', 'A state of 384 characters comes back.', async (party) => {
    const { body } = await party.push({ state: 's'.repeat(384) })
    assert.equal((await party.open(body.request_uri)).answer.get('state'), 's'.repeat(384))
  }),
  fapi('ensure-authorization-request-without-state-success', 'Without a state none comes back.', async (party) => {
    const { body } = await party.push({ state: undefined })
    assert.equal((await party.open(body.request_uri)).answer.get('state'), null)
  }),
  fapi(
    'ensure-unsigned-authorization-request-without-using-par-fails',
    'A request that was not pushed is an invalid_request.',
    async (party) => {
      const { challenge } = proofKey()
      const { answer } = await party.authorize({ code_challenge: challenge, code_challenge_method: 'S256' })
      assert.equal(answer.get('error'), 'invalid_request')
    },
  ),
  fapi(
    'ensure-redirect-uri-in-authorization-request',
    'A pushed request names its redirect URI.',
    refusedPush({ redirect_uri: undefined }, 'invalid_request'),
  ),
  fapi(
    'ensure-registered-redirect-uri',
    'A redirect URI that is not registered is refused when it is pushed.',
    refusedPush({ redirect_uri: `${CALLBACK}/other` }, 'invalid_request'),
  ),
  fapi(
    'par-authorization-request-containing-request_uri',
    'A pushed request with a request_uri is an invalid_request.',
    refusedPush({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'),
  ),
  fapi(
    'par-ensure-pkce-required',
    'A pushed request without a challenge is an invalid_request.',
    refusedPush({ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'),
  ),
  fapi(
    'par-plain-pkce-rejected',
    'The method plain is an invalid_request.',
    refusedPush({ code_challenge_method: 'plain' }, 'invalid_request'),
  ),
  fapi('par-ensure-pkce-code-verifier-required', 'A code without its verifier is an invalid_grant.', async (party) => {
    const { code } = await party.code()
    refused(await party.ask({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK }), 'invalid_grant')
  }),
  fapi(
    'par-incorrect-pkce-code-verifier-rejected',
    'A code with another verifier is an invalid_grant.',
    async (party) => {
      const { code } = await party.code()
      refused(await party.redeem({ code, verifier: proofKey().verifier }), 'invalid_grant')
    },
  ),
  fapi('par-attempt-reuse-request_uri', 'A request_uri is good for one browser.', async (party) => {
    const { body } = await party.push()
    await party.open(body.request_uri)
    const { answer, page } = await party.again().open(body.request_uri)
    assert.equal(answer.has('code'), false)
    assert.ok((page?.status ?? 400) >= 400)
  }),
  fapi(
    'par-attempt-to-use-request_uri-for-different-client',
    'A request_uri of another client gets no code.',
    async (party) => {
      const other = await party.other()
      const { body } = await party.push()
      assert.equal((await party.open(body.request_uri, 'allow', other.client)).answer.has('code'), false)
    },
  ),
  fapi('par-attempt-invalid-http-method', 'The endpoint for pushed requests takes POST only.', async (party) => {
    const { status } = await fetch(party.endpoint('pushed_authorization_request_endpoint'))
    assert.ok(status === 404 || status === 405, String(status))
  }),
  fapi(
    'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails',
    'An assertion that expired five minutes ago is refused.',
    refusedAssertion(() => ({ exp: now() - 300 })),
  ),
  fapi(
    'ensure-client-assertion-with-no-sub-fails',
    'An assertion without sub is refused.',
    refusedAssertion(() => ({ sub: undefined })),
  ),
  fapi('ensure-client-assertion-with-iss-aud-succeeds', 'An assertion for the issuer is taken.', async (party) => {
    assert.equal((await party.push({}, await party.assertion({ aud: party.site.issuer }))).status, 201)
  }),
  fapi(
    'par-test-array-as-audience-for-client-assertion-fails',
    'A list as the audience of an assertion is refused.',
    refusedAssertion(({ site }) => ({ aud: [site.issuer, 'https://other.example'] })),
  ),
  fapi(
    'par-test-token-endpoint-url-as-audience-for-client-assertion-fails',
    'The token endpoint as the audience is refused.',
    refusedAssertion((party) => ({ aud: party.endpoint('token_endpoint') })),
  ),
  fapi(
    'par-test-par-endpoint-url-as-audience-for-client-assertion-fails',
    'The endpoint for pushed requests as the audience is refused.',
    refusedAssertion((party) => ({ aud: party.endpoint('pushed_authorization_request_endpoint') })),
  ),
  fapi(
    'ensure-client-id-in-token-endpoint',
    'A code without a client assertion is an invalid_client.',
    async (party) => {
      const none = { client_assertion: undefined, client_assertion_type: undefined }
      refused(await party.redeem(await party.code(), { assertion: none }), 'invalid_client', 401)
    },
  ),
  fapi(
    'ensure-signed-client-assertion-with-RS256-fails',
    'A client cannot authenticate with RS256, also by a key that is registered.',
    async (party) => {
      const { status, body } = await (await party.other('RS256')).push()
      assert.deepEqual([status, body.error], [401, 'invalid_client'])
    },
  ),
  fapi(
    'ensure-authorization-code-is-bound-to-client',
    'A code of another client is an invalid_grant.',
    async (party) => {
      const other = await party.other()
      refused(await other.redeem(await party.code()), 'invalid_grant')
    },
  ),
  fapi(
    'attempt-reuse-authorization-code-after-one-second',
    'A code that comes twice is an invalid_grant.',
    async (party) => {
      const code = await party.code()
      assert.equal((await party.redeem(code)).status, 200)
      refused(await party.redeem(code), 'invalid_grant')
    },
  ),
  fapi('ensure-holder-of-key-required', 'A code without a proof of possession is refused.', async (party) => {
    const { code, verifier } = await party.code()
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK }
    const url = party.endpoint('token_endpoint')
    refused(await postForm(url, { ...(await party.assertion()), ...fields }), party.unproven)
  }),
  fapi('refresh-token', 'A refresh token is not rotated, and is of its client alone.', async (party) => {
    const { body } = await party.redeem(await party.code({ scope: 'openid offline_access', prompt: 'consent' }))
    const fields = { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) }
    const fresh = await party.ask(fields)
    assert.equal(fresh.status, 200, JSON.stringify(fresh.body))
    assert.equal((await party.ask(fields)).status, 200)
    const other = await party.other()
    refused(await other.ask(fields), 'invalid_grant')
  }),
  fapi(
    'test-claims-parameter-identity-claims',
    'A claim that is asked for by name is in the ID token.',
    async (party) => {
      const claims = JSON.stringify({ id_token: { email: null } })
      const { body } = await party.redeem(await party.code({ claims }))
      assert.equal((await party.verified(String(body.id_token))).email, party.site.person.email)
    },
  ),
]

const LEFT = {
  [`${FINAL}par-attempt-to-use-expired-request_uri`]:
    'It waits a minute; the test JA-07 has the same case with a clock of its own.',
  [`${FINAL}ensure-expired-authorization-code-fails`]:
    'It waits a minute; the test AC-04 has the same case with a clock of its own.',
}

export const FAPI_DPOP: Plan<DpopParty> = {
  title: 'FAPI 2.0 Security Profile (private_key_jwt, DPoP)',
  modules: [
    ...SHARED,
    dpop(
      'access-token-type-header-case-sensitivity',
      'The scheme of the Authorization header has any case.',
      async (party) => {
        const { body } = await party.redeem(await party.code())
        assert.equal((await party.protected(body.access_token, 'dPoP')).status, 200)
        assert.equal((await party.protected(body.access_token, 'Bearer')).status, 401)
      },
    ),
    dpop(
      'dpop-negative-tests',
      'A proof at userinfo without ath, of another method, address or key is refused.',
      async (party) => {
        const { body } = await party.redeem(await party.code())
        for (const proof of [
          { ath: undefined },
          { ath: ath('x') },
          { htm: 'POST' },
          { htu: 'https://other.example/' },
        ]) {
          refused(await party.protected(body.access_token, 'DPoP', proof), 'invalid_dpop_proof', 401)
        }
        const thief = party.again(await makeDpopKey())
        assert.equal((await thief.protected(body.access_token)).status, 401)
      },
    ),
    dpop(
      'ensure-dpop-proof-with-iat-10seconds-before-succeeds',
      'A proof of ten seconds ago is taken.',
      async (party) => {
        assert.equal((await party.redeem(await party.code(), { proof: { iat: now() - 10 } })).status, 200)
      },
    ),
    dpop(
      'ensure-dpop-proof-with-iat-10seconds-after-succeeds',
      'A proof of a clock that is ten seconds ahead is taken.',
      async (party) => {
        assert.equal((await party.redeem(await party.code(), { proof: { iat: now() + 10 } })).status, 200)
      },
    ),
    dpop(
      'dpop-proof-with-iat-one-hour-ago-fails',
      'A proof of an hour ago is refused.',
      refusedProof(() => ({ iat: now() - 3600 })),
    ),
    dpop(
      'check-dpop-proof-nonce-expiration',
      'A proof with a nonce of nobody is told the right one.',
      async (party) => {
        refused(await party.redeem(await party.code(), { proof: { nonce: '1.x' } }), 'use_dpop_nonce')
      },
    ),
    dpop(
      'ensure-token-endpoint-fails-with-mismatched-dpop-jkt',
      'A code that was asked for with dpop_jkt is for that key.',
      async (party) => {
        const other = await makeDpopKey()
        refused(await party.redeem(await party.code({ dpop_jkt: other.jkt })), 'invalid_grant')
        assert.equal((await party.redeem(await party.code({ dpop_jkt: party.dpop.jkt }))).status, 200)
      },
    ),
  ],
  left: LEFT,
}

export const FAPI_MTLS: Plan<CertificateParty> = {
  title: 'FAPI 2.0 Security Profile (private_key_jwt, mTLS)',
  modules: [
    ...SHARED,
    byCertificate(
      'access-token-type-header-case-sensitivity',
      'The scheme of the Authorization header has any case.',
      async (party) => {
        const { body } = await party.redeem(await party.code())
        assert.equal((await party.protected(body.access_token, 'bEARER')).status, 200)
      },
    ),
    byCertificate(
      'ensure-mtls-holder-of-key-required',
      'A bound token opens userinfo only with its certificate, and a code without one is refused.',
      async (party) => {
        const { body } = await party.redeem(await party.code())
        assert.equal((await party.protected(body.access_token)).status, 200)
        refused(await party.again(makeCertificate()).protected(body.access_token), 'invalid_token', 401)
        assert.equal((await party.userinfo(body.access_token)).status, 401)
      },
    ),
  ],
  left: LEFT,
}
