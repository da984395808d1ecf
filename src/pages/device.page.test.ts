// Checks the page for device codes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clientSuspend, clientUpdate } from '#domain/client/client.operations.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { registerClient } from '#domain/client/registration.service.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import {
  API,
  type AuthorizationFixture,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import {
  comeToDevice,
  DEVICE_CODE_GRANT,
  decide,
  enterCode,
  makeDeviceClient,
  poll,
  startDevice,
} from '#testing/device.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type FormBrowser, formOf } from '#testing/form-browser.ts'
import { setMinAal } from '#testing/realm-level.ts'

let fixture: AuthorizationFixture
let client: ClientWithSecret
before(async () => {
  fixture = await openAuthorizationFixture()
  client = await makeDeviceClient(fixture)
})
after(() => fixture.close())

const context = () => fixture.services.contextFor()
const errorOf = async (device: Parameters<typeof poll>[2]) => (await poll(fixture, client, device)).body.error
const nextPoll = () => fixture.services.clock.advance(60_000)

/** Somebody who is signed in. */
async function signedIn(email = 'ada@example.com', ip?: string): Promise<FormBrowser> {
  const browser = fixture.newBrowser(ip === undefined ? {} : { ip })
  await authorizeInBrowser(browser, fixture.request(), { email })
  return browser
}

test('a code in a link fills the form in and does nothing else', async () => {
  const { userCode } = await startDevice(fixture, client)
  const browser = await signedIn()
  const page = await browser.get('/device', { user_code: userCode })
  assert.equal(page.status, 200)
  assert.match(page.text, new RegExp(`value="${userCode}"`))
  assert.match(page.text, /shows exactly this code/)
  const claimed = await fixture.services.database.read.kysely
    .selectFrom('device_authorization')
    .select(['user_id', 'status'])
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
  assert.deepEqual({ ...claimed }, { user_id: null, status: 'pending' })
})

test('whoever enters a code signs in, is told who asks for what from where, and decides', async () => {
  const other = await makeDeviceClient(fixture, {
    label: 'Tide clock',
    redirectUris: ['https://tide.example/callback'],
  })
  const { userCode } = await startDevice(fixture, other, { scope: 'openid email orders:read', resource: API })
  fixture.services.clock.advance(130_000)
  const browser = fixture.newBrowser()
  const signIn = await enterCode(browser, userCode.toLowerCase().replace('-', ' '))
  assert.match(signIn.text, /to continue to\s+<strong><bdi>Tide clock/)
  const page = await comeToDevice(browser, userCode)
  for (const told of [
    /Connect <bdi>Tide clock<\/bdi> to your account\?/,
    /tide\.example/,
    /if you have just started this yourself/,
    new RegExp(userCode),
    /192\.0\.2\.1/,
    /<bdi>form-browser<\/bdi>/,
    /2 minutes ago/,
    /See your e-mail address/,
    /Do orders:read/,
    new RegExp(`Resource ${API}`),
    /ada@example\.com/,
    /value="allow"><span>Approve/,
    /value="deny"><span>Deny/,
  ]) {
    assert.match(page.text, told)
  }
  assert.doesNotMatch(page.text, /<script|style=/)
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /form-action 'self';/)
})

test('RFC 8628: whoever registers itself is shown as not verified, and in nobody’s name', async () => {
  const { realm } = fixture.services
  const registration = { ...realm.policy.registration, mode: 'open' as const }
  const open = context()
  const { client: stranger } = await registerClient(
    { ...open, scope: { ...open.scope, realm: { ...realm, policy: { ...realm.policy, registration } } } },
    {
      client_name: 'Tide clock',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', DEVICE_CODE_GRANT],
      redirect_uris: ['https://known.example/callback'],
      client_uri: 'https://known.example/',
      logo_uri: 'https://known.example/logo.png',
    },
    undefined,
  )
  const { userCode } = await startDevice(fixture, stranger)
  const page = await comeToDevice(fixture.newBrowser(), userCode)
  assert.match(page.text, /Connect <bdi>Tide clock/)
  assert.match(page.text, /Not verified/)
  assert.doesNotMatch(page.text, /known\.example|<img class="logo"/)
})

test('DV-02 nobody is let in unasked: not for the operator’s own client, nor where all was allowed before', async () => {
  const own = await makeDeviceClient(fixture, { firstParty: true })
  const browser = await signedIn()
  for (let round = 0; round < 2; round++) {
    const device = await startDevice(fixture, own)
    const page = await enterCode(browser, device.userCode)
    assert.match(page.text, /Approve/)
    assert.equal((await poll(fixture, own, device)).body.error, 'authorization_pending')
    await browser.submit(page, { decision: 'allow' })
    assert.equal((await poll(fixture, own, device)).status, 200)
  }
})

