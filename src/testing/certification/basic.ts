// The modules of the plan Basic, which are those of the plan Form Post too.
import assert from 'node:assert/strict'
import { proofKey } from '../realm.ts'
import { module, type Plan } from './module.ts'
import { CALLBACK, given, type Party, postForm } from './party.ts'

const ERROR = (answer: URLSearchParams, error: string) => assert.equal(answer.get('error'), error, String(answer))

async function releases(party: Party, scope: string, names: readonly string[]): Promise<void> {
  const { body, claims } = await party.tokens({ scope })
  const { body: told } = await party.userinfo(body.access_token)
  assert.equal(told.sub, claims.sub)
  for (const name of names) assert.ok(told[name] !== undefined, `${name} in ${JSON.stringify(told)}`)
}

/** Asks, and expects tokens for it: what is not understood is left alone. */
const succeeds = (changes: Record<string, string | undefined>) => async (party: Party) =>
  void (await party.tokens(changes))

const stays = async (party: Party, changes: Record<string, string | undefined>) => {
  const { answer, page } = await party.fresh().authorize(changes)
  assert.equal(answer.size, 0)
  assert.ok((page?.status ?? 0) >= 400, String(page?.status))
}

/** @param party a client that authenticates by Basic; another one that posts its secret; one more for reuse */
export const BASIC: Plan<Party> = {
  title: 'Basic and Form Post',
  modules: [
    module(
      'oidcc-server',
      'A code becomes tokens; the ID token has iss, sub, aud, exp, iat and the nonce.',
      async (party) => {
        const { answer } = await party.authorize({ state: 'the state', nonce: 'the nonce' })
        assert.deepEqual([answer.get('state'), answer.get('iss')], ['the state', party.site.issuer])
        const { body } = await party.exchange(answer.get('code'))
        const claims = await party.verified(String(body.id_token))
        assert.deepEqual([claims.nonce, body.token_type], ['the nonce', 'Bearer'])
        assert.ok(claims.sub && claims.exp && claims.iat)
      },
    ),
    module('oidcc-response-type-missing', 'A request without response_type is an invalid_request.', async (party) => {
      ERROR((await party.authorize({ response_type: undefined })).answer, 'invalid_request')
    }),
    module('oidcc-userinfo-get', 'Userinfo answers GET with the sub of the ID token.', (party) =>
      releases(party, 'openid', ['sub']),
    ),
    module('oidcc-userinfo-post-header', 'Userinfo answers POST with the token in the header.', async (party) => {
      const { body, claims } = await party.tokens()
      assert.equal((await party.userinfo(body.access_token, 'POST')).body.sub, claims.sub)
    }),
    module('oidcc-userinfo-post-body', 'Userinfo answers POST with the token in the form.', async (party) => {
      const { body, claims } = await party.tokens()
      const fields = { access_token: String(body.access_token) }
      assert.equal((await postForm(party.endpoint('userinfo_endpoint'), fields)).body.sub, claims.sub)
    }),
    module(
      'oidcc-ensure-request-without-nonce-succeeds-for-code-flow',
      'A request without a nonce gets an ID token without one.',
      async (party) => {
        assert.equal((await party.tokens({ nonce: undefined })).claims.nonce, undefined)
      },
    ),
    module('oidcc-scope-profile', 'The scope profile releases the name.', (party) =>
      releases(party, 'openid profile', ['given_name', 'family_name', 'updated_at']),
    ),
    module('oidcc-scope-email', 'The scope email releases the address and whether it is verified.', (party) =>
      releases(party, 'openid email', ['email', 'email_verified']),
    ),
    module('oidcc-scope-address', 'The scope address is taken; nothing is stored for it.', (party) =>
      releases(party, 'openid address', ['sub']),
    ),
    module('oidcc-scope-phone', 'The scope phone releases the number.', (party) =>
      releases(party, 'openid phone', ['phone_number']),
    ),
    module('oidcc-scope-all', 'All scopes at once release all claims.', (party) =>
      releases(party, 'openid profile email address phone', ['email', 'given_name', 'phone_number']),
    ),
    module('oidcc-ensure-other-scope-order-succeeds', 'openid may stand anywhere among the scopes.', (party) =>
      releases(party, 'email openid', ['email']),
    ),
    module('oidcc-display-page', 'display=page changes nothing.', succeeds({ display: 'page' })),
    module('oidcc-display-popup', 'display=popup changes nothing.', succeeds({ display: 'popup' })),
    module('oidcc-prompt-login', 'prompt=login asks for the password again, and auth_time says so.', async (party) => {
      const { claims: first } = await party.tokens({ max_age: '10000' })
      const again = await party.agent.follow(
        await party.agent.request(party.address({ prompt: 'login', max_age: '10000' })),
      )
      assert.match(again.text, /name="password"/)
      const { answer } = await party.walk(again)
      const claims = await party.verified(String((await party.exchange(answer.get('code'))).body.id_token))
      assert.equal(claims.sub, first.sub)
      assert.ok(Number(claims.auth_time) >= Number(first.auth_time))
    }),
    module('oidcc-prompt-none-not-logged-in', 'prompt=none without a session is login_required.', async (party) => {
      ERROR((await party.fresh().authorize({ prompt: 'none' })).answer, 'login_required')
    }),
    module(
      'oidcc-prompt-none-logged-in',
      'prompt=none with a session gives the same sub and auth_time.',
      async (party) => {
        const { claims: first } = await party.tokens({ max_age: '10000' })
        const { claims } = await party.tokens({ prompt: 'none', max_age: '10000' })
        assert.deepEqual([claims.sub, claims.auth_time], [first.sub, first.auth_time])
      },
    ),
    module(
      'oidcc-max-age-1',
      'max_age=0, which stands for the wait of the suite, asks for the password again.',
      async (party) => {
        await party.tokens()
        const again = await party.agent.follow(await party.agent.request(party.address({ max_age: '0' })))
        assert.match(again.text, /name="password"/)
      },
    ),
    module('oidcc-max-age-10000', 'max_age=10000 asks for nothing, and the ID token has auth_time.', async (party) => {
      await party.tokens()
      assert.ok((await party.tokens({ max_age: '10000', prompt: 'none' })).claims.auth_time)
    }),
    module(
      'oidcc-ensure-request-with-unknown-parameter-succeeds',
      'Unknown parameters are ignored.',
      succeeds({ extra: 'foobar' }),
    ),
    module('oidcc-id-token-hint', 'prompt=none with the ID token as a hint succeeds.', async (party) => {
      const { body } = await party.tokens()
      await party.tokens({ prompt: 'none', id_token_hint: String(body.id_token) })
    }),
    module('oidcc-login-hint', 'login_hint is shown in the form, and changes nothing else.', async (party) => {
      const other = party.fresh()
      const page = await other.agent.follow(await other.agent.request(other.address({ login_hint: 'bob@example.com' })))
      assert.match(page.text, /bob@example\.com/)
    }),
    module('oidcc-ui-locales', 'ui_locales changes nothing.', succeeds({ ui_locales: 'se' })),
    module('oidcc-claims-locales', 'claims_locales changes nothing.', succeeds({ claims_locales: 'se' })),
    module(
      'oidcc-ensure-request-with-acr-values-succeeds',
      'acr_values that nobody knows change nothing.',
      succeeds({ acr_values: '1 2' }),
    ),
    module('oidcc-codereuse', 'A code that comes twice is an invalid_grant, and its tokens end.', async (party) => {
      const { body, code } = await party.tokens()
      const again = await party.exchange(code)
      assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant'])
      assert.equal((await party.userinfo(body.access_token)).status, 401)
    }),
    module(
      'oidcc-ensure-registered-redirect-uri',
      'A redirect URI that is not registered gets a page, and no redirect.',
      (party) => stays(party, { redirect_uri: `${CALLBACK}/other` }),
    ),
    module('oidcc-ensure-post-request-succeeds', 'The authorization endpoint takes POST.', async (party) => {
      const { origin, pathname, searchParams } = new URL(party.address())
      const posted = await party.agent.request(`${origin}${pathname}`, Object.fromEntries(searchParams))
      assert.ok((await party.walk(posted)).answer.get('code'))
    }),
    module('oidcc-server-client-secret-post', 'A client may send its secret in the form.', async (party) => {
      const { answer } = await party.authorize()
      const { client_id, client_secret } = party.client
      const { status } = await party.exchange(answer.get('code'), given({ client_id, client_secret }), {})
      assert.equal(status, 200)
    }),
    module(
      'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
      'An unsigned request object is refused.',
      async (party) => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
        const request = `${part({ alg: 'none' })}.${part({ client_id: party.client.client_id })}.`
        const { answer } = await party.authorize({ request })
        assert.match(answer.get('error') ?? '', /^(invalid_request_object|request_not_supported)$/)
      },
    ),
    module(
      'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
      'A request_uri that was not pushed is refused.',
      async (party) => {
        ERROR(
          (await party.authorize({ request_uri: 'https://rp.example/request.jwt' })).answer,
          'request_uri_not_supported',
        )
      },
    ),
    module('oidcc-claims-essential', 'A claim that is asked for by name is released.', async (party) => {
      const { body } = await party.tokens({ claims: JSON.stringify({ userinfo: { given_name: { essential: true } } }) })
      assert.equal((await party.userinfo(body.access_token)).body.given_name, 'Ada')
    }),
    module(
      'oidcc-refresh-token',
      'A refresh token gives another access token for the same sub, and is of its client alone.',
      async (party) => {
        const { body, claims } = await party.tokens({ scope: 'openid offline_access', prompt: 'consent' })
        const fields = { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) }
        const fresh = await postForm(party.endpoint('token_endpoint'), fields, party.basic)
        assert.equal(fresh.status, 200, JSON.stringify(fresh.body))
        assert.notEqual(fresh.body.access_token, body.access_token)
        assert.equal((await party.userinfo(fresh.body.access_token)).body.sub, claims.sub)
        const stranger = { authorization: `Basic ${btoa('nobody:nothing')}` }
        assert.equal((await postForm(party.endpoint('token_endpoint'), fields, stranger)).status, 401)
      },
    ),
    module(
      'oidcc-ensure-request-with-valid-pkce-succeeds',
      'A request with a challenge needs its verifier.',
      async (party) => {
        const { verifier, challenge } = proofKey()
        const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
        const { answer } = await party.authorize(pkce)
        assert.equal((await party.exchange(answer.get('code'), { code_verifier: verifier })).status, 200)
      },
    ),
  ],
  left: {
    'oidcc-codereuse-30seconds': 'It waits half a minute; the test AC-01 has the same case with a clock of its own.',
    'oidcc-ensure-request-object-with-redirect-uri': 'It needs unsigned request objects, which are refused.',
  },
}
