// Checks how client ID metadata documents are fetched and kept.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { makeClientKey } from '#testing/assertion.ts'
import { assertPage, type DocumentFixture, openDocumentFixture } from '#testing/document-fixture.ts'
import type { PageResponse } from '#testing/form-browser.ts'
import { postForm } from '#testing/token-client.ts'

let set: DocumentFixture
before(async () => {
  set = await openDocumentFixture()
})
after(() => set.close())
afterEach(() => set.reset())

describe('documents that are kept', () => {
  test('SS-09: forty cold requests at once make one fetch', async () => {
    const clientId = set.publish()
    const pages = await Promise.all(Array.from({ length: 40 }, () => set.ask(clientId)))
    assert.ok(pages.every(({ location }) => location?.startsWith('/sign-in')))
    assert.equal(set.askedFor(clientId), 1)
  })

  test('SS-09: an address that failed, or whose document is wrong, is asked again after 15 seconds', async () => {
    const path = set.path()
    const clientId = set.host.publish(path, { document: {}, status: 503 })
    const wrong = set.publish({ redirect_uris: [] })
    for (let again = 0; again < 5; again++) {
      assertPage(await set.ask(clientId), 'temporarily_unavailable')
      assertPage(await set.ask(wrong), 'invalid_client')
    }
    assert.deepEqual([set.askedFor(clientId), set.askedFor(wrong)], [1, 1])
    set.host.client(path)
    set.host.client(new URL(wrong).pathname)
    set.clock.advance(15_000)
    for (const mended of [clientId, wrong]) assert.match(String((await set.ask(mended)).location), /^\/sign-in/)
  })

  test('SS-09: one network cannot have many addresses asked; a client that a person approved is not kept out', async () => {
    const known = set.publish()
    const { body } = await set.redeem(known, await set.codeFor(known))
    set.clock.advance(3_600_000)
    const ip = '198.51.100.7'
    const pages: PageResponse[] = []
    for (let at = 0; at < 31; at++) pages.push(await set.ask(set.publish(), {}, ip))
    assert.equal(pages.filter(({ location }) => location?.startsWith('/sign-in')).length, 30)
    assertPage(pages.at(-1) as PageResponse, 'too_many_requests')
    assert.match(String((await set.ask(known, {}, ip)).location), /^\/sign-in/)
    assert.match(String((await set.ask(set.publish())).location), /^\/sign-in/)
    assert.equal((await set.refresh(known, body.refresh_token)).status, 200)
  })

  test('the token endpoint asks no address of a client that nobody approved', async () => {
    const clientId = set.publish()
    for (const path of ['/oauth/token', '/oauth/introspect', '/oauth/revoke']) {
      const form = { client_id: clientId, grant_type: 'refresh_token', refresh_token: 'x', token: 'x' }
      const { body } = await postForm(set.fixture, path, form)
      assert.equal(body.error, 'invalid_client', path)
    }
    assert.equal(set.askedFor(clientId), 0)
  })

  test('a host that is away is a temporary error at the token endpoint, and the code stays good', async () => {
    const path = set.path()
    const clientId = set.host.client(path)
    const code = await set.codeFor(clientId)
    set.clock.advance(1000)
    set.host.publish(path, { document: {}, status: 503 })
    assert.equal((await set.redeem(clientId, code)).status, 200)
    const { body } = await set.redeem(clientId, await set.codeFor(clientId))
    set.clock.advance(300_000)
    const away = await set.refresh(clientId, body.refresh_token)
    assert.deepEqual([away.status, away.body.error], [503, 'temporarily_unavailable'])
    assert.ok(Number(away.headers['retry-after']) > 0)
    set.host.client(path)
    set.clock.advance(15_000)
    assert.equal((await set.refresh(clientId, body.refresh_token)).status, 200)
  })

  test('a document is kept for 5 minutes to an hour, as its headers say, and what changed holds then', async () => {
    for (const [control, seconds] of [
      ['no-store', 300],
      ['max-age=10', 300],
      ['max-age=1200', 1200],
      ['max-age=86400', 3600],
    ] as const) {
      const path = set.path()
      const clientId = set.host.client(path, {}, { 'cache-control': control })
      const arrives = async () => (await set.ask(clientId)).location?.startsWith('/sign-in') === true
      assert.equal(await arrives(), true)
      set.host.client(path, { redirect_uris: ['https://moved.example/callback'] })
      set.clock.advance(seconds * 1000 - 1)
      assert.equal(await arrives(), true, control)
      set.clock.advance(1)
      assert.equal(await arrives(), false, control)
    }
  })

  test('MC-03: redirect_uris that changed while a person decided are not used', async () => {
    const path = set.path()
    const clientId = set.host.client(path)
    const browser = await set.browse()
    const request = set.fixture.request({ client_id: clientId })
    const signIn = await browser.follow(await browser.get('/oauth/authorize', request))
    const consent = await browser.submit(signIn, { email: 'ada@example.com', password: 'correct horse battery staple' })
    set.host.client(path, { redirect_uris: ['https://moved.example/callback'] })
    set.clock.advance(300_000)
    assertPage(await browser.submit(consent, { decision: 'allow' }), 'invalid_redirect_uri')
    assert.equal(await set.row(clientId), undefined)
  })

  test('MC-03: cache poisoning: the kept document of one address serves no other', async () => {
    const [good, evil] = [set.publish(), set.path()]
    await set.ask(good)
    const clientId = set.host.client(evil, { client_id: good, redirect_uris: ['https://evil.example/callback'] })
    assertPage(await set.ask(clientId), 'invalid_client')
    assertPage(await set.ask(good, { redirect_uri: 'https://evil.example/callback' }), 'invalid_redirect_uri')
    assert.match(String((await set.ask(good)).location), /^\/sign-in/)
  })

  test('a key that the document drops opens nothing when the cache ends', async () => {
    const [old, next] = [await makeClientKey(), await makeClientKey()]
    const path = set.path()
    const clientId = set.host.client(path, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [old.jwk] } })
    const sign = (key: typeof old) => set.sign(key, clientId)
    const code = await set.codeFor(clientId)
    const { body } = await set.redeem(clientId, code, await sign(old))
    set.host.client(path, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [next.jwk] } })
    set.clock.advance(300_000)
    const form = { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) }
    const refused = await postForm(set.fixture, '/oauth/token', { ...form, ...(await sign(old)) })
    assert.equal(refused.body.error, 'invalid_client')
    assert.equal((await postForm(set.fixture, '/oauth/token', { ...form, ...(await sign(next)) })).status, 200)
  })
})