test('what is approved is remembered as consent is', async () => {
  const app = await fixture.makeClient({
    grantTypes: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
  })
  const { userCode } = await startDevice(fixture, app)
  const browser = fixture.newBrowser()
  await decide(browser, userCode)
  const { data } = await context().read.grants.list(fixture.services.realm.id, {
    limit: 1,
    clientId: app.id,
    revoked: false,
  })
  assert.deepEqual([data[0]?.userId, data[0]?.scopes], [fixture.ada.id, ['openid', 'email']])
  const { location } = await browser.get('/oauth/authorize', fixture.request({ client_id: app.clientId }))
  assert.match(location ?? '', /[?&]code=/)
})

test('codes are refused alike: unknown, malformed, over, decided, and another person’s', async () => {
  const [decided, expired] = [await startDevice(fixture, client), await startDevice(fixture, client)]
  await decide(fixture.newBrowser(), decided.userCode)
  fixture.services.clock.advance(600_000)
  const theirs = await startDevice(fixture, client)
  await comeToDevice(fixture.newBrowser(), theirs.userCode, 'bob@example.com')
  const browser = await signedIn()
  for (const code of ['BCDF-GHJK', 'AEIO-UYYY', '', '💥', decided.userCode, expired.userCode, theirs.userCode]) {
    const page = await enterCode(browser, code)
    assert.equal(page.status, 400)
    assert.match(page.text, /No device waits for this code/)
  }
})

test('DV-01 guessing ends soon, for a network and for a person in any network, and right codes cost nothing', async () => {
  const guess = (browser: FormBrowser) => enterCode(browser, fixture.services.random.text(8, 'BCDFGHJKLMNPQRSTVWXZ'))
  const device = await startDevice(fixture, client)
  const stranger = fixture.newBrowser({ ip: '198.51.100.7' })
  for (let count = 0; count < 20; count++) {
    assert.equal((await enterCode(stranger, device.userCode)).status, 200)
    assert.equal((await guess(stranger)).status, 400)
  }
  const stopped = await guess(fixture.newBrowser({ ip: '198.51.100.7' }))
  assert.equal(stopped.status, 429)
  assert.equal(stopped.headers['retry-after'], '900')
  assert.match(stopped.text, /Try again in 15 minutes/)
  assert.equal((await enterCode(stranger, device.userCode)).status, 429, 'a right code tells no more than a wrong one')
  assert.match((await enterCode(fixture.newBrowser({ ip: '198.51.100.8' }), device.userCode)).text, /name="password"/)

  const statuses = []
  for (let count = 0; count < 21; count++) {
    const visitor = await signedIn('bob@example.com', `198.51.100.${100 + count}`)
    statuses.push((await guess(visitor)).status)
  }
  assert.deepEqual(statuses, [...Array.from({ length: 20 }, () => 400), 429])
  fixture.services.clock.advance(900_000)
  assert.equal((await guess(stranger)).status, 400)
})

test('DV-03 who was shown a request first decides about it', async () => {
  const device = await startDevice(fixture, client)
  const [ada, bob] = [fixture.newBrowser(), fixture.newBrowser()]
  const [entered, hers] = [await enterCode(bob, device.userCode), await comeToDevice(ada, device.userCode)]
  const his = await bob.submit(entered, { email: 'bob@example.com', password: 'correct horse battery staple' })
  assert.equal(his.error, 'expired')
  const again = await comeToDevice(fixture.newBrowser(), device.userCode)
  assert.match(again.text, /Approve/, 'she may enter it once more')
  assert.match((await ada.submit(hers, { decision: 'allow' })).text, /connected/)
  assert.equal((await fixture.newBrowser().submit(again, { decision: 'allow' })).error, 'forbidden')
  assert.equal((await poll(fixture, client, device)).status, 200)
})

test('who switches accounts approves as who they are then', async () => {
  const device = await startDevice(fixture, client)
  const browser = fixture.newBrowser()
  const page = await comeToDevice(browser, device.userCode)
  const signIn = await browser.submit(page, { decision: 'switch_account' })
  const asked = await browser.submit(signIn, { email: 'bob@example.com', password: 'correct horse battery staple' })
  assert.match(asked.text, /bob@example\.com/)
  assert.match((await browser.submit(asked, { decision: 'allow' })).text, /connected/)
  const approved = (await fixture.events('device_authorization.approved')).at(-1)
  assert.equal(approved?.actor.id, fixture.bob.id)
})

