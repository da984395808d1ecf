// Checks the authorization endpoint.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setClientStatus } from '#domain/client/client.service.ts'
import { oneTimeKey } from '#domain/one-time-token/one-time-token.ts'
import { createRealm } from '#domain/realm/realm.service.ts'
import { NewRealm } from '#domain/realm/realm.ts'
import { parse } from '#kernel/parse.ts'
import {
  API,
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  CHALLENGE,
  openAuthorizationFixture,
  REDIRECT_URI,
} from '#testing/authorization-fixture.ts'
import { FormBrowser } from '#testing/form-browser.ts'
import { setMinAal } from '#testing/realm-level.ts'

let fixture: AuthorizationFixture

before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

const ask = (changes: Record<string, string | null> = {}, browser = fixture.newBrowser()) =>
  browser.get('/oauth/authorize', fixture.request(changes))

/** Asserts an error page: no Location, no code, no way on. */
async function assertPage(changes: Record<string, string | null>, code: string, browser = fixture.newBrowser()) {
  const issued = (await fixture.events('authorization_code.issued')).length
  const visit = await ask(changes, browser)
  const told = JSON.stringify(changes)
  assert.ok(visit.status >= 400 && visit.status < 500, `${told} answered ${visit.status}`)
  assert.equal(visit.location, undefined, told)
  assert.equal(visit.error, code, told)
  assert.doesNotMatch(visit.text, /<a |<form|http-equiv/)
  assert.equal((await fixture.events('authorization_code.issued')).length, issued)
}

/** Asserts an error that goes back to the client. */
async function assertBack(changes: Record<string, string | null>, code: string, browser = fixture.newBrowser()) {
  const visit = await ask(changes, browser)
  assert.equal(visit.status, 303, `${JSON.stringify(changes)} answered ${visit.error}`)
  assert.ok(visit.location?.startsWith(`${REDIRECT_URI}?`), `${visit.location}`)
  const answer = answerOf(visit)
  assert.equal(answer.error, code, JSON.stringify(changes))
  assert.equal(answer.iss, 'https://id.example.com')
  assert.equal(answer.code, undefined)
  return answer
}

test('a sign-in and a consent end in a code that stands for exactly what was asked', async () => {
  const visit = await authorizeInBrowser(
    fixture.newBrowser(),
    fixture.request({ scope: 'openid orders:read', resource: API, nonce: 'n-0', state: 'xyz' }),
  )
  assert.equal(visit.status, 303)
  const answer = answerOf(visit)
  assert.deepEqual(Object.keys(answer).sort(), ['code', 'iss', 'state'])
  assert.equal(answer.iss, 'https://id.example.com')
  assert.equal(answer.state, 'xyz')
  assert.match(answer.code ?? '', /^[0-9a-z]{8}\.[A-Za-z0-9_-]{43}$/)
  const code = await fixture.codeBehind(visit.location)
  assert.ok(code)
  const { familyId, sessionId, authenticatedAt, ...rest } = code
  assert.deepEqual(rest, {
    clientId: fixture.client.id,
    redirectUri: REDIRECT_URI,
    redirectUriGiven: true,
    codeChallenge: CHALLENGE,
    scopes: ['openid', 'orders:read'],
    resources: [API],
    userId: fixture.ada.id,
    nonce: 'n-0',
    acr: 'aal1',
    amr: ['pwd'],
  })
  assert.equal(authenticatedAt, fixture.services.clock.now())
  assert.notEqual(familyId, sessionId)
  const [issued] = (await fixture.events('authorization_code.issued')).slice(-1)
  assert.deepEqual(issued?.actor.id, fixture.ada.id)
  assert.doesNotMatch(JSON.stringify(issued), new RegExp(answer.code ?? ''))
})

test('RU-01 an unregistered redirect URI is answered on a page', () =>
  assertPage({ redirect_uri: 'https://evil.example/cb' }, 'invalid_redirect_uri'))

