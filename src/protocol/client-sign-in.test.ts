// Checks what clients demand of sign-ins: the methods that count for them, and the least level.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { updateClient } from '#domain/client/client.service.ts'
import type { ClientWithSecret } from '#domain/client/client.ts'
import { updateRealm } from '#domain/realm/realm.service.ts'
import { codeOf, setUpTotp } from '#testing/authenticator.ts'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
  PASSWORD,
} from '#testing/authorization-fixture.ts'
import {
  comeToApproval,
  decideApproval,
  makeBackchannelClient,
  pollApproval,
  waitingRequest,
} from '#testing/backchannel.ts'
import { type FormBrowser, formOf } from '#testing/form-browser.ts'
import { exchangeCode, refreshWith, tokensFor } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
beforeEach(async () => {
  fixture = await openAuthorizationFixture()
})
afterEach(() => fixture.close())

const ADA = { email: 'ada@example.com', password: PASSWORD }

const arrive = async (browser: FormBrowser, client: ClientWithSecret, changes: Record<string, string> = {}) =>
  browser.follow(await browser.get('/oauth/authorize', fixture.request({ client_id: client.clientId, ...changes })))

/** What a person who comes to a client finds: the answer for the client, or what the page asks for. */
async function found(browser: FormBrowser, client: ClientWithSecret, changes: Record<string, string> = {}) {
  const visit = await arrive(browser, client, changes)
  if (visit.location !== undefined) return answerOf(visit).error ?? 'code'
  if (/name="password"/.test(visit.text)) return 'password'
  if (/class="key"/.test(visit.text)) return 'enrolment'
  if (/name="method"/.test(visit.text) && /name="code"/.test(visit.text)) return 'second factor'
  return /value="allow"/.test(visit.text) ? 'consent' : 'another sign-in'
}

test('a session goes as far as the client takes its methods, and reaches its level', async () => {
  const { key } = await setUpTotp(fixture.services.contextFor(), fixture.bob.id)
  const withPassword = fixture.newBrowser()
  await authorizeInBrowser(withPassword, fixture.request())
  const withBoth = fixture.newBrowser()
  const half = await withBoth.submit(await arrive(withBoth, fixture.client), { ...ADA, email: 'bob@example.com' })
  await withBoth.submit(half, { code: codeOf(key, fixture.services.clock.now()) })
  // Settings of the client; then what a browser without a session finds, one with a password, and one with both factors.
  // Each of the last two finds its word when a page can be shown, and the other one for prompt=none.
  const table = [
    [{}, 'password', ['code', 'code'], ['consent', 'consent_required']],
    [{ minAal: 1 }, 'password', ['consent', 'consent_required'], ['consent', 'consent_required']],
    [{ minAal: 2 }, 'password', ['enrolment', 'interaction_required'], ['consent', 'consent_required']],
    [
      { signInMethods: ['password', 'totp'], minAal: 2 },
      'password',
      ['enrolment', 'interaction_required'],
      ['consent', 'consent_required'],
    ],
    [
      { signInMethods: ['passkey'] },
      'another sign-in',
      ['another sign-in', 'login_required'],
      ['another sign-in', 'login_required'],
    ],
    [
      { signInMethods: ['external', 'totp'] },
      'another sign-in',
      ['another sign-in', 'login_required'],
      ['another sign-in', 'login_required'],
    ],
    [{ signInMethods: ['password'] }, 'password', ['consent', 'consent_required'], ['consent', 'consent_required']],
  ] as const
  for (const [settings, anew, password, both] of table) {
    const isPlain = Object.keys(settings).length === 0
    const client = isPlain ? fixture.client : await fixture.makeClient(settings)
    const of = async (browser: FormBrowser) => [
      await found(browser, client),
      await found(browser, client, { prompt: 'none' }),
    ]
    const seen = [(await of(fixture.newBrowser()))[0], await of(withPassword), await of(withBoth)]
    assert.deepEqual(seen, [anew, password, both], JSON.stringify(settings))
    assert.equal((await of(fixture.newBrowser()))[1], 'login_required')
  }
})

test('a form for a method that the client does not take is refused, also where the page of another client has it', async () => {
  const client = await fixture.makeClient({ signInMethods: ['passkey'] })
  const browser = fixture.newBrowser()
  const page = await arrive(browser, client)
  assert.doesNotMatch(page.text, /name="email"|value="mail"/)
  const { action, fields } = formOf(page)
  const { transaction = '', csrf = '' } = fields
  for (const form of [ADA, { ...ADA, decision: 'mail' }, { provider: 'idp_x' }]) {
    const { status } = await browser.post(action, { transaction, csrf, ...form })
    assert.equal(status, 404, JSON.stringify(form))
  }
  assert.equal((await fixture.events('session.started')).length, 0)
  const forPasswords = await fixture.makeClient({ signInMethods: ['password'] })
  const other = await arrive(browser, forPasswords)
  assert.doesNotMatch(other.text, /data-passkey|name="answer"|value="mail"/)
  const passkey = { ...formOf(other).fields, method: 'passkey', answer: '{}' }
  assert.equal((await browser.post(action, passkey)).status, 404)
})

