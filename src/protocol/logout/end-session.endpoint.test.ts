// Checks RP-initiated logout.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { sql } from 'kysely'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { registerClient } from '#domain/client/registration.service.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { createRealm } from '#domain/realm/realm.service.ts'
import { NewRealm } from '#domain/realm/realm.ts'
import { renderId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  REDIRECT_URI,
} from '#testing/authorization-fixture.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { type FormBrowser, formOf } from '#testing/form-browser.ts'
import { exchangeCode } from '#testing/token-client.ts'
import { signJwt } from '../jwt.ts'

/** How many one-time tokens and events are stored. */
async function countOf({ read }: AuthorizationFixture['services']['database']): Promise<{ rows: number }> {
  const { rows } = await sql<{ rows: number }>`
    select (select count(*) from one_time_token) + (select count(*) from event) as rows`.execute(read.kysely)
  return { rows: Number(rows[0]?.rows) }
}

const BYE = 'https://app.example/bye?from=logout'

let fixture: AuthorizationFixture

beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

interface Claims {
  readonly sub?: string
  readonly client?: ClientWithSecret
  readonly typ?: string
  readonly realmId?: string
  readonly iss?: string
  /** The session. Default: the newest of the realm. */
  readonly sid?: string
}

/** An ID token of the realm, or one that is not quite. */
async function idToken({
  sub,
  client = fixture.client,
  typ = 'JWT',
  realmId = fixture.services.realm.id,
  iss,
  sid,
}: Claims = {}) {
  const { data } = await fixture.services.contextFor().read.sessions.list(fixture.services.realm.id, { limit: 1 })
  const ring = await fixture.services.registry.keyRing(fixture.services.tenantId, realmId)
  assert.ok(ring)
  const now = Math.floor(fixture.services.clock.now() / 1000)
  return signJwt(ring, typ, {
    iss: iss ?? 'https://id.example.com',
    sub: sub ?? renderId('user', fixture.ada.id),
    aud: client.clientId,
    sid: sid ?? renderId('session', data[0]?.id ?? fixture.services.random.id()),
    iat: now - 7200,
    exp: now - 3600,
  })
}

async function signedIn(): Promise<FormBrowser> {
  const browser = fixture.newBrowser()
  await authorizeInBrowser(browser, fixture.request())
  return browser
}

async function isSignedIn(browser: FormBrowser): Promise<boolean> {
  return 'code' in answerOf(await browser.get('/oauth/authorize', fixture.request({ prompt: 'none' })))
}

test('a client that shows whom it means signs that person out and gets them back, state and query kept', async () => {
  const browser = await signedIn()
  const stolen = new Map(browser.cookies)
  const visit = await browser.get('/oauth/logout', {
    id_token_hint: await idToken(),
    post_logout_redirect_uri: BYE,
    state: 'a&b',
  })
  assert.equal(visit.status, 303)
  assert.equal(visit.location, `${BYE}&state=a%26b`)
  assert.equal(browser.cookies.has('__Host-session-default'), false)
  for (const [name, value] of stolen) browser.cookies.set(name, value)
  assert.equal(await isSignedIn(browser), false, 'the cookie itself is worth nothing any more')
  const [ended] = await fixture.events('session.ended')
  assert.equal(ended?.data.why, 'signed_out')
  assert.equal(ended?.actor.id, fixture.ada.id)
})

test('it may be posted from the client’s site, without cookies; the ID token is in no URL', async () => {
  const browser = await signedIn()
  const cookies = new Map(browser.cookies)
  browser.cookies.clear()
  const fields = { id_token_hint: await idToken(), post_logout_redirect_uri: BYE }
  const posted = await browser.post('/oauth/logout', fields, { 'sec-fetch-site': 'cross-site' })
  assert.match(posted.location ?? '', /^\/oauth\/logout\?transaction=[\w.-]{100,}$/)
  assert.doesNotMatch(posted.location ?? '', new RegExp(fields.id_token_hint.split('.')[1] ?? '-'))
  for (const [name, value] of cookies) browser.cookies.set(name, value)
  assert.equal((await browser.follow(posted)).location, BYE)
  assert.equal(await isSignedIn(browser), false)
})