test('RU-02 RU-03 RU-06 a redirect URI is compared, never interpreted', async () => {
  for (const uri of [
    `${REDIRECT_URI}/../evil`,
    `${REDIRECT_URI}/%2e%2e/evil`,
    'https://app.example//callback',
    `${REDIRECT_URI}/..;/x`,
    'https://app.example/CALLBACK',
    'https://APP.example/callback',
    'https://app.example:443/callback',
    `${REDIRECT_URI}#fragment`,
    ` ${REDIRECT_URI}`,
    'https://app.example@evil.example/callback',
    'https://evil.example#@app.example/callback',
    'https://app.example\\@evil.example/callback',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    '\tjavascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://app.example/x',
    'about:blank',
  ]) {
    await assertPage({ redirect_uri: uri }, 'invalid_redirect_uri')
  }
})

test('RU-04 a registered query must come as it is, and stays as it is', async () => {
  const uri = 'https://app.example/cb?x=1'
  const { clientId } = await fixture.makeClient({ redirectUris: [uri], firstParty: true })
  for (const other of ['https://app.example/cb?x=2', `${uri}&y=2`, 'https://app.example/cb', `${uri}&`]) {
    await assertPage({ client_id: clientId, redirect_uri: other }, 'invalid_redirect_uri')
  }
  const visit = await authorizeInBrowser(
    fixture.newBrowser(),
    fixture.request({ client_id: clientId, redirect_uri: uri }),
  )
  assert.match(visit.location ?? '', /^https:\/\/app\.example\/cb\?x=1&code=/)
})

test('RU-07 only the port of a loopback address may vary', async () => {
  const { clientId } = await fixture.makeClient({ redirectUris: ['http://127.0.0.1/cb', 'http://[::1]/cb'] })
  for (const uri of ['http://127.0.0.1:5123/cb', 'http://127.0.0.1/cb', 'http://[::1]:61000/cb']) {
    assert.equal((await ask({ client_id: clientId, redirect_uri: uri })).location?.startsWith('/sign-in'), true, uri)
  }
  for (const uri of [
    'http://localhost:5123/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.1/cb',
    'http://[::ffff:127.0.0.1]/cb',
    'https://127.0.0.1:5123/cb',
    'http://127.0.0.1:5123/other',
    'http://127.0.0.1:5123@evil.example/cb',
  ]) {
    await assertPage({ client_id: clientId, redirect_uri: uri }, 'invalid_redirect_uri')
  }
})

test('RU-07 a native application gets any port of localhost, where localhost is registered', async () => {
  const uri = 'http://localhost/callback'
  const native = await fixture.makeClient({ authMethod: 'none', redirectUris: [uri] })
  for (const asked of [uri, 'http://localhost:5123/callback', 'http://localhost:61000/callback']) {
    const { location } = await ask({ client_id: native.clientId, redirect_uri: asked })
    assert.equal(location?.startsWith('/sign-in'), true, asked)
  }
  const web = await fixture.makeClient({ redirectUris: [uri] })
  for (const [clientId, asked] of [
    [native.clientId, 'http://localhost:5123/other'],
    [native.clientId, 'http://127.0.0.1:5123/callback'],
    [native.clientId, 'http://localhost.evil.example:5123/callback'],
    [web.clientId, 'http://localhost:5123/callback'],
  ] as const) {
    await assertPage({ client_id: clientId, redirect_uri: asked }, 'invalid_redirect_uri')
  }
})

test('RU-06 RU-08 dangerous and wildcard URIs cannot be registered', async () => {
  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    'com:/cb',
    'https://*.example.com/*',
    '*',
    'https://a@b/',
  ]) {
    await assert.rejects(fixture.makeClient({ redirectUris: [uri] }), { code: 'invalid_input' }, uri)
  }
})

test('RU-09 a parameter that comes twice is answered on a page', async () => {
  for (const name of ['redirect_uri', 'client_id', 'scope', 'state', 'response_type', 'code_challenge', 'prompt']) {
    const twice = [...Object.entries(fixture.request({ prompt: 'login' })), [name, 'https://evil.example/'] as const]
    const visit = await fixture
      .newBrowser()
      .get(`/oauth/authorize?${new URLSearchParams(twice.map(([a, b]) => [a, b]))}`)
    assert.equal(visit.error, 'invalid_request', name)
    assert.equal(visit.location, undefined)
  }
})

test('a redirect URI may be left out by a client that has one', async () => {
  assert.ok((await ask({ redirect_uri: null })).location?.startsWith('/sign-in'))
  const { clientId } = await fixture.makeClient({ redirectUris: [REDIRECT_URI, 'https://app.example/2'] })
  await assertPage({ client_id: clientId, redirect_uri: null }, 'invalid_redirect_uri')
})