test('DV-04 only the form of this page, in this browser, approves; once', async () => {
  const device = await startDevice(fixture, client)
  const browser = fixture.newBrowser()
  const page = await comeToDevice(browser, device.userCode)
  const { action, fields } = formOf(page)
  const form = { ...fields, decision: 'allow' }
  const refused = [
    await browser.post(action, { ...form, csrf: 'x' }),
    await browser.post(action, form, { 'sec-fetch-site': 'cross-site' }),
    await browser.post(action, form, { origin: 'https://evil.example' }),
    await (await signedIn()).post(action, form),
    await browser.post('/device', { user_code: device.userCode }),
    await browser.post('/device', { user_code: device.userCode, csrf: fields.csrf ?? '' }),
    await fixture
      .newBrowser()
      .post('/device', { ...formOf(await browser.get('/device')).fields, user_code: device.userCode }),
  ]
  assert.deepEqual(
    refused.map(({ status, error }) => [status, error]),
    refused.map(() => [403, 'forbidden']),
  )
  await browser.follow(await browser.get(action, form))
  assert.equal(await errorOf(device), 'authorization_pending')
  assert.match((await browser.submit(page, { decision: 'allow' })).text, /connected/)
  assert.match((await browser.submit(page, { decision: 'deny' })).text, /connected/, 'a second click changes nothing')
  assert.equal((await poll(fixture, client, device)).status, 200)
})

test('of two pages one decides', async () => {
  const device = await startDevice(fixture, client)
  const browser = await signedIn()
  const [one, two] = [await enterCode(browser, device.userCode), await enterCode(browser, device.userCode)]
  assert.match((await browser.submit(one, { decision: 'deny' })).text, /refused/)
  assert.equal((await browser.submit(two, { decision: 'allow' })).error, 'expired')
  assert.equal(await errorOf(device), 'access_denied')
})

test('DV-07 what stands in a link or in a name is text', async () => {
  const evil = '"><svg onload=alert(1)>'
  const page = await fixture.newBrowser().get('/device', { user_code: evil })
  assert.equal(page.status, 200)
  assert.doesNotMatch(page.text, /<svg onload/)
  const named = await makeDeviceClient(fixture, { label: `Clock ${evil}` })
  const { userCode } = await startDevice(fixture, named)
  assert.doesNotMatch((await comeToDevice(fixture.newBrowser(), userCode)).text, /<svg onload/)
  const result = await fixture.newBrowser().get('/device', { result: evil })
  assert.match(result.text, /name="user_code"/)
})

test('a client that may not go on lets nobody approve', async () => {
  const app = await makeDeviceClient(fixture)
  const [first, second] = [await startDevice(fixture, app), await startDevice(fixture, app)]
  const browser = await signedIn()
  const page = await enterCode(browser, first.userCode)
  await callOperation(clientUpdate, context(), {
    id: app.id,
    grantTypes: ['authorization_code'],
    redirectUris: ['https://a.example/'],
  })
  assert.equal((await browser.submit(page, { decision: 'allow' })).error, 'unauthorized_client')
  await callOperation(clientSuspend, context(), { id: app.id })
  assert.equal((await enterCode(browser, second.userCode)).error, 'invalid_client')
})

test('MF-07 a sign-in that the realm does not take approves nothing', async () => {
  const device = await startDevice(fixture, client)
  const browser = await signedIn()
  const page = await enterCode(browser, device.userCode)
  await setMinAal(fixture.services, 3)
  const found = await fixture.services.registry.realmByIssuerId('default')
  assert.ok(found)
  const later = fixture.newBrowser({ realm: found.realm })
  for (const [name, value] of browser.cookies) later.cookies.set(name, value)
  assert.equal((await later.submit(page, { decision: 'allow' })).error, 'unmet_authentication_requirements')
  await setMinAal(fixture.services, 1)
  nextPoll()
  assert.equal(await errorOf(device), 'authorization_pending')
})

test('MF-07 a device gets tokens of a user with a second factor only after it was given', async () => {
  const own = await openAuthorizationFixture()
  try {
    const { key } = await setUpTotp(own.services.contextFor(), own.ada.id)
    const device = await makeDeviceClient(own)
    const started = await startDevice(own, device)
    const browser = own.newBrowser()
    const signIn = await enterCode(browser, started.userCode)
    const asked = await browser.submit(signIn, { email: 'ada@example.com', password: PASSWORD })
    assert.match(asked.text, /name="method"/)
    assert.equal((await poll(own, device, started)).body.error, 'authorization_pending')
    own.services.clock.advance(60_000)
    const consent = await browser.submit(asked, { code: codeOf(key, own.services.clock.now()) })
    await browser.submit(consent, { decision: 'allow' })
    const { body } = await poll(own, device, started)
    const claims = JSON.parse(Buffer.from(String(body.access_token).split('.')[1] ?? '', 'base64url').toString())
    assert.deepEqual([claims.acr, claims.amr], ['aal2', ['pwd', 'otp', 'mfa']])
  } finally {
    await own.close()
  }
})
