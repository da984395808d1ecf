// Checks the pages about errors, and that errors name them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ERROR_EXPLANATIONS } from '#kernel/error-explanation.ts'
import { REFUSAL_REASONS } from '#kernel/refusal-reason.ts'
import { type AuthorizationFixture, answerOf, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { askForToken, basic, postForm } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

/** The page that an error names. */
async function pageOf(uri: unknown) {
  const { issuer } = fixture.newBrowser()
  assert.ok(String(uri).startsWith(`${issuer}/errors?`), String(uri))
  return fixture.newBrowser().get(String(uri).slice(issuer.length))
}

test('the error of a token request names a page that explains it and shows the request id, and not the reason', async () => {
  const wrong = { clientId: fixture.client.clientId, clientSecret: 'wrong' }
  const unknown = { clientId: 'nobody', clientSecret: 'wrong' }
  const pages = []
  for (const client of [wrong, unknown]) {
    const { body } = await askForToken(fixture, client, { grant_type: 'client_credentials' })
    assert.equal(body.error, 'invalid_client')
    const page = await pageOf(body.error_uri)
    assert.equal(page.status, 200)
    assert.match(page.text, /<code>invalid_client<\/code>/)
    assert.match(page.text, /<code>visit<\/code>/, 'the id of the request')
    pages.push(page.text)
  }
  assert.equal(pages[0], pages[1], 'the caller does not learn whether the client exists')
})

test('so does the error of an authorization request, of a pushed request and of a device', async () => {
  const answer = answerOf(await fixture.newBrowser().get('/oauth/authorize', fixture.request({ scope: 'unknown' })))
  assert.equal(answer.error, 'invalid_scope')
  assert.match((await pageOf(answer.error_uri)).text, /register the client for it/)
  for (const path of ['/oauth/par', '/oauth/device_authorization']) {
    const { body } = await postForm(fixture, path, fixture.request({ scope: 'unknown' }), basic(fixture.client))
    assert.equal((await pageOf(body.error_uri)).status, 200, path)
  }
})

test('every error and every reason has its page, with what it means and what to do', async () => {
  const browser = fixture.newBrowser()
  for (const [error, { why, fix }] of Object.entries(ERROR_EXPLANATIONS)) {
    const { status, text } = await browser.get('/errors', { error })
    assert.equal(status, 200, error)
    assert.ok(plain(text).includes(why) && plain(text).includes(fix), error)
  }
  for (const [reason, { error: codes, meaning, advice }] of Object.entries(REFUSAL_REASONS)) {
    for (const error of codes.split(' or ')) {
      const listed = await browser.get('/errors', { error })
      assert.match(listed.text, new RegExp(`/errors\\?error=${error}&(amp;)?reason=${reason}"`))
      const { status, text } = await browser.get('/errors', { error, reason })
      assert.equal(status, 200, reason)
      assert.ok(plain(text).includes(meaning) && plain(text).includes(advice), reason)
    }
  }
})

test('there is no page for what is no error, and nothing of an address is believed', async () => {
  const browser = fixture.newBrowser()
  for (const query of [
    {},
    { error: 'nothing' },
    { error: 'toString' },
    { error: 'invalid_grant', reason: 'wrong_secret' },
    { error: 'invalid_grant', reason: 'nothing' },
  ]) {
    assert.equal((await browser.get('/errors', query as Record<string, string>)).status, 404, JSON.stringify(query))
  }
  const { text } = await browser.get('/errors', { error: 'invalid_scope', request: '<script>alert(1)</script>' })
  assert.doesNotMatch(text, /<script>/)
})

function plain(text: string): string {
  return text.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