test('an unknown or suspended client, or one of another realm, is answered on a page', async () => {
  await assertPage({ client_id: 'nobody' }, 'invalid_client')
  await assertPage({ client_id: '<svg onload=alert(1)>' }, 'invalid_client')
  await assertPage({ client_id: null }, 'invalid_request')
  const suspended = await fixture.makeClient()
  await setClientStatus(fixture.services.contextFor(), suspended.id, 'suspended')
  await assertPage({ client_id: suspended.clientId }, 'invalid_client')
  const view = await createRealm(fixture.services.contextFor(), parse(NewRealm, { name: 'Other' }))
  const other = await fixture.services.registry.realmByIssuerId(view.issuerId)
  assert.ok(other)
  const base = `/realms/${view.issuerId}`
  const visit = await new FormBrowser(fixture.services, other.realm, { base }).get(
    `${base}/oauth/authorize`,
    fixture.request(),
  )
  assert.equal(visit.error, 'invalid_client')
})

test('a client that is suspended while a person signs in is not answered', async () => {
  const client = await fixture.makeClient({ firstParty: true })
  const browser = fixture.newBrowser()
  const page = await browser.follow(await ask({ client_id: client.clientId }, browser))
  await setClientStatus(fixture.services.contextFor(), client.id, 'suspended')
  const visit = await browser.submit(page, { email: 'ada@example.com', password: 'correct horse battery staple' })
  assert.equal(visit.error, 'invalid_client')
  assert.equal(visit.location, undefined)
})

test('RU-13 RU-17 only a code is given out, and never unsigned in the fragment', async () => {
  for (const responseType of ['token', 'id_token', 'code token', 'code id_token', 'none', 'CODE']) {
    await assertBack({ response_type: responseType }, 'unsupported_response_type')
  }
  await assertBack({ response_type: null }, 'invalid_request')
  for (const mode of ['fragment', 'web_message', 'Query', 'JWT']) {
    await assertBack({ response_mode: mode }, 'invalid_request')
  }
  assert.ok((await ask({ response_mode: 'query' })).location?.startsWith('/sign-in'))
  const noCode = await fixture.makeClient({ grantTypes: ['client_credentials'], scopes: [] })
  await assertBack({ client_id: noCode.clientId }, 'unauthorized_client')
})

test('RU-14 RU-16 redirects become GETs, are not kept and tell nobody where they came from', async () => {
  const browser = fixture.newBrowser()
  const visits = [
    await ask({}, browser),
    await ask({ prompt: 'none' }),
    await browser.post('/authorize', fixture.request()),
  ]
  for (const { status, headers } of visits) {
    assert.equal(status, 303)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['referrer-policy'], 'no-referrer')
  }
})

test('AC-08 codes are long, random and all different', async () => {
  const { clientId } = await fixture.makeClient({ firstParty: true })
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request({ client_id: clientId }))
  const codes = new Set<string>()
  for (let round = 0; round < 50; round++) {
    codes.add(answerOf(await ask({ client_id: clientId }, browser)).code ?? '')
  }
  assert.equal(codes.size, 50)
  for (const code of codes) assert.match(code, /^[0-9a-z]{8}\.[A-Za-z0-9_-]{43}$/)
})

test('AC-06 a code is no transaction and a transaction is no code', async () => {
  const browser = fixture.newBrowser()
  const code = answerOf(await authorizeInBrowser(browser, fixture.request())).code ?? ''
  assert.equal((await browser.get('/oauth/authorize/resume', { transaction: code })).error, 'expired')
  const transaction = new URLSearchParams((await ask({}, fixture.newBrowser())).location?.split('?')[1]).get(
    'transaction',
  )
  const found = await fixture.services
    .contextFor()
    .read.oneTimeTokens.find('authorization_code', oneTimeKey(fixture.services.crypto, transaction ?? ''))
  assert.equal(found, undefined)
})

test('PK-02 PK-04 PK-07 PKCE is required of everybody, with S256', async () => {
  for (const changes of [
    { code_challenge: null, code_challenge_method: null },
    { code_challenge: null },
    { code_challenge_method: null },
    { code_challenge_method: 'plain' },
    { code_challenge_method: 's256' },
    { code_challenge_method: 'S512' },
    { code_challenge: 'short' },
    { code_challenge: `${CHALLENGE}=` },
    { code_challenge: `${CHALLENGE.slice(1)}+` },
  ]) {
    await assertBack(changes, 'invalid_request')
  }
})

