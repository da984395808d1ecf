import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientSuspend, clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { realmUpdate } from '#domain/realm/realm.operations.ts'
import { comeToDevice, decide, enterCode, makeDeviceClient, poll, startDevice } from '#testing/device.ts'
import { call } from '#testing/neighbours.ts'
import { API, goThrough, type Scene, setScene } from '#testing/scene.ts'
import { formOf, type Visitor } from '#testing/visitor.ts'

let scene: Scene
let client: ClientWithSecret
before(async () => {
  scene = await setScene()
  client = await makeDeviceClient(scene)
})
after(() => scene.close())

const context = () => scene.house.contextFor()
const errorOf = async (device: Parameters<typeof poll>[2]) => (await poll(scene, client, device)).body.error
const nextPoll = () => scene.house.clock.advance(60_000)

/** Somebody who is signed in. */
async function signedIn(email = 'ada@example.com', ip?: string): Promise<Visitor> {
  const visitor = scene.visitor(ip === undefined ? {} : { ip })
  await goThrough(visitor, scene.request(), { email })
  return visitor
}

test('a code in a link fills the form in and does nothing else', async () => {
  const { userCode } = await startDevice(scene, client)
  const visitor = await signedIn()
  const page = await visitor.get('/device', { user_code: userCode })
  assert.equal(page.status, 200)
  assert.match(page.text, new RegExp(`value="${userCode}"`))
  assert.match(page.text, /shows exactly this code/)
  const claimed = await scene.house.database.read.kysely
    .selectFrom('device_authorization')
    .select(['user_id', 'status'])
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
  assert.deepEqual({ ...claimed }, { user_id: null, status: 'pending' })
})

test('whoever enters a code signs in, is told who asks for what from where, and decides', async () => {
  const other = await makeDeviceClient(scene, { label: 'Tide clock', redirectUris: ['https://tide.example/callback'] })
  const { userCode } = await startDevice(scene, other, { scope: 'openid email orders:read', resource: API })
  scene.house.clock.advance(130_000)
  const visitor = scene.visitor()
  const signIn = await enterCode(visitor, userCode.toLowerCase().replace('-', ' '))
  assert.match(signIn.text, /to continue to\s+<strong><bdi>Tide clock/)
  const page = await comeToDevice(visitor, userCode)
  for (const told of [
    /Connect <bdi>Tide clock<\/bdi> to your account\?/,
    /tide\.example/,
    /if you have just started this yourself/,
    new RegExp(userCode),
    /192\.0\.2\.1/,
    /<bdi>visitor<\/bdi>/,
    /2 minutes ago/,
    /See your e-mail address/,
    /Do orders:read/,
    new RegExp(`Resource ${API}`),
    /ada@example\.com/,
    /value="allow">Approve/,
    /value="deny">Deny/,
  ]) {
    assert.match(page.text, told)
  }
  assert.doesNotMatch(page.text, /<script|style=/)
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /form-action 'self';/)
})

test('DV-02 nobody is let in unasked: not for the operator’s own client, nor where all was allowed before', async () => {
  const own = await makeDeviceClient(scene, { firstParty: true })
  const visitor = await signedIn()
  for (let round = 0; round < 2; round++) {
    const device = await startDevice(scene, own)
    const page = await enterCode(visitor, device.userCode)
    assert.match(page.text, /Approve/)
    assert.equal((await poll(scene, own, device)).body.error, 'authorization_pending')
    await visitor.submit(page, { decision: 'allow' })
    assert.equal((await poll(scene, own, device)).status, 200)
  }
})

test('what is approved is remembered as consent is', async () => {
  const app = await scene.makeClient({
    grantTypes: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
  })
  const { userCode } = await startDevice(scene, app)
  const visitor = scene.visitor()
  await decide(visitor, userCode)
  const { data } = await context().read.grants.list(scene.house.realm.id, {
    limit: 1,
    clientId: app.id,
    revoked: false,
  })
  assert.deepEqual([data[0]?.userId, data[0]?.scopes], [scene.ada.id, ['openid', 'email']])
  const { location } = await visitor.get('/oauth/authorize', scene.request({ client_id: app.clientId }))
  assert.match(location ?? '', /[?&]code=/)
})

