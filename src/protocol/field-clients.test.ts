// Signs people in with clients of other projects, set up as their own guides say, and with what each needs.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { generators, Issuer } from 'openid-client-5'
import { getCode, isActive, makeClient, makePerson, post, REDIRECT_URI } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { type Person, UserAgent } from '#testing/user-agent.ts'

const require = createRequire(import.meta.url)

let server: TestServer
let ada: Person & { readonly id: string }

before(async () => {
  server = await startServer()
  ada = await makePerson(server, 'ada@example.com')
})
after(() => server.stop())

interface Metadata {
  readonly id_token_signing_alg_values_supported: readonly string[]
}

test('RS256 is advertised soon after the first start, when its keys are in the JWKS (OpenID Connect Discovery §3)', async () => {
  const read = async <T>(path: string) => (await (await fetch(`${server.url}${path}`)).json()) as T
  const deadline = Date.now() + 30_000
  let algorithms: readonly string[] = []
  while (!algorithms.includes('RS256') && Date.now() < deadline) {
    const metadata = await read<Metadata>('/.well-known/openid-configuration')
    algorithms = metadata.id_token_signing_alg_values_supported
    const { keys } = await read<{ keys: { alg: string }[] }>('/.well-known/jwks.json')
    for (const algorithm of algorithms)
      assert.ok(
        keys.some(({ alg }) => alg === algorithm),
        algorithm,
      )
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.deepEqual([...algorithms].sort(), ['ES256', 'RS256'])
})

/** Signs ada in with openid-client 5 as it is without settings. */
async function signInWithVersion5(given: Record<string, unknown>) {
  const made = await makeClient(server, given)
  const issuer = await Issuer.discover(server.url)
  const client = new issuer.Client({
    client_id: made.clientId,
    client_secret: made.secret,
    redirect_uris: [REDIRECT_URI],
    response_types: ['code'],
  })
  const checks = { code_verifier: generators.codeVerifier(), state: generators.state(), nonce: generators.nonce() }
  const { code_verifier: verifier, ...sent } = checks
  const address = client.authorizationUrl({
    scope: 'openid email',
    code_challenge: generators.codeChallenge(verifier),
    code_challenge_method: 'S256',
    ...sent,
  })
  const callback = await new UserAgent(server.url).authorize(address, ada)
  return { client, tokens: await client.callback(REDIRECT_URI, client.callbackParams(callback.href), checks) }
}

test('openid-client 5 takes no ES256 from a plain client of the default realm, and says what it expects', async () => {
  await assert.rejects(signInWithVersion5({}), /unexpected JWT alg received, expected RS256, got: ES256/)
})

test('openid-client 5, which takes RS256 unless it is told otherwise', async () => {
  const { client, tokens } = await signInWithVersion5({ id_token_signed_response_alg: 'RS256' })
  assert.equal(tokens.claims().sub, ada.id)
  assert.equal((await client.userinfo(tokens)).email, ada.email)
})

test('simple-oauth2, which revokes the refresh token only if the access token was revoked with JSON', async () => {
  const made = await makeClient(server)
  const { AuthorizationCode } = require('simple-oauth2')
  const client = new AuthorizationCode({
    client: { id: made.clientId, secret: made.secret },
    auth: {
      tokenHost: server.url,
      tokenPath: '/oauth/token',
      authorizePath: '/oauth/authorize',
      revokePath: '/oauth/revoke',
    },
  })
  const { code, verifier } = await getCode(server, made, ada)
  const token = await client.getToken({ code, redirect_uri: REDIRECT_URI, code_verifier: verifier })
  const { access_token: access, refresh_token: refresh } = token.token
  assert.equal(await isActive(server, made, access), true)
  await token.revokeAll()
  assert.deepEqual([await isActive(server, made, access), await isActive(server, made, refresh)], [false, false])
})

test('passport-openidconnect, which knows no PKCE, as a client that may send a nonce instead', async (t) => {
  const app = createServer()
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  t.after(() => app.close())
  const callbackURL = `http://127.0.0.1:${(app.address() as { port: number }).port}/callback`
  const made = await makeClient(server, { redirect_uris: [callbackURL], pkce_required: false })
  const kept = new Map<string, object>()
  const passport = require('passport')
  const Strategy = require('passport-openidconnect')
  const store = {
    store(_request: unknown, context: object, _state: unknown, _meta: unknown, done: (...result: unknown[]) => void) {
      kept.set('handle', context)
      done(null, 'handle')
    },
    verify(_request: unknown, handle: string, done: (...result: unknown[]) => void) {
      done(null, kept.get(handle))
    },
  }
  const options = {
    issuer: server.url,
    authorizationURL: `${server.url}/oauth/authorize`,
    tokenURL: `${server.url}/oauth/token`,
    userInfoURL: `${server.url}/oauth/userinfo`,
    clientID: made.clientId,
    clientSecret: made.secret,
    callbackURL,
    scope: ['profile', 'email'],
    nonce: true,
    skipUserProfile: false,
    store,
  }
  const verify = (_issuer: string, profile: object, done: (...result: unknown[]) => void) => done(null, profile)
  passport.use(new Strategy(options, verify))
  app.on('request', (request, response) => {
    const query = Object.fromEntries(new URL(request.url ?? '', callbackURL).searchParams)
    const answer = (error: unknown, profile: unknown, info: unknown) =>
      response.end(JSON.stringify({ error: error && String(error), profile, info }))
    passport.authenticate('openidconnect', { session: false }, answer)(Object.assign(request, { query }), response)
  })
  const begin = await fetch(callbackURL, { redirect: 'manual' })
  const away = await new UserAgent(server.url).authorize(begin.headers.get('location') ?? '', ada)
  const { error, profile } = (await (await fetch(away)).json()) as { error: unknown; profile: { id: string } }
  assert.deepEqual([error, profile.id], [null, ada.id])

  const strict = await makeClient(server)
  const refused = await getCode(server, strict, ada, {
    code_challenge: '',
    code_challenge_method: '',
    nonce: 'n',
  }).catch(String)
  assert.match(String(refused), /invalid_request/, 'PKCE is required unless the client is set otherwise')
})

test('a page of an origin that a client lists may send credentials, and no other page', async () => {
  await makeClient(server, { allowed_origins: ['https://spa.example'] })
  const preflight = async (origin: string) => {
    const { headers } = await fetch(`${server.url}/oauth/token`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    return [headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]
  }
  assert.deepEqual(await preflight('https://spa.example'), ['https://spa.example', 'true'])
  assert.deepEqual(await preflight('https://other.example'), ['*', null])
})

test('a slash too many after a base address, or at the end of a path, leads where it is meant', async () => {
  for (const path of ['//oauth/token', '/oauth/token/', '/realms/default//oauth/token', '//oauth/token/?x=1']) {
    const { status, body } = await post(server, path, { grant_type: 'client_credentials' })
    assert.deepEqual([status, body.error], [401, 'invalid_client'], path)
  }
  for (const path of ['/v1/realms/', '/scim/v2/ServiceProviderConfig/', '/scim/v2//ServiceProviderConfig']) {
    assert.equal((await server.call('GET', path)).status, 200, path)
  }
  assert.equal((await server.call('GET', '/v1/realms/default//clients')).status, 404, 'an id that is missing')
})