test('SE-06 nobody is sent to a URI that is not registered for the client that asks', async () => {
  const other = await fixture.makeClient({ postLogoutRedirectUris: [] })
  for (const fields of [
    { id_token_hint: await idToken(), post_logout_redirect_uri: 'https://evil.example/' },
    { id_token_hint: await idToken(), post_logout_redirect_uri: `${BYE}&x=1` },
    { id_token_hint: await idToken(), post_logout_redirect_uri: 'https://app.example/bye' },
    { id_token_hint: await idToken({ client: other }), post_logout_redirect_uri: BYE },
    { id_token_hint: await idToken(), client_id: other.clientId, post_logout_redirect_uri: BYE },
    { id_token_hint: await idToken() },
    { post_logout_redirect_uri: BYE },
    { client_id: 'nobody', post_logout_redirect_uri: BYE },
    {},
  ]) {
    const browser = await signedIn()
    const page = await browser.follow(await browser.get('/oauth/logout', fields))
    assert.match(page.text, /Sign out\?/, JSON.stringify(fields))
    assert.equal(await isSignedIn(browser), true)
    const done = await browser.submit(page, { decision: 'sign_out' })
    assert.match(done.text, /You are signed out/)
    assert.doesNotMatch(done.text, /evil|<a /)
    assert.equal(await isSignedIn(browser), false)
    const late = fixture.newBrowser()
    const nobody = await late.follow(await late.get('/oauth/logout', fields))
    assert.match(nobody.text, /You are signed out/)
  }
})

test('SE-06 a client that registered itself gets back only a person whom it knows', async () => {
  const { services, ada, bob } = fixture
  await callOperation(realmUpdate, services.contextFor(), { policy: { registration: { mode: 'open' } } })
  const realm = (await services.registry.realmById(services.realm.id))?.realm
  assert.ok(realm)
  const document = { redirect_uris: [REDIRECT_URI], post_logout_redirect_uris: [BYE] }
  const { client } = await registerClient(services.contextFor({ realm }), document, undefined)
  const byUser = async (sub: string) => ({
    id_token_hint: await idToken({ client: { ...fixture.client, clientId: client.clientId }, sub }),
    post_logout_redirect_uri: BYE,
  })
  const mine = renderId('user', ada.id)
  const stranger = { client_id: client.clientId, post_logout_redirect_uri: BYE }
  const ofBob = await byUser(renderId('user', bob.id))
  for (const fields of [stranger, ofBob, await byUser(mine)]) {
    const nobody = fixture.newBrowser()
    assert.equal((await nobody.get('/oauth/logout', fields)).location, '/signed-out')
    const { location = '' } = await nobody.post('/oauth/logout', fields)
    assert.equal((await nobody.get(location)).location, '/signed-out')
    assert.equal((await nobody.get(location.replace('/oauth/logout', '/sign-out'))).location, '/signed-out')
  }
  for (const fields of [stranger, ofBob]) {
    const browser = await signedIn()
    const page = await browser.follow(await browser.get('/oauth/logout', fields))
    assert.match((await browser.submit(page, { decision: 'sign_out' })).text, /You are signed out/)
  }
  const browser = await signedIn()
  assert.equal((await browser.get('/oauth/logout', await byUser(mine))).location, BYE)
})

