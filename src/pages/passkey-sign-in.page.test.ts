// Checks sign-ins by passkey with a software authenticator: alone, as a second factor, and what attackers send.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { updateUser } from '#domain/user/user.service.ts'
import { type User, UserPatch } from '#domain/user/user.ts'
import { parse } from '#kernel/parse.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  answerOf,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import { anotherRealm } from '#testing/domain-fixtures.ts'
import { FormBrowser, type PageResponse } from '#testing/form-browser.ts'
import { type PasskeyOfUser, passkeyFormOf, setUpPasskey } from '#testing/passkey.ts'
import { setMinAal } from '#testing/realm-level.ts'
import type { SoftwareAuthenticator, Twist } from '#testing/software-authenticator.ts'

let fixture: AuthorizationFixture
let ada: PasskeyOfUser
beforeEach(async () => {
  fixture = await openAuthorizationFixture()
  ada = await setUpPasskey(fixture.services.contextFor(), await userOf(fixture.ada))
})
afterEach(() => fixture.close())

async function userOf({ id }: { id: string }): Promise<User> {
  const user = await fixture.services.contextFor().read.users.find(fixture.services.realm.directoryId, id)
  assert.ok(user)
  return user
}

const wait = (seconds: number) => fixture.services.clock.advance(seconds * 1000)
const isSignedIn = (browser: FormBrowser) =>
  [...browser.cookies.keys()].some((name) => /^(__Host-)?session-/.test(name))
/** The row of the ceremony in which Ada got her passkey. */
const ENROLLED = 1
const challengeRows = async () => {
  const { count } = await fixture.services.database.read.kysely
    .selectFrom('one_time_token')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('kind', '=', 'passkey_challenge')
    .executeTakeFirstOrThrow()
  return Number(count)
}

async function arrive(browser: FormBrowser, changes: Record<string, string | null> = {}): Promise<PageResponse> {
  const page = await browser.follow(await browser.get('/oauth/authorize', fixture.request(changes)))
  assert.equal(page.status, 200)
  return page
}

/** Answers the ceremony of a page. */
async function answer(
  browser: FormBrowser,
  page: PageResponse,
  { get }: Pick<SoftwareAuthenticator, 'get'> = ada.authenticator,
  twist?: Twist,
): Promise<PageResponse> {
  const { action, fields, options } = passkeyFormOf(page)
  return browser.follow(await browser.post(action, { ...fields, answer: get.call(ada.authenticator, options, twist) }))
}

async function refuses(twist: Twist, message = /does not work here/): Promise<void> {
  const browser = fixture.newBrowser()
  const page = await answer(browser, await arrive(browser), ada.authenticator, twist)
  assert.equal(page.status, 400, JSON.stringify(twist))
  assert.match(page.text, message)
  assert.equal(isSignedIn(browser), false)
}

async function granted(browser: FormBrowser, page: PageResponse) {
  const end = /value="allow"/.test(page.text) ? await browser.submit(page, { decision: 'allow' }) : page
  return fixture.codeBehind(end.location)
}

test('a passkey alone is level 2, and its use is recorded', async () => {
  const browser = fixture.newBrowser()
  wait(60)
  const code = await granted(browser, await answer(browser, await arrive(browser)))
  assert.deepEqual([code?.userId, code?.acr, code?.amr], [fixture.ada.id, 'aal2', ['swk', 'user', 'mfa']])
  const [used] = await fixture.services.contextFor().read.authenticators.allOf(fixture.ada.id)
  assert.equal(used?.lastUsedAt, fixture.services.clock.now())
  const bob = await setUpPasskey(fixture.services.contextFor(), await userOf(fixture.bob), { model: { synced: false } })
  const other = fixture.newBrowser()
  const page = await arrive(other)
  const { action, fields, options } = passkeyFormOf(page)
  const end = await other.follow(await other.post(action, { ...fields, answer: bob.authenticator.get(options) }))
  assert.deepEqual((await granted(other, end))?.amr, ['hwk', 'user', 'mfa'])
})

test('EN-03 the page for everybody names no passkey and makes no row', async () => {
  for (const hint of [fixture.ada.email, 'nobody@example.com']) {
    const page = await arrive(fixture.newBrowser(), { login_hint: hint })
    const { options } = passkeyFormOf(page)
    assert.deepEqual(options.allowCredentials, [])
    assert.match(page.text, /autocomplete="username webauthn"/)
    assert.match(page.text, /<form[^>]*data-passkey[^>]* hidden/)
  }
  const { headers } = await arrive(fixture.newBrowser())
  assert.match(String(headers['content-security-policy']), /script-src 'self'; connect-src 'self'/)
  assert.equal(await challengeRows(), ENROLLED)
})