test('no client spares people their second factor', async () => {
  await setUpTotp(fixture.services.contextFor(), fixture.ada.id)
  for (const signInMethods of [['password'], ['password', 'passkey']]) {
    const client = await fixture.makeClient({ signInMethods })
    const browser = fixture.newBrowser()
    const visit = await browser.submit(await arrive(browser, client), ADA)
    assert.equal(answerOf(visit).error, 'unmet_authentication_requirements')
  }
  assert.equal((await fixture.events('session.started')).length, 0)
})

test('min_aal of a client also holds for the tokens that it has', async () => {
  const client = await fixture.makeClient()
  const changes = { scope: 'openid offline_access', prompt: 'consent' }
  const { refresh } = await tokensFor(fixture, client, changes)
  const context = fixture.services.contextFor()
  await updateClient(context, { id: client.id, minAal: 2 })
  assert.equal((await refreshWith(fixture, client, refresh)).body.error, 'invalid_grant')
  await updateClient(context, { id: client.id, minAal: null })
  assert.equal((await refreshWith(fixture, client, refresh)).status, 200)
  const code = await exchangeCode(fixture, client, 'none')
  assert.equal(code.body.error, 'invalid_grant')
})

test('sign_in_methods of a client also hold for the tokens that it has', async () => {
  const client = await fixture.makeClient()
  const { refresh } = await tokensFor(fixture, client, { scope: 'openid offline_access', prompt: 'consent' })
  const context = fixture.services.contextFor()
  await updateClient(context, { id: client.id, signInMethods: ['passkey'] })
  assert.equal((await refreshWith(fixture, client, refresh)).body.error, 'invalid_grant')
  await updateClient(context, { id: client.id, signInMethods: ['password', 'totp'] })
  assert.equal((await refreshWith(fixture, client, refresh)).status, 200)
})

test('an approval for a client elsewhere needs what the client demands', async () => {
  const { key } = await setUpTotp(fixture.services.contextFor(), fixture.bob.id)
  const bob = 'bob@example.com'
  const narrow = await makeBackchannelClient(fixture, { signInMethods: ['passkey'] })
  await waitingRequest(fixture, narrow, { login_hint: bob })
  const browser = fixture.newBrowser()
  const half = await browser.submit(await arrive(browser, fixture.client), { ...ADA, email: bob })
  await browser.submit(half, { code: codeOf(key, fixture.services.clock.now()) })
  const page = await comeToApproval(browser, bob)
  assert.doesNotMatch(page.text, /name="password"|value="approve"/)
  assert.match(page.text, /name="answer"/)

  const high = await makeBackchannelClient(fixture, { minAal: 2 })
  fixture.services.clock.advance(1000)
  const id = await waitingRequest(fixture, high)
  const ada = fixture.newBrowser()
  assert.match((await comeToApproval(ada)).text, /class="key"/)
  assert.equal((await pollApproval(fixture, high, id)).body.error, 'authorization_pending')
  const plain = await makeBackchannelClient(fixture, { signInMethods: ['password'] })
  fixture.services.clock.advance(1000)
  const other = await waitingRequest(fixture, plain)
  await decideApproval(ada)
  assert.equal((await pollApproval(fixture, plain, other)).status, 200)
})

test('what nobody could satisfy is refused, for the client and for a change of the realm', async () => {
  const context = fixture.services.contextFor()
  for (const wrong of [
    { signInMethods: ['totp'] },
    { signInMethods: ['password', 'email'], minAal: 2 },
    { minAal: 3 },
  ]) {
    await assert.rejects(fixture.makeClient(wrong), { code: 'invalid_input' }, JSON.stringify(wrong))
  }
  for (const malformed of [{ signInMethods: [] }, { signInMethods: ['password', 'password'] }, { minAal: 0 }]) {
    await assert.rejects(fixture.makeClient(malformed), JSON.stringify(malformed))
  }
  const client = await fixture.makeClient({ label: 'Vault', signInMethods: ['passkey'] })
  await assert.rejects(updateClient(context, { id: client.id, signInMethods: ['totp'] }), { code: 'invalid_input' })
  await assert.rejects(updateRealm(context, { passkeyEnabled: false }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'conflict')
    return /Vault/.test(error.message)
  })
  await updateClient(context, { id: client.id, signInMethods: null })
  await updateRealm(context, { passkeyEnabled: false })
})