test('codes are refused alike: unknown, malformed, over, decided, and another person’s', async () => {
  const [decided, expired] = [await startDevice(scene, client), await startDevice(scene, client)]
  await decide(scene.visitor(), decided.userCode)
  scene.house.clock.advance(600_000)
  const theirs = await startDevice(scene, client)
  await comeToDevice(scene.visitor(), theirs.userCode, 'bob@example.com')
  const visitor = await signedIn()
  for (const code of ['BCDF-GHJK', 'AEIO-UYYY', '', '💥', decided.userCode, expired.userCode, theirs.userCode]) {
    const page = await enterCode(visitor, code)
    assert.equal(page.status, 400)
    assert.match(page.text, /No device waits for this code/)
  }
})

test('DV-01 guessing ends soon, for a network and for a person in any network, and right codes cost nothing', async () => {
  const guess = (visitor: Visitor) => enterCode(visitor, scene.house.random.text(8, 'BCDFGHJKLMNPQRSTVWXZ'))
  const device = await startDevice(scene, client)
  const stranger = scene.visitor({ ip: '198.51.100.7' })
  for (let count = 0; count < 20; count++) {
    assert.equal((await enterCode(stranger, device.userCode)).status, 200)
    assert.equal((await guess(stranger)).status, 400)
  }
  const stopped = await guess(scene.visitor({ ip: '198.51.100.7' }))
  assert.equal(stopped.status, 429)
  assert.equal(stopped.headers['retry-after'], '900')
  assert.match(stopped.text, /Try again in 15 minutes/)
  assert.equal((await enterCode(stranger, device.userCode)).status, 429, 'a right code tells no more than a wrong one')
  assert.match((await enterCode(scene.visitor({ ip: '198.51.100.8' }), device.userCode)).text, /name="password"/)

  const statuses = []
  for (let count = 0; count < 21; count++) {
    const visitor = await signedIn('bob@example.com', `198.51.100.${100 + count}`)
    statuses.push((await guess(visitor)).status)
  }
  assert.deepEqual(statuses, [...Array.from({ length: 20 }, () => 400), 429])
  scene.house.clock.advance(900_000)
  assert.equal((await guess(stranger)).status, 400)
})

test('DV-03 who was shown a request first decides about it', async () => {
  const device = await startDevice(scene, client)
  const [ada, bob] = [scene.visitor(), scene.visitor()]
  const [entered, hers] = [await enterCode(bob, device.userCode), await comeToDevice(ada, device.userCode)]
  const his = await bob.submit(entered, { email: 'bob@example.com', password: 'correct horse battery staple' })
  assert.equal(his.error, 'expired')
  const again = await comeToDevice(scene.visitor(), device.userCode)
  assert.match(again.text, /Approve/, 'she may enter it once more')
  assert.match((await ada.submit(hers, { decision: 'allow' })).text, /connected/)
  assert.equal((await scene.visitor().submit(again, { decision: 'allow' })).error, 'forbidden')
  assert.equal((await poll(scene, client, device)).status, 200)
})

test('who switches accounts approves as who they are then', async () => {
  const device = await startDevice(scene, client)
  const visitor = scene.visitor()
  const page = await comeToDevice(visitor, device.userCode)
  const signIn = await visitor.submit(page, { decision: 'switch_account' })
  const asked = await visitor.submit(signIn, { email: 'bob@example.com', password: 'correct horse battery staple' })
  assert.match(asked.text, /bob@example\.com/)
  assert.match((await visitor.submit(asked, { decision: 'allow' })).text, /connected/)
  const approved = (await scene.events('device_authorization.approved')).at(-1)
  assert.equal(approved?.actor.id, scene.bob.id)
})