test('SE-07 a hint that is forged, of another or no ID token at all signs nobody out', async () => {
  const genuine = await idToken()
  const [header = '', payload = '', signature = ''] = genuine.split('.')
  const none = btoa(JSON.stringify({ alg: 'none', typ: 'JWT' })).replace(/=+$/, '')
  const view = await createRealm(fixture.services.contextFor(), parse(NewRealm, { name: 'Other' }))
  for (const hint of [
    await idToken({ sub: renderId('user', fixture.bob.id) }),
    await idToken({ typ: 'at+jwt' }),
    await idToken({ iss: 'https://evil.example' }),
    await idToken({ realmId: view.id }),
    await idToken({ realmId: view.id, iss: view.issuer }),
    `${none}.${payload}.`,
    `${header}.${payload}.${signature.slice(2)}AA`,
    `${header}.${payload.slice(0, -2)}.${signature}`,
    'x',
    '..',
    'a'.repeat(4000),
  ]) {
    const browser = await signedIn()
    const visit = await browser.get('/oauth/logout', {
      id_token_hint: hint,
      client_id: fixture.client.clientId,
      post_logout_redirect_uri: BYE,
    })
    assert.match(visit.location ?? '', /^\/sign-out\?transaction=/)
    assert.equal(await isSignedIn(browser), true)
  }
})

test('an ID token of another session does not end this one', async () => {
  const browser = await signedIn()
  const hint = await idToken()
  const other = await signedIn()
  const logout = { id_token_hint: hint, post_logout_redirect_uri: BYE }
  const page = await other.follow(await other.get('/oauth/logout', logout))
  assert.match(page.text, /Sign out\?/, 'the person is asked')
  assert.equal(await isSignedIn(other), true)
  assert.equal((await browser.get('/oauth/logout', logout)).location, BYE)
  assert.equal(await isSignedIn(browser), false)
})

test('a second click on Sign out leads where the first one did', async () => {
  const browser = await signedIn()
  const page = await browser.follow(
    await browser.get('/oauth/logout', { client_id: fixture.client.clientId, post_logout_redirect_uri: BYE }),
  )
  for (const click of ['first', 'second']) {
    assert.equal((await browser.submit(page, { decision: 'sign_out' })).location, BYE, click)
  }
})

test('strangers who ask to sign out store nothing', async () => {
  const count = async () => {
    const { rows } = await countOf(fixture.services.database)
    return rows
  }
  const before = await count()
  for (const state of ['x', '\u0001'.repeat(500), 'a'.repeat(4096)]) {
    const fields = { client_id: fixture.client.clientId, post_logout_redirect_uri: BYE, state }
    const posted = await fixture.newBrowser().post('/oauth/logout', fields, { 'sec-fetch-site': 'cross-site' })
    assert.equal(posted.status, 303)
    await fixture.newBrowser().get('/oauth/logout', fields)
  }
  const long = { state: '\u0001'.repeat(4096) }
  assert.equal((await fixture.newBrowser().post('/oauth/logout', long)).error, 'invalid_request')
  assert.equal(await count(), before)
})

test('IS-07 the same hints at the authorization endpoint: a genuine one is understood though expired, no other', async () => {
  const browser = await signedIn()
  const silent = async (hint: string) =>
    answerOf(await browser.get('/oauth/authorize', fixture.request({ prompt: 'none', id_token_hint: hint })))
  assert.ok((await silent(await idToken())).code)
  const other = await fixture.makeClient()
  const none = `${btoa('{"alg":"none"}').replace(/=+$/, '')}.${(await idToken()).split('.')[1]}.`
  for (const hint of [
    await idToken({ sub: renderId('user', fixture.bob.id) }),
    await idToken({ client: other }),
    await idToken({ typ: 'at+jwt' }),
    none,
    'x',
  ]) {
    assert.equal((await silent(hint)).error, 'login_required')
  }
  const page = await browser.follow(
    await browser.get(
      '/oauth/authorize',
      fixture.request({ id_token_hint: await idToken({ sub: renderId('user', fixture.bob.id) }) }),
    ),
  )
  assert.match(page.text, /name="password"/)
  assert.doesNotMatch(page.text, /ada@example/)
  const wrong = await browser.submit(page, { email: 'ada@example.com', password: 'correct horse battery staple' })
  assert.equal(answerOf(wrong).error, 'login_required')
})

