import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '#kernel/error.ts'
import { codeResponse, errorResponse, withQuery } from './authorization-response.ts'

const ISSUER = 'https://id.example.com'

test('any state comes back as it was, in a header of printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (state) => {
      const { headers } = codeResponse({ redirectUri: 'https://app.example/cb', state }, ISSUER, 'c')
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

test('an error says who answers, and nothing that a description may not hold', () => {
  const failure = new Failure('invalid_request', 'The “scope” \\ is\nbad’s')
  const { status, headers } = errorResponse({ redirectUri: 'https://app.example/cb', state: null }, ISSUER, failure)
  assert.equal(status, 303)
  const answer = new URL(headers.location as string).searchParams
  assert.equal(answer.get('error'), 'invalid_request')
  assert.equal(answer.get('iss'), ISSUER)
  assert.equal(answer.has('state'), false)
  assert.match(answer.get('error_description') ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
})
