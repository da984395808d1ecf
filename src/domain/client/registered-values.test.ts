// Checks values of clients that look right and are not.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { flawOfRedirectUri } from './redirect-uri.ts'

test('a scheme that browsers execute is refused, though it has a dot', () => {
  for (const uri of ['javascript.x:alert(1)', 'data.app:/cb', 'vbscript.a.b:/', 'file.example:/cb', 'blob.x:/']) {
    assert.match(flawOfRedirectUri(uri) ?? '', /execute/, uri)
  }
  assert.equal(flawOfRedirectUri('com.example.javascript:/cb'), undefined)
})

test('a host that would add a directive to a content security policy is refused', () => {
  for (const uri of ['https://a;script-src/cb', 'https://a,b.example/cb', "https://a'b.example/", 'https://a..b/']) {
    assert.notEqual(flawOfRedirectUri(uri), undefined, uri)
  }
  for (const uri of [
    'https://müller.example/cb',
    'http://[::1]:8080/cb',
    'https://my_app.example/',
    'https://x.example./',
  ]) {
    assert.equal(flawOfRedirectUri(uri), undefined, uri)
  }
})

test('a key off its curve and an incomplete key are refused', async (t) => {
  const fixture = await openAuthorizationFixture()
  t.after(() => fixture.close())
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const register = (jwk: object) => fixture.makeClient({ authMethod: 'private_key_jwt', jwks: { keys: [jwk] } })
  await register(key)
  const { y, ...incomplete } = key
  for (const wrong of [{ ...key, y: key.x }, incomplete, { ...key, crv: 'P-384' }]) {
    await assert.rejects(register(wrong), { code: 'invalid_input' })
  }
  assert.equal(typeof y, 'string')
})