test('SE-08 a link, or a form of another site, signs nobody out', async () => {
  const browser = await signedIn()
  await browser.get('/oauth/logout')
  await browser.get('/logout', { post_logout_redirect_uri: BYE, client_id: fixture.client.clientId })
  const page = await browser.get('/sign-out')
  const { fields } = formOf(page)
  const signOut = { ...fields, decision: 'sign_out' }
  assert.equal((await browser.post('/sign-out', signOut, { 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await browser.post('/sign-out', { ...signOut, csrf: 'x' })).status, 403)
  assert.equal((await browser.post('/sign-out', { decision: 'sign_out' })).status, 403)
  assert.equal(await isSignedIn(browser), true)
  assert.match((await browser.submit(page, { decision: 'stay' })).text, /still signed in/)
  assert.equal(await isSignedIn(browser), true)
  assert.match((await browser.submit(page, { decision: 'sign_out' })).text, /You are signed out/)
  assert.equal(await isSignedIn(browser), false)
  assert.match((await browser.submit(page, { decision: 'sign_out' })).text, /You are signed out/, 'a second click')
})

test('a request to sign out is worth nothing in another browser', async () => {
  const browser = await signedIn()
  const visit = await browser.get('/oauth/logout', {
    client_id: fixture.client.clientId,
    post_logout_redirect_uri: BYE,
  })
  const other = await signedIn()
  assert.equal((await other.get(visit.location ?? '')).error, 'forbidden')
  const page = await browser.follow(visit)
  assert.match(page.text, /Tidewater/)
  assert.doesNotMatch(String(page.headers['content-security-policy']), /form-action/, 'the client may redirect on')
  assert.equal((await browser.submit(page, { decision: 'sign_out' })).location, BYE)
})

test('a hint that this test makes is one that anybody would verify', async () => {
  const ring = await fixture.services.registry.keyRing(fixture.services.tenantId, fixture.services.realm.id)
  const keys = createLocalJWKSet({ keys: [...(ring?.published ?? [])] as never })
  const past = new Date(fixture.services.clock.now() - 5_400_000)
  const { payload } = await jwtVerify(await idToken(), keys, { currentDate: past, issuer: 'https://id.example.com' })
  assert.equal(payload.sub, renderId('user', fixture.ada.id))
})

test('of 102 clients of a session 100 are told by the browser, and the list says which are not and why', async () => {
  const browser = await signedIn()
  const take = async (given: Record<string, unknown> = {}) => {
    const client = await fixture.makeClient({
      firstParty: true,
      frontchannelLogoutUri: 'https://app.example/out',
      ...given,
    })
    const [redirectUri] = client.redirectUris
    const request = fixture.request({ client_id: client.clientId, redirect_uri: String(redirectUri) })
    const { code = '' } = answerOf(await authorizeInBrowser(browser, request))
    const { status } = await exchangeCode(fixture, client, code, { redirect_uri: String(redirectUri) })
    assert.equal(status, 200)
  }
  for (let count = 0; count < 102; count++) await take()
  await take({ redirectUris: ['https://gone.example/back'], frontchannelLogoutUri: 'https://gone.example/out' })
  const context = fixture.services.contextFor()
  await callOperation(realmUpdate, context, { allowedRedirects: [REDIRECT_URI, BYE] })
  const realm = (await fixture.services.registry.realmById(fixture.services.realm.id))?.realm
  assert.ok(realm)
  const later = fixture.newBrowser({ realm })
  for (const [name, value] of browser.cookies) later.cookies.set(name, value)
  const page = await later.get('/oauth/logout', { id_token_hint: await idToken(), post_logout_redirect_uri: BYE })
  assert.equal(page.text.match(/<iframe src="https:\/\/app\.example\/out"/g)?.length, 100)
  assert.doesNotMatch(page.text, /gone\.example/)
  const { data } = await context.read.logoutDeliveries.list(fixture.services.realm.id, { status: 'failed', limit: 200 })
  const expected = ['not_allowed', 'too_many_clients', 'too_many_clients']
  assert.deepEqual(data.map(({ error }) => error).sort(), expected)
  const told = await Promise.all(data.map(({ id }) => eventsAbout(context, id)))
  assert.deepEqual(
    told
      .flat()
      .map(({ type, data: about }) => `${type} ${about.error}`)
      .sort(),
    expected.map((error) => `logout.failed ${error}`),
  )
})