test('IS-02 state comes back as it was, or not at all', async () => {
  const browser = fixture.newBrowser()
  for (const state of ['x', 'a'.repeat(4096), 'üñ🦊', 'a\r\nSet-Cookie: b=c', '"\'<>&+ %25', '\u0000']) {
    const answer = answerOf(await ask({ state, prompt: 'none' }, browser))
    assert.equal(answer.state, state)
    const { location = '' } = await authorizeInBrowser(fixture.newBrowser(), fixture.request({ state }))
    assert.equal(new URL(location).searchParams.get('state'), state)
    assert.match(location, /^[\x21-\x7e]+$/)
  }
  for (const state of ['a\r\nb', '\u0000', '\u0085']) {
    await assertBack({ state, response_mode: 'form_post' }, 'invalid_request')
  }
  assert.equal((await assertBack({ state: 'a'.repeat(4097) }, 'invalid_request')).state, undefined)
  assert.equal((await assertBack({ state: 'a'.repeat(9000) }, 'invalid_request')).state, undefined)
  assert.equal('state' in answerOf(await ask({ state: null, prompt: 'none' })), false)
})

test('IS-03 a nonce is kept whole, or refused', async () => {
  for (const length of [64, 384, 1024]) {
    const nonce = 'n'.repeat(length)
    const { location } = await authorizeInBrowser(fixture.newBrowser(), fixture.request({ nonce }))
    assert.equal((await fixture.codeBehind(location))?.nonce, nonce)
  }
  await assertBack({ nonce: 'n'.repeat(1025) }, 'invalid_request')
})