test('WA-01 an answer works once, for five minutes, in its own browser and request', async () => {
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  const { action, fields, options } = passkeyFormOf(page)
  const body = { ...fields, answer: ada.authenticator.get(options) }
  const stranger = fixture.newBrowser()
  const theirs = passkeyFormOf(await arrive(stranger))
  assert.equal((await stranger.post(action, body)).error, 'forbidden')
  assert.equal((await stranger.post(action, { ...theirs.fields, ceremony: fields.ceremony ?? '' })).error, 'forbidden')
  const elsewhere = passkeyFormOf(await arrive(browser))
  const mixed = await browser.post(action, {
    ...elsewhere.fields,
    ceremony: fields.ceremony ?? '',
    answer: body.answer,
  })
  assert.match(mixed.text, /took too long/)
  assert.equal(await challengeRows(), ENROLLED)

  // The first answer is wrong; the challenge is used up all the same.
  const wrong = JSON.parse(body.answer)
  wrong.response.signature = wrong.response.authenticatorData
  assert.match((await browser.post(action, { ...body, answer: JSON.stringify(wrong) })).text, /does not work here/)
  assert.equal(await challengeRows(), ENROLLED + 1)
  assert.match((await browser.post(action, body)).text, /took too long/)
  const late = passkeyFormOf(await arrive(browser))
  wait(300)
  const tooLate = { ...late.fields, answer: ada.authenticator.get(late.options) }
  assert.match((await browser.post(action, tooLate)).text, /took too long/)
  assert.equal(isSignedIn(browser), false)
  const both = passkeyFormOf(await arrive(browser))
  const twice = { ...both.fields, answer: ada.authenticator.get(both.options) }
  await Promise.all([browser.post(action, twice), browser.post(action, twice)])
  const { data } = await fixture.services.contextFor().read.sessions.list(fixture.services.realm.id, { limit: 10 })
  assert.equal(data.length, 1)
})

test('WA-02 an answer of a page of another origin is refused', async () => {
  for (const origin of [
    'https://evil.example',
    'http://id.example.com',
    'https://id.example.com:8443',
    'https://id.example.com.',
  ]) {
    await refuses({ origin })
  }
})

test('WA-03 an answer for another RP id is refused, and so is a passkey of another realm', async () => {
  for (const rpId of ['evil.example', 'example.com']) await refuses({ rpId })
  const realm = await anotherRealm(fixture.services)
  const context = fixture.services.contextFor({ realm })
  assert.equal(await context.read.authenticators.findByCredential('none'), undefined)
  const base = `/realms/${realm.issuerId}`
  const browser = new FormBrowser(fixture.services, realm, { base })
  const start = await browser.get(`${base}/account/passkeys`)
  const page = await browser.follow(start)
  const end = await answer(browser, page)
  assert.match(end.text, /does not work here/)
  assert.equal(isSignedIn(browser), false)
})

test('WA-04 an answer of another type is refused', () => refuses({ type: 'webauthn.create' }))

test('WA-06 a passkey stands for its owner, whoever the answer or the page names', async () => {
  await refuses({ userHandle: Buffer.from(fixture.bob.id).toString('base64url') })
  await refuses({ userHandle: null })
  // Bob is signed in and has to confirm it: the passkey of Ada is none of his.
  const browser = fixture.newBrowser()
  const page = await arrive(browser)
  await browser.submit(page, { email: fixture.bob.email, password: PASSWORD })
  const confirm = await arrive(browser, { prompt: 'login' })
  assert.match(confirm.text, /bob@example.com/)
  assert.match((await answer(browser, confirm)).text, /does not work here/)
  const hinted = fixture.newBrowser()
  const code = await granted(hinted, await answer(hinted, await arrive(hinted, { login_hint: fixture.bob.email })))
  assert.equal(code?.userId, fixture.ada.id)
})

test('WA-07 a signature counter that does not grow is refused, and told', async () => {
  const counted = fixture.newBrowser()
  ada.authenticator.signCount = 5
  assert.equal((await granted(counted, await answer(counted, await arrive(counted))))?.userId, fixture.ada.id)
  for (const signCount of [0, 4, 5]) await refuses({ signCount })
  const told = await fixture.events('authenticator.counter_fell')
  assert.deepEqual(
    told.map(({ data }) => [data.before, data.after]),
    [
      [5, 0],
      [5, 4],
      [5, 5],
    ],
  )
  assert.equal((await fixture.events('sign_in.failed')).at(-1)?.data.reason, 'counter_fell')
})

test('WA-09 what is no answer is refused, and nothing is written', async () => {
  const browser = fixture.newBrowser()
  const { action, fields, options } = passkeyFormOf(await arrive(browser))
  const right = JSON.parse(ada.authenticator.get(options))
  const odd = [
    '{',
    'null',
    '[]',
    '"x"',
    JSON.stringify({ ...right, id: 'x'.repeat(1365) }),
    JSON.stringify({ ...right, id: 'unknown' }),
  ]
  for (const text of odd) {
    const page = await browser.post(action, { ...fields, answer: text })
    assert.equal(page.status, 400, text.slice(0, 20))
  }
  assert.equal((await browser.post(action, { ...fields, answer: 'A'.repeat(1_000_000) })).error, 'invalid_request')
  assert.equal(await challengeRows(), ENROLLED)
  for (const flags of [1, 4, 0, 1 | 4, 1 | 4 | 16]) await refuses({ flags })
})

