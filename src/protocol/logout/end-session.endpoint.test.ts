import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { createRealm } from '#domain/realm/realm.service.ts'
import { NewRealm } from '#domain/realm/realm.ts'
import { renderId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import { answerOf, goThrough, type Scene, setScene } from '#testing/scene.ts'
import { formOf, type Visitor } from '#testing/visitor.ts'
import { signJwt } from '../jwt.ts'

const BYE = 'https://app.example/bye?from=logout'

let scene: Scene

beforeEach(async () => {
  scene = await setScene()
})
afterEach(() => scene.close())

interface Claims {
  readonly sub?: string
  readonly client?: ClientWithSecret
  readonly typ?: string
  readonly realmId?: string
  readonly iss?: string
}

/** An ID token of the realm, or one that is not quite. */
async function idToken({ sub, client = scene.client, typ = 'JWT', realmId = scene.house.realm.id, iss }: Claims = {}) {
  const ring = await scene.house.registry.keyRing(scene.house.tenantId, realmId)
  assert.ok(ring)
  const now = Math.floor(scene.house.clock.now() / 1000)
  return signJwt(ring, typ, {
    iss: iss ?? 'https://id.example.com',
    sub: sub ?? renderId('user', scene.ada.id),
    aud: client.clientId,
    iat: now - 7200,
    exp: now - 3600,
  })
}

async function signedIn(): Promise<Visitor> {
  const visitor = scene.visitor()
  await goThrough(visitor, scene.request())
  return visitor
}

async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return 'code' in answerOf(await visitor.get('/oauth/authorize', scene.request({ prompt: 'none' })))
}

test('a client that shows whom it means signs that person out and gets them back, state and query kept', async () => {
  const visitor = await signedIn()
  const stolen = new Map(visitor.cookies)
  const visit = await visitor.get('/oauth/logout', {
    id_token_hint: await idToken(),
    post_logout_redirect_uri: BYE,
    state: 'a&b',
  })
  assert.equal(visit.status, 303)
  assert.equal(visit.location, `${BYE}&state=a%26b`)
  assert.equal(visitor.cookies.has('__Host-session-default'), false)
  for (const [name, value] of stolen) visitor.cookies.set(name, value)
  assert.equal(await isSignedIn(visitor), false, 'the cookie itself is worth nothing any more')
  const [ended] = await scene.events('session.ended')
  assert.equal(ended?.data.why, 'signed_out')
  assert.equal(ended?.actor.id, scene.ada.id)
})

test('it may be posted from the client’s site, without cookies; the ID token is in no URL', async () => {
  const visitor = await signedIn()
  const cookies = new Map(visitor.cookies)
  visitor.cookies.clear()
  const fields = { id_token_hint: await idToken(), post_logout_redirect_uri: BYE }
  const posted = await visitor.post('/oauth/logout', fields, { 'sec-fetch-site': 'cross-site' })
  assert.match(posted.location ?? '', /^\/oauth\/logout\?transaction=[\w-]{43}$/)
  for (const [name, value] of cookies) visitor.cookies.set(name, value)
  assert.equal((await visitor.follow(posted)).location, BYE)
  assert.equal(await isSignedIn(visitor), false)
})

test('SE-06 nobody is sent to a URI that is not registered for the client that asks', async () => {
  const other = await scene.makeClient({ postLogoutRedirectUris: [] })
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
    const visitor = await signedIn()
    const page = await visitor.follow(await visitor.get('/oauth/logout', fields))
    assert.match(page.text, /Sign out\?/, JSON.stringify(fields))
    assert.equal(await isSignedIn(visitor), true)
    const done = await visitor.submit(page, { decision: 'sign_out' })
    assert.match(done.text, /You are signed out/)
    assert.doesNotMatch(done.text, /evil|<a /)
    assert.equal(await isSignedIn(visitor), false)
    const late = scene.visitor()
    const nobody = await late.follow(await late.get('/oauth/logout', fields))
    assert.match(nobody.text, /You are signed out/)
  }
})

