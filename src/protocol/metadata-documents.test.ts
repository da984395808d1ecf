// Checks the use of clients of metadata documents.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { makeClientKey } from '#testing/assertion.ts'
import { API, answerOf, authorizeInBrowser } from '#testing/authorization-fixture.ts'
import { assertPage, type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'
import { anotherRealm } from '#testing/domain-fixtures.ts'
import { postForm } from '#testing/token-client.ts'

const CALLBACK = 'https://app.example/callback'

let set: DocumentFixture
before(async () => {
  set = await openDocumentFixture()
})
after(() => set.close())
afterEach(() => set.reset())

describe('a client of a metadata document', () => {
  test('is asked about, gets a code, tokens and new tokens, and is a row from then on', async () => {
    const clientId = set.publish()
    assert.equal(await set.row(clientId), undefined)
    const code = await set.codeFor(clientId, { scope: 'openid email orders:read', resource: API })
    const { status, body } = await set.redeem(clientId, code)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.scope, 'openid email orders:read')
    const claims = JSON.parse(atob(String(body.access_token).split('.')[1] ?? ''))
    assert.deepEqual([claims.client_id, claims.aud].flat().includes(clientId), true)
    const next = await set.refresh(clientId, body.refresh_token)
    assert.equal(next.status, 200, JSON.stringify(next.body))
    const row = await set.row(clientId)
    assert.deepEqual(
      [row?.registeredBy, row?.label, row?.redirectUris, row?.authMethod, row?.firstParty, row?.enabled],
      ['metadata_document', 'Tidewater Desktop', [CALLBACK], 'none', false, true],
    )
    assert.equal(set.askedFor(clientId), 1)
  })

  test('CO-07: the page asks in the name of the host of its client id, which is not verified', async () => {
    const clientId = set.publish({
      client_name: 'Google',
      client_uri: 'https://google.com',
      logo_uri: 'https://google.com/logo.png',
    })
    const browser = await set.browse()
    const signIn = await browser.follow(
      await browser.get('/oauth/authorize', set.fixture.request({ client_id: clientId })),
    )
    const page = await browser.submit(signIn, { email: 'ada@example.com', password: 'correct horse battery staple' })
    assert.match(page.text, /Google/)
    const badges = /class="badges">(.*?)<\/p>/s.exec(page.text)?.[1] ?? ''
    assert.match(badges, new RegExp(new URL(clientId).host))
    assert.match(badges, /Not verified/)
    assert.doesNotMatch(page.text, /google\.com/)
  })

  test('SS-12 the page links the pages and shows the logo that are at that host, and nothing of others', async () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(20)])
    const serve = (type: string, body: string | Buffer) =>
      set.host.publish(set.path(), (_request, response) => response.writeHead(200, { 'content-type': type }).end(body))
    const { origin } = set.host
    const pages = {
      policy_uri: `${origin}/privacy`,
      tos_uri: 'https://other.example/terms',
      client_uri: `${origin}/?a="b"`,
    }
    const browser = await set.browse()
    const page = await set.consentPage(browser, set.publish({ ...pages, logo_uri: serve('image/png', png) }))
    const links = [...page.text.matchAll(/<a href="([^"]*)" target="_blank" rel="noopener noreferrer">([^<]*)<\/a>/g)]
    assert.deepEqual(
      links.map(([, uri, words]) => `${words} ${uri}`),
      [`Website ${origin}/?a=&quot;b&quot;`, `Privacy policy ${origin}/privacy`],
    )
    assert.equal(page.text.includes(`(<bdi>${new URL(origin).host}</bdi>)`), true)
    assert.doesNotMatch(page.text, /other\.example/)
    const [, source = ''] = /<img class="logo" src="(\/consent\/logo[^"]*)"/.exec(page.text) ?? []
    const logo = await browser.get(source)
    assert.deepEqual([logo.status, logo.headers['content-type'], logo.text], [200, 'image/png', png.toString('latin1')])
    assert.match(String(logo.headers['content-security-policy']), /default-src 'none'; sandbox/)
    const stranger = await (await set.browse()).get(source)
    assert.notEqual(stranger.status, 200)
    await browser.submit(page, { decision: 'deny' })
    assert.notEqual((await browser.get(source)).status, 200, 'nobody is asked any more')

    for (const [type, body] of [
      ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
      ['image/png', '<script>alert(1)</script>'],
      ['text/html', png],
      ['image/png', Buffer.concat([png, Buffer.alloc(200_000)])],
    ] as const) {
      const without = await set.consentPage(await set.browse(), set.publish({ logo_uri: serve(type, body) }))
      assert.match(without.text, /value="allow"/)
      assert.doesNotMatch(without.text, /<img class="logo"/, type)
    }
  })

  test('RFC 8252 §7.3: a native one uses any port of its loopback address', async () => {
    const clientId = set.publish({ redirect_uris: ['http://127.0.0.1/callback', 'http://localhost:3118/callback'] })
    for (const redirect of ['http://127.0.0.1:53211/callback', 'http://localhost:61000/callback']) {
      assert.match(String((await set.ask(clientId, { redirect_uri: redirect })).location), /^\/sign-in/, redirect)
    }
    assertPage(await set.ask(clientId, { redirect_uri: 'http://127.0.0.1:53211/other' }), 'invalid_redirect_uri')
    assertPage(await set.ask(clientId, { redirect_uri: CALLBACK }), 'invalid_redirect_uri')
  })

  test('MC-04: a program of this computer is asked about each time, and never answered without a page', async () => {
    const clientId = set.publish({ redirect_uris: ['http://127.0.0.1/callback'] })
    const redirect = { redirect_uri: 'http://127.0.0.1:53211/callback' }
    const browser = await set.browse()
    const request = set.fixture.request({ client_id: clientId, ...redirect })
    const visit = await authorizeInBrowser(browser, request)
    assert.ok(answerOf(visit).code)
    const again = await browser.follow(await browser.get('/oauth/authorize', request))
    assert.match(again.text, /The app runs on this computer/)
    const silent = await browser.get('/oauth/authorize', { ...request, prompt: 'none' })
    assert.equal(answerOf(silent).error, 'consent_required')
    const web = set.publish()
    const asWeb = set.fixture.request({ client_id: web })
    assert.ok(answerOf(await authorizeInBrowser(browser, asWeb)).code)
    assert.ok(answerOf(await browser.get('/oauth/authorize', asWeb)).code)
  })

  test('CO-06: nothing in the document makes it first-party, or gives it rights of registered clients', async () => {
    const clientId = set.publish({
      first_party: true,
      firstParty: true,
      skip_consent: true,
      trusted: true,
      introspect_all_tokens: true,
      token_exchange_allowed: true,
      pkce_required: false,
      scope: 'management:full admin:write',
    })
    const browser = await set.browse()
    const request = set.fixture.request({ client_id: clientId, scope: 'openid' })
    const page = await browser.submit(await browser.follow(await browser.get('/oauth/authorize', request)), {
      email: 'ada@example.com',
      password: 'correct horse battery staple',
    })
    assert.match(page.text, /value="allow"/)
    assert.equal((await set.ask(clientId, { code_challenge: null })).error, 'invalid_request')
    for (const scope of ['management:full', 'admin:write']) {
      assert.equal((await set.ask(clientId, { scope })).error, 'invalid_scope', scope)
    }
    const admin = await set.ask(clientId, { resource: 'https://admin.example.com', scope: 'management:full' })
    assert.equal(admin.error, 'invalid_target')
  })

  test('ChatGPT: of the methods that it can use, private_key_jwt is taken (RP Metadata Choices)', async () => {
    const key = await makeClientKey()
    const clientId = set.publish({
      token_endpoint_auth_method: undefined,
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt', 'client_secret_basic'],
      jwks: { keys: [key.jwk] },
    })
    const code = await set.codeFor(clientId)
    assert.equal((await set.row(clientId))?.authMethod, 'private_key_jwt')
    assert.equal((await set.redeem(clientId, code)).body.error, 'invalid_client')
    const { status, body } = await set.redeem(clientId, code, await set.sign(key, clientId))
    assert.equal(status, 200, JSON.stringify(body))
    const other = await set.sign(await makeClientKey(), clientId)
    assert.equal((await set.redeem(clientId, code, other)).body.error, 'invalid_client')
  })

  test('keys come from the jwks_uri of the document', async () => {
    const key = await makeClientKey()
    const jwks = set.host.publish(set.path(), { document: { keys: [key.jwk] } })
    const clientId = set.publish({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwks })
    const code = await set.codeFor(clientId)
    assert.equal((await set.redeem(clientId, code, await set.sign(key, clientId))).status, 200)
  })

  test('Claude: grants that it cannot use, members that nobody knows and no method at all are no hindrance', async () => {
    const clientId = set.publish({
      token_endpoint_auth_method: undefined,
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
      $schema: 'https://example.com/schema',
      x_unknown: { deep: [1, 2, 3] },
      logo_uri: 'https://elsewhere.example/logo.png',
    })
    const { body } = await set.redeem(clientId, await set.codeFor(clientId))
    assert.ok(body.access_token)
    assert.deepEqual((await set.row(clientId))?.grantTypes, ['authorization_code', 'refresh_token'])
  })

  test('without a name it is called by its host (draft-02)', async () => {
    const clientId = set.publish({ client_name: undefined })
    await set.codeFor(clientId)
    assert.equal((await set.row(clientId))?.label, new URL(clientId).host)
  })

  test('a pushed request of a client that nobody has approved is answered, also after it has a row', async () => {
    const clientId = set.publish()
    const push = async () => {
      const pushed = await postForm(set.fixture, '/oauth/par', set.fixture.request({ client_id: clientId }))
      assert.equal(pushed.status, 201, JSON.stringify(pushed.body))
      return { client_id: clientId, request_uri: String(pushed.body.request_uri) }
    }
    const [first, second] = [await push(), await push()]
    for (const request of [first, second]) {
      assert.ok(answerOf(await authorizeInBrowser(await set.browse(), request)).code)
    }
  })

  test('its tokens say nothing of others: it introspects its own only', async () => {
    const key = await makeClientKey()
    const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }
    const [own, other] = [set.publish(metadata), set.publish()]
    const sign = () => set.sign(key, own)
    const target = { scope: 'orders:read', resource: API }
    const mine = await set.redeem(own, await set.codeFor(own, target), await sign())
    const theirs = await set.redeem(other, await set.codeFor(other, target))
    const active = async (token: unknown) =>
      (await postForm(set.fixture, '/oauth/introspect', { token: String(token), ...(await sign()) })).body.active
    assert.deepEqual([await active(mine.body.access_token), await active(theirs.body.access_token)], [true, false])
  })

  test('it acts for people only: no client credentials, no device', async () => {
    const key = await makeClientKey()
    const clientId = set.publish({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
      grant_types: ['authorization_code', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
    })
    const sign = () => set.sign(key, clientId)
    await set.codeFor(clientId)
    const answer = await postForm(set.fixture, '/oauth/token', { grant_type: 'client_credentials', ...(await sign()) })
    assert.equal(answer.body.error, 'unauthorized_client')
    const device = await postForm(set.fixture, '/oauth/device_authorization', { scope: 'openid', ...(await sign()) })
    assert.equal(device.body.error, 'unauthorized_client')
  })
})