test('WA-12 an answer from a page inside another page is refused', async () => {
  await refuses({ clientData: { crossOrigin: true } })
  await refuses({ clientData: { topOrigin: 'https://evil.example' } })
})

test('WA-13 a suspended user and a realm without passkeys refuse a right answer', async () => {
  const context = fixture.services.contextFor()
  await updateUser(context, parse(UserPatch, { id: fixture.ada.id, status: 'suspended' }))
  await refuses({})
  await updateUser(context, parse(UserPatch, { id: fixture.ada.id, status: 'active' }))
  const browser = fixture.newBrowser()
  const { action, fields, options } = passkeyFormOf(await arrive(browser))
  const realm = { ...fixture.services.realm, passkeyEnabled: false }
  const off = new FormBrowser(fixture.services, realm)
  for (const [name, value] of browser.cookies) off.cookies.set(name, value)
  const end = await off.post(action, { ...fields, answer: ada.authenticator.get(options) })
  assert.deepEqual([end.status, isSignedIn(off)], [400, false])
  assert.ok(!end.text.includes('data-passkey') && !end.text.includes('webauthn'))
})

test('who has a passkey is asked for it after the password, and can choose another second factor', async () => {
  const browser = fixture.newBrowser()
  const login = { email: fixture.ada.email, password: PASSWORD }
  const second = await browser.submit(await arrive(browser), login)
  assert.match(second.text, /Use a passkey/)
  assert.equal(isSignedIn(browser), false)
  assert.deepEqual(passkeyFormOf(second).options.allowCredentials.length, 1)
  const code = await granted(browser, await answer(browser, second, ada.authenticator, { userHandle: null }))
  assert.deepEqual([code?.acr, code?.amr], ['aal2', ['pwd', 'swk', 'user', 'mfa']])

  const { key } = await setUpTotp(fixture.services.contextFor(), fixture.ada.id)
  const other = fixture.newBrowser()
  const page = await other.submit(await arrive(other), login)
  const { transaction = '' } = passkeyFormOf(page).fields
  const app = await other.get('/sign-in/second-factor', { transaction, method: 'totp' })
  const end = await other.submit(app, { code: codeOf(key, fixture.services.clock.now()) })
  assert.deepEqual((await granted(other, end))?.amr, ['pwd', 'otp', 'mfa'])
  // The passkey of somebody else is no second factor of hers.
  const bob = await setUpPasskey(fixture.services.contextFor(), await userOf(fixture.bob))
  const third = fixture.newBrowser()
  const asked = passkeyFormOf(await third.submit(await arrive(third), login))
  const bad = await third.post(asked.action, { ...asked.fields, answer: bob.authenticator.get(asked.options) })
  assert.match(bad.text, /does not work here/)
})

test('MF-01 a passkey alone is enough where a realm demands level 2', async () => {
  await setMinAal(fixture.services, 2)
  const browser = fixture.newBrowser()
  const code = await granted(browser, await answer(browser, await arrive(browser)))
  assert.equal(code?.acr, 'aal2')
})

test('MF-06 who has a second factor that works elsewhere sets up none by the password alone', async () => {
  const login = { email: fixture.ada.email, password: PASSWORD }
  const { read } = fixture.services.contextFor()
  const before = await read.authenticators.allOf(fixture.ada.id)
  for (const change of [{ passkeyEnabled: false }, { customDomain: 'id.example.org' }]) {
    const browser = new FormBrowser(fixture.services, { ...fixture.services.realm, ...change })
    const end = await browser.submit(await arrive(browser, { acr_values: 'aal2' }), login)
    assert.equal(answerOf(end).error, 'unmet_authentication_requirements')
    assert.equal(isSignedIn(browser), false)
    const page = await browser.submit(await browser.follow(await browser.get('/account/second-factors')), login)
    assert.equal(page.error, 'unmet_authentication_requirements')
    assert.match(page.text, /you have none that works here/)
  }
  assert.deepEqual(await read.authenticators.allOf(fixture.ada.id), before)
})

test('failures of passkeys are limited by network, and lock out no account', async () => {
  const browser = fixture.newBrowser()
  const { action, fields } = passkeyFormOf(await arrive(browser))
  for (let count = 0; count < 50; count++) await browser.post(action, { ...fields, answer: 'x' })
  assert.equal((await browser.post(action, { ...fields, answer: 'x' })).status, 429)
  const elsewhere = fixture.newBrowser({ ip: '203.0.113.9' })
  assert.ok(await granted(elsewhere, await answer(elsewhere, await arrive(elsewhere))))
})