test('SE-07 a hint that is forged, of another or no ID token at all signs nobody out', async () => {
  const genuine = await idToken()
  const [header = '', payload = '', signature = ''] = genuine.split('.')
  const none = btoa(JSON.stringify({ alg: 'none', typ: 'JWT' })).replace(/=+$/, '')
  const view = await createRealm(scene.house.contextFor(), parse(NewRealm, { name: 'Other' }))
  for (const hint of [
    await idToken({ sub: renderId('user', scene.bob.id) }),
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
    const visitor = await signedIn()
    const visit = await visitor.get('/oauth/logout', {
      id_token_hint: hint,
      client_id: scene.client.clientId,
      post_logout_redirect_uri: BYE,
    })
    assert.match(visit.location ?? '', /^\/sign-out\?transaction=/)
    assert.equal(await isSignedIn(visitor), true)
  }
})

test('IS-07 the same hints at the authorization endpoint: a genuine one is understood though expired, no other', async () => {
  const visitor = await signedIn()
  const silent = async (hint: string) =>
    answerOf(await visitor.get('/oauth/authorize', scene.request({ prompt: 'none', id_token_hint: hint })))
  assert.ok((await silent(await idToken())).code)
  const other = await scene.makeClient()
  const none = `${btoa('{"alg":"none"}').replace(/=+$/, '')}.${(await idToken()).split('.')[1]}.`
  for (const hint of [
    await idToken({ sub: renderId('user', scene.bob.id) }),
    await idToken({ client: other }),
    await idToken({ typ: 'at+jwt' }),
    none,
    'x',
  ]) {
    assert.equal((await silent(hint)).error, 'login_required')
  }
  const page = await visitor.follow(
    await visitor.get(
      '/oauth/authorize',
      scene.request({ id_token_hint: await idToken({ sub: renderId('user', scene.bob.id) }) }),
    ),
  )
  assert.match(page.text, /name="password"/)
  assert.doesNotMatch(page.text, /ada@example/)
  const wrong = await visitor.submit(page, { email: 'ada@example.com', password: 'correct horse battery staple' })
  assert.equal(answerOf(wrong).error, 'login_required')
})

test('SE-08 a link, or a form of another site, signs nobody out', async () => {
  const visitor = await signedIn()
  await visitor.get('/oauth/logout')
  await visitor.get('/logout', { post_logout_redirect_uri: BYE, client_id: scene.client.clientId })
  const page = await visitor.get('/sign-out')
  const { fields } = formOf(page)
  const signOut = { ...fields, decision: 'sign_out' }
  assert.equal((await visitor.post('/sign-out', signOut, { 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await visitor.post('/sign-out', { ...signOut, csrf: 'x' })).status, 403)
  assert.equal((await visitor.post('/sign-out', { decision: 'sign_out' })).status, 403)
  assert.equal(await isSignedIn(visitor), true)
  assert.match((await visitor.submit(page, { decision: 'stay' })).text, /still signed in/)
  assert.equal(await isSignedIn(visitor), true)
  assert.match((await visitor.submit(page, { decision: 'sign_out' })).text, /You are signed out/)
  assert.equal(await isSignedIn(visitor), false)
  assert.match((await visitor.submit(page, { decision: 'sign_out' })).text, /You are signed out/, 'a second click')
})

test('a request to sign out is worth nothing in another browser', async () => {
  const visitor = await signedIn()
  const visit = await visitor.get('/oauth/logout', { client_id: scene.client.clientId, post_logout_redirect_uri: BYE })
  const other = await signedIn()
  assert.equal((await other.get(visit.location ?? '')).error, 'forbidden')
  const page = await visitor.follow(visit)
  assert.match(page.text, /Tidewater/)
  assert.match(String(page.headers['content-security-policy']), /form-action 'self' https:\/\/app\.example;/)
  assert.equal((await visitor.submit(page, { decision: 'sign_out' })).location, BYE)
})

test('a hint that this test makes is one that anybody would verify', async () => {
  const ring = await scene.house.registry.keyRing(scene.house.tenantId, scene.house.realm.id)
  const keys = createLocalJWKSet({ keys: [...(ring?.published ?? [])] as never })
  const past = new Date(scene.house.clock.now() - 5_400_000)
  const { payload } = await jwtVerify(await idToken(), keys, { currentDate: past, issuer: 'https://id.example.com' })
  assert.equal(payload.sub, renderId('user', scene.ada.id))
})