test('DV-04 only the form of this page, in this browser, approves; once', async () => {
  const device = await startDevice(scene, client)
  const visitor = scene.visitor()
  const page = await comeToDevice(visitor, device.userCode)
  const { action, fields } = formOf(page)
  const form = { ...fields, decision: 'allow' }
  const refused = [
    await visitor.post(action, { ...form, csrf: 'x' }),
    await visitor.post(action, form, { 'sec-fetch-site': 'cross-site' }),
    await visitor.post(action, form, { origin: 'https://evil.example' }),
    await (await signedIn()).post(action, form),
    await visitor.post('/device', { user_code: device.userCode }),
    await visitor.post('/device', { user_code: device.userCode, csrf: fields.csrf ?? '' }),
    await scene
      .visitor()
      .post('/device', { ...formOf(await visitor.get('/device')).fields, user_code: device.userCode }),
  ]
  assert.deepEqual(
    refused.map(({ status, error }) => [status, error]),
    refused.map(() => [403, 'forbidden']),
  )
  await visitor.follow(await visitor.get(action, form))
  assert.equal(await errorOf(device), 'authorization_pending')
  assert.match((await visitor.submit(page, { decision: 'allow' })).text, /connected/)
  assert.equal((await visitor.submit(page, { decision: 'deny' })).error, 'expired')
  assert.equal((await poll(scene, client, device)).status, 200)
})

test('of two pages one decides', async () => {
  const device = await startDevice(scene, client)
  const visitor = await signedIn()
  const [one, two] = [await enterCode(visitor, device.userCode), await enterCode(visitor, device.userCode)]
  assert.match((await visitor.submit(one, { decision: 'deny' })).text, /refused/)
  assert.equal((await visitor.submit(two, { decision: 'allow' })).error, 'expired')
  assert.equal(await errorOf(device), 'access_denied')
})

test('DV-07 what stands in a link or in a name is text', async () => {
  const evil = '"><svg onload=alert(1)>'
  const page = await scene.visitor().get('/device', { user_code: evil })
  assert.equal(page.status, 200)
  assert.doesNotMatch(page.text, /<svg onload/)
  const named = await makeDeviceClient(scene, { label: `Clock ${evil}` })
  const { userCode } = await startDevice(scene, named)
  assert.doesNotMatch((await comeToDevice(scene.visitor(), userCode)).text, /<svg onload/)
  const result = await scene.visitor().get('/device', { result: evil })
  assert.match(result.text, /name="user_code"/)
})

test('a client that may not go on lets nobody approve', async () => {
  const app = await makeDeviceClient(scene)
  const [first, second] = [await startDevice(scene, app), await startDevice(scene, app)]
  const visitor = await signedIn()
  const page = await enterCode(visitor, first.userCode)
  await call(clientUpdate, context(), {
    id: app.id,
    grantTypes: ['authorization_code'],
    redirectUris: ['https://a.example/'],
  })
  assert.equal((await visitor.submit(page, { decision: 'allow' })).error, 'unauthorized_client')
  await call(clientSuspend, context(), { id: app.id })
  assert.equal((await enterCode(visitor, second.userCode)).error, 'invalid_client')
})

test('MF-07 a sign-in that the realm does not take approves nothing', async () => {
  const device = await startDevice(scene, client)
  const visitor = await signedIn()
  const page = await enterCode(visitor, device.userCode)
  await call(realmUpdate, context(), { minAal: 3 })
  const found = await scene.house.registry.realmByIssuerId('default')
  assert.ok(found)
  const later = scene.visitor({ realm: found.realm })
  for (const [name, value] of visitor.cookies) later.cookies.set(name, value)
  assert.equal((await later.submit(page, { decision: 'allow' })).error, 'unmet_authentication_requirements')
  await call(realmUpdate, context(), { minAal: 1 })
  nextPoll()
  assert.equal(await errorOf(device), 'authorization_pending')
})