test('request objects are refused', async () => {
  await assertBack({ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request_object')
  await assertBack({ request_uri: 'https://evil.example/r' }, 'request_uri_not_supported')
})

test('scopes are those of the client, and a resource’s scopes need the resource', async () => {
  await assertBack({ scope: 'admin' }, 'invalid_scope')
  await assertBack({ scope: 'orders:admin', resource: API }, 'invalid_scope')
  await assertBack({ scope: 'orders:read' }, 'invalid_scope')
  await assertBack({ scope: 'other:read', resource: API }, 'invalid_scope')
  const visit = await authorizeInBrowser(
    fixture.newBrowser(),
    fixture.request({ scope: 'orders:read orders:read', resource: API }),
  )
  assert.deepEqual((await fixture.codeBehind(visit.location))?.scopes, ['orders:read'])
})

test('unknown scopes are ignored where a known one is left, unless the realm refuses them; errors name them', async () => {
  const request = fixture.request({ scope: 'openid admin' })
  const visit = await authorizeInBrowser(fixture.newBrowser(), request)
  assert.deepEqual((await fixture.codeBehind(visit.location))?.scopes, ['openid'])
  const { realm } = fixture.services
  const strict = { ...realm, policy: { ...realm.policy, unknownScopes: 'refuse' as const } }
  const refused = answerOf(await fixture.newBrowser({ realm: strict }).get('/oauth/authorize', request))
  assert.deepEqual([refused.error, /admin/.test(refused.error_description ?? '')], ['invalid_scope', true])
  const nowhere = fixture.request({ resource: 'https://nowhere.example/' })
  const target = answerOf(await fixture.newBrowser().get('/oauth/authorize', nowhere))
  assert.match(target.error_description ?? '', /https:\/\/nowhere\.example\//)
})

test('resources are named by identifier, by slug or as audience, and must be the client’s', async () => {
  for (const changes of [{ resource: API }, { audience: API }, { resource: 'api-example-com-orders' }]) {
    const visit = await authorizeInBrowser(fixture.newBrowser(), fixture.request({ scope: 'orders:read', ...changes }))
    assert.deepEqual((await fixture.codeBehind(visit.location))?.resources, [API])
  }
  const own = await authorizeInBrowser(fixture.newBrowser(), fixture.request({ resource: 'https://id.example.com' }))
  assert.deepEqual((await fixture.codeBehind(own.location))?.resources, [])
  for (const resource of ['https://other.example.com/', 'https://nowhere.example/', `${API}/`, 'x'.repeat(300)]) {
    await assertBack({ resource }, 'invalid_target')
  }
  const { clientId } = await fixture.makeClient({ audiences: [] })
  await assertBack({ client_id: clientId, resource: API }, 'invalid_target')
})

test('IS-06 prompt=none never shows a page and leaves nothing behind', async () => {
  const browser = fixture.newBrowser()
  await assertBack({ prompt: 'none' }, 'login_required', browser)
  assert.equal(browser.cookies.size, 0)
  await authorizeInBrowser(browser, fixture.request({ scope: 'openid' }))
  const kept = [...browser.cookies]
  await assertBack({ prompt: 'none', scope: 'openid profile' }, 'consent_required', browser)
  await assertBack({ prompt: 'none', max_age: '0', scope: 'openid' }, 'login_required', browser)
  assert.ok(answerOf(await ask({ prompt: 'none', scope: 'openid' }, browser)).code)
  assert.deepEqual([...browser.cookies], kept)
  for (const prompt of ['none login', 'login none', 'nothing']) await assertBack({ prompt }, 'invalid_request', browser)
})

test('IS-08 a level that cannot be reached is refused, and acr never overstated', async () => {
  await assertBack({ acr_values: 'aal3' }, 'unmet_authentication_requirements')
  await assertBack({ acr_values: 'aal3', prompt: 'none' }, 'unmet_authentication_requirements')
  for (const acr of ['aal1', 'aal3 aal1', 'urn:example:gold']) {
    const visit = await authorizeInBrowser(fixture.newBrowser(), fixture.request({ acr_values: acr }))
    assert.equal((await fixture.codeBehind(visit.location))?.acr, 'aal1')
  }
})

test('a realm’s minimal level holds for whoever is signed in already', async () => {
  const own = await openAuthorizationFixture()
  try {
    const browser = own.newBrowser()
    const request = own.request({ scope: 'openid' })
    assert.ok(answerOf(await authorizeInBrowser(browser, request)).code)
    await setMinAal(own.services, 2)
    const found = await own.services.registry.realmByIssuerId('default')
    assert.ok(found)
    const later = new FormBrowser(own.services, found.realm)
    for (const [name, value] of browser.cookies) later.cookies.set(name, value)
    const silent = await later.get('/oauth/authorize', { ...request, prompt: 'none' })
    assert.equal(answerOf(silent).error, 'interaction_required')
    const page = await later.follow(await later.get('/oauth/authorize', request))
    assert.match(page.text, /Set up an authenticator app/)
  } finally {
    await own.close()
  }
})

test('max_age asks again when it has passed, and ends', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  fixture.services.clock.advance(30_000)
  assert.ok(answerOf(await ask({ max_age: '60' }, browser)).code)
  assert.ok((await ask({ max_age: '30' }, browser)).location?.startsWith('/sign-in'))
  await assertBack({ max_age: '-1' }, 'invalid_request', browser)
  const visit = await authorizeInBrowser(browser, fixture.request({ max_age: '0' }))
  assert.equal((await fixture.codeBehind(visit.location))?.authenticatedAt, fixture.services.clock.now())
})

test('a request may be posted; asked again as a GET it finds the cookies', async () => {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  const cookies = [...browser.cookies]
  browser.cookies.clear()
  const posted = await browser.post('/oauth/authorize', fixture.request({ state: 'a&b=ü' }), {
    'sec-fetch-site': 'cross-site',
  })
  assert.equal(posted.status, 303)
  for (const [name, value] of cookies) browser.cookies.set(name, value)
  const answer = answerOf(await browser.follow(posted))
  assert.ok(answer.code)
  assert.equal(answer.state, 'a&b=ü')
  const tooLong = await browser.post('/oauth/authorize', fixture.request({ login_hint: 'x'.repeat(13_000) }))
  assert.equal(tooLong.error, 'invalid_request')
})

test('a realm under a path keeps its pages and its cookies to itself', async () => {
  const base = `/realms/${fixture.services.realm.issuerId}`
  const browser = fixture.newBrowser({ base })
  const visit = await browser.get(`${base}/oauth/authorize`, fixture.request())
  assert.ok(visit.location?.startsWith(`${base}/sign-in?transaction=`))
  assert.match((await browser.follow(visit)).text, new RegExp(`action="${base}/sign-in"`))
})
