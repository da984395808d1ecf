// Checks pushed authorization requests (RFC 9126).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type AuthorizationFixture,
  answerOf,
  authorizeInBrowser,
  openAuthorizationFixture,
} from '#testing/authorization-fixture.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import type { PageResponse } from '#testing/form-browser.ts'
import { basic, postForm } from '#testing/token-client.ts'

let fixture: AuthorizationFixture
before(async () => {
  fixture = await openAuthorizationFixture()
})
after(() => fixture.close())

const push = (changes: Record<string, string | null> = {}, headers = {}) =>
  postForm(fixture, '/oauth/par', fixture.request(changes), { ...basic(fixture.client), ...headers })

async function reference(): Promise<Record<string, string>> {
  const { status, body } = await push()
  assert.equal(status, 201, JSON.stringify(body))
  return { client_id: fixture.client.clientId, request_uri: String(body.request_uri) }
}

/** The error of a request whose redirect URI is known or not. */
const errorOf = ({ error, location }: PageResponse) => error ?? /error=([^&]*)/.exec(String(location))?.[1]

test('a pushed request leads to a code, with what was pushed and nothing else', async () => {
  const query = { ...(await reference()), state: 'another state', scope: 'openid orders:read' }
  const answer = answerOf(await authorizeInBrowser(fixture.newBrowser(), query))
  assert.equal(answer.state, 'a state')
  assert.ok(answer.code)
})

test('JA-07 the browser that opened a request may load it again for a minute; another browser may not', async () => {
  const query = await reference()
  const [mine, other] = [fixture.newBrowser(), fixture.newBrowser()]
  const first = await mine.get('/oauth/authorize', query)
  assert.match(String(first.location), /^\/sign-in/)
  assert.match(String((await mine.get('/oauth/authorize', query)).location), /^\/sign-in/)
  assert.equal(errorOf(await other.get('/oauth/authorize', query)), 'invalid_request_uri')
  fixture.services.clock.advance(61_000)
  assert.equal(errorOf(await mine.get('/oauth/authorize', query)), 'invalid_request_uri')
})

test('of twenty browsers at once one opens the request', async () => {
  const query = await reference()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => fixture.newBrowser().get('/oauth/authorize', query)),
  )
  assert.equal(answers.filter(({ location }) => location?.startsWith('/sign-in')).length, 1)
})

test('JA-07 a reference is for the client that pushed it, and for its lifetime', async () => {
  const other = await fixture.makeClient()
  const query = { ...(await reference()), client_id: other.clientId }
  assert.equal(errorOf(await fixture.newBrowser().get('/oauth/authorize', query)), 'invalid_request_uri')
  const late = await reference()
  fixture.services.clock.advance(91_000)
  assert.equal(errorOf(await fixture.newBrowser().get('/oauth/authorize', late)), 'invalid_request_uri')
  const remote = { client_id: fixture.client.clientId, request_uri: 'https://app.example/request.jwt' }
  assert.equal(errorOf(await fixture.newBrowser().get('/oauth/authorize', remote)), 'request_uri_not_supported')
})

test('whoever names another client or realm with a reference is refused, and its own browser opens it afterwards', async () => {
  const other = await fixture.makeClient()
  const query = await reference()
  for (const client_id of [other.clientId, 'nobody']) {
    const page = await fixture.newBrowser().get('/oauth/authorize', { ...query, client_id })
    assert.ok(errorOf(page), client_id)
  }
  const answer = answerOf(await authorizeInBrowser(fixture.newBrowser(), query))
  assert.ok(answer.code)
})

test('what would be refused at the authorization endpoint is refused when it is pushed', async () => {
  for (const [changes, error] of [
    [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    [{ code_challenge: null }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ scope: 'unknown' }, 'invalid_scope'],
    [{ resource: 'https://unknown.example/' }, 'invalid_target'],
    [{ request: 'a.b.c' }, 'invalid_request_object'],
  ] as const) {
    const { status, body } = await push(changes)
    assert.deepEqual([status, body.error], [400, error], JSON.stringify(changes))
  }
  const wrong = basic({ ...fixture.client, clientSecret: 'wrong' })
  assert.equal((await push({}, wrong)).body.error, 'invalid_client')
})

test('a proof that came with a pushed request is used up', async () => {
  const key = await makeDpopKey()
  const dpop = await key.prove('https://id.example.com/oauth/par', fixture.services.clock.now())
  assert.equal((await push({}, { dpop })).status, 201)
  assert.equal((await push({}, { dpop })).body.error, 'invalid_dpop_proof')
  const named = await key.prove('https://id.example.com/oauth/par', fixture.services.clock.now())
  assert.equal((await push({ dpop_jkt: 'x' }, { dpop: named })).body.error, 'invalid_dpop_proof')
})
