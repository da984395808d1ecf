// Checks the redirect to the client.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '#kernel/error.ts'
import { withQuery } from '#web/reply.ts'
import { codeResponse, errorResponse, type Responder } from './authorization-response.ts'

const ISSUER = 'https://id.example.com'
// Unsigned modes use no key.
const RESPONDER = {
  issuer: ISSUER,
  context: { actor: { origin: { requestId: 'r-1' } } },
  client: { clientId: 'app' },
} as unknown as Responder

test('any state comes back as it was, in a header of printable ASCII', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (state) => {
      const { headers } = await codeResponse(RESPONDER, { redirectUri: 'https://app.example/cb', state }, 'c')
      const location = headers.location as string
      assert.match(location, /^[\x21-\x7e]+$/)
      const answer = new URL(location).searchParams
      assert.deepEqual(
        [...answer].sort(),
        [
          ['code', 'c'],
          ['iss', ISSUER],
          ['state', state],
        ].sort(),
      )
    }),
  )
})

test('a registered URI stays as it is', () => {
  assert.equal(withQuery('https://a.example/cb', { x: '1' }), 'https://a.example/cb?x=1')
  assert.equal(withQuery('https://a.example/cb?y=%20+', { x: '1' }), 'https://a.example/cb?y=%20+&x=1')
  assert.equal(withQuery('https://a.example/cb?', { x: '1' }), 'https://a.example/cb?x=1')
  assert.equal(withQuery('https://a.example', { x: '1' }), 'https://a.example?x=1')
  assert.equal(withQuery('com.example.app:/cb', { x: '1' }), 'com.example.app:/cb?x=1')
  assert.equal(withQuery('https://a.example/cb?y=1', {}), 'https://a.example/cb?y=1')
  assert.equal(withQuery('https://a.example/ü', { x: '1' }), 'https://a.example/%C3%BC?x=1')
})

test('an error says who answers, and nothing that a description may not hold', async () => {
  const failure = new Failure('invalid_request', 'The “scope” \\ is\nbad’s')
  const address = { redirectUri: 'https://app.example/cb', state: null }
  const { status, headers } = await errorResponse(RESPONDER, address, failure)
  assert.equal(status, 303)
  const answer = new URL(headers.location as string).searchParams
  assert.equal(answer.get('error'), 'invalid_request')
  assert.equal(answer.get('iss'), ISSUER)
  assert.equal(answer.get('error_uri'), `${ISSUER}/errors?error=invalid_request&request=r-1`)
  assert.equal(answer.has('state'), false)
  assert.match(answer.get('error_description') ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
})