describe('the policy of the realm', () => {
  test('MC-03: off by default, not advertised, and nothing is fetched', async () => {
    const metadata = async () =>
      JSON.parse((await (await set.browse()).get('/.well-known/oauth-authorization-server')).text)
    assert.equal((await metadata()).client_id_metadata_document_supported, true)
    assert.ok((await metadata()).token_endpoint_auth_methods_supported.includes('none'))
    await set.setPolicy({ clientIdMetadata: 'off' })
    assert.ok(!('client_id_metadata_document_supported' in (await metadata())))
    const clientId = set.publish()
    assertPage(await set.ask(clientId), 'invalid_client')
    assert.equal((await set.redeem(clientId, 'x')).body.error, 'invalid_client')
    assert.equal(set.askedFor(clientId), 0)
  })

  test('another realm, where it is off, refuses a client that this one has', async () => {
    const clientId = set.publish()
    await set.codeFor(clientId)
    const realm = await anotherRealm(set.fixture.services)
    const browser = set.fixture.newBrowser({ realm })
    const page = await browser.get('/oauth/authorize', set.fixture.request({ client_id: clientId }))
    assertPage(page, 'invalid_client')
    const answer = await browser.post('/oauth/token', {
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: 'x',
    })
    assert.equal(JSON.parse(answer.text).error, 'invalid_client')
    assert.equal(set.askedFor(clientId), 1)
  })

  test('an allow list accepts the hosts on it only', async () => {
    const clientId = set.publish()
    await set.setPolicy({ clientIdMetadata: 'allow_list', clientIdMetadataHosts: ['claude.ai'] })
    assertPage(await set.ask(clientId), 'invalid_client')
    assert.equal(set.askedFor(clientId), 0)
    await set.setPolicy({ clientIdMetadataHosts: ['claude.ai', new URL(clientId).host] })
    assert.match(String((await set.ask(clientId)).location), /^\/sign-in/)
  })

  test('a client whose host is taken off the list gets no more codes and no more tokens', async () => {
    const clientId = set.publish()
    const { body } = await set.redeem(clientId, await set.codeFor(clientId))
    await set.setPolicy({ clientIdMetadata: 'allow_list', clientIdMetadataHosts: ['claude.ai'] })
    assertPage(await set.ask(clientId), 'invalid_client')
    assert.deepEqual((await set.refresh(clientId, body.refresh_token)).body.error, 'invalid_client')
    await set.setPolicy({ clientIdMetadata: 'any_https' })
    assert.equal((await set.refresh(clientId, body.refresh_token)).status, 200)
  })
})
