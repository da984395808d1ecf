// Checks the authentication context that a request asks for, step-up authentication, and the language of pages.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { basic, codeFor, exchangeCode, introspect, postForm } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

const claims = (acr: unknown) => ({ claims: JSON.stringify({ id_token: { acr } }) })
const payloadOf = (token: unknown) =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

test('IS-08 an essential acr that no sign-in has is refused, before the person does anything', async () => {
  for (const acr of [
    { essential: true, value: 'aal3' },
    { essential: true, values: ['aal3', 'gold'] },
    { essential: true, values: ['urn:mace:incommon:iap:silver'] },
    { essential: true, values: [] },
  ]) {
    const answer = answerOf(await fixture.newBrowser().get('/oauth/authorize', fixture.request(claims(acr))))
    assert.equal(answer.error, 'unmet_authentication_requirements', JSON.stringify(acr))
    assert.deepEqual([answer.state, answer.iss], ['a state', fixture.newBrowser().issuer])
  }
  const pushed = await postForm(
    fixture,
    '/oauth/par',
    fixture.request(claims({ essential: true, value: 'gold' })),
    basic(fixture.client),
  )
  assert.deepEqual([pushed.status, pushed.body.error], [400, 'unmet_authentication_requirements'])
  const malformed = await fixture.newBrowser().get('/oauth/authorize', fixture.request(claims({ values: 'aal1' })))
  assert.equal(answerOf(malformed).error, 'invalid_request')
})

test('IS-08 an acr that can be met, or is not essential, gives tokens that say how the person signed in', async () => {
  for (const acr of [
    { essential: true, values: ['aal2', 'aal1'] },
    { essential: true },
    { values: ['aal3'] },
    { value: 'gold' },
    null,
  ]) {
    const code = await codeFor(fixture, fixture.client, claims(acr))
    const { body } = await exchangeCode(fixture, fixture.client, code)
    assert.equal(payloadOf(body.id_token).acr, 'aal1', JSON.stringify(acr))
    assert.equal(payloadOf(body.access_token).acr, 'aal1')
    assert.equal((await introspect(fixture, fixture.client, String(body.access_token))).acr, 'aal1')
  }
})

test('RFC 9470: a client that is challenged for a recent sign-in asks with max_age, and gets a token with a new auth_time', async () => {
  const browser = fixture.newBrowser()
  const tokenOf = async (changes: Record<string, string> = {}) => {
    const { code = '' } = answerOf(await authorizeInBrowser(browser, fixture.request(changes)))
    const { body } = await exchangeCode(fixture, fixture.client, code)
    return String(body.access_token)
  }
  // What an API does with a token: it may introspect it, or read its claims.
  const challengeFor = async (token: string, maxAge: number) => {
    const { auth_time: signedInAt } = await introspect(fixture, fixture.client, token)
    assert.equal(payloadOf(token).auth_time, signedInAt)
    const age = fixture.services.clock.now() / 1000 - Number(signedInAt)
    return age > maxAge ? { max_age: String(maxAge) } : undefined
  }
  const first = await tokenOf()
  assert.equal(await challengeFor(first, 300), undefined)
  fixture.services.clock.advance(400_000)
  const old = await tokenOf()
  assert.equal(payloadOf(old).auth_time, payloadOf(first).auth_time, 'nobody signed in again')
  const challenge = await challengeFor(old, 300)
  assert.ok(challenge)
  const silent = await browser.get('/oauth/authorize', fixture.request({ ...challenge, prompt: 'none' }))
  assert.equal(answerOf(silent).error, 'login_required')
  const fresh = await tokenOf(challenge)
  assert.equal(await challengeFor(fresh, 300), undefined)
})

test('pages are in the first language of ui_locales that there is, and the metadata says which there are', async () => {
  const browser = fixture.newBrowser()
  const page = await browser.follow(
    await browser.get('/oauth/authorize', fixture.request({ ui_locales: 'se sv-FI de-CH en' })),
  )
  assert.match(page.text, /<html lang="de" dir="ltr">/)
  const { text } = await browser.get('/.well-known/openid-configuration')
  const metadata = JSON.parse(text)
  const languages = ['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'zh']
  assert.deepEqual(metadata.ui_locales_supported.toSorted(), languages)
  assert.deepEqual(metadata.acr_values_supported, ['aal1', 'aal2'])
})
