import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSameOrigin, setCookie } from './browser.ts'

const OWN = 'https://id.example.com/realms/x'

test('CO-01 CO-02 a form is taken from the same origin only, with cookies or without', () => {
  for (const headers of [
    { 'sec-fetch-site': 'same-origin', origin: 'https://id.example.com' },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://id.example.com' },
    {},
  ]) {
    assert.doesNotThrow(() => checkSameOrigin(headers, OWN), JSON.stringify(headers))
  }
  for (const headers of [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://b.example.com' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'bogus' },
    { origin: 'https://evil.example' },
    { origin: 'https://id.example.com.evil.example' },
    { origin: 'http://id.example.com' },
    { origin: 'null' },
  ]) {
    assert.throws(() => checkSameOrigin(headers, OWN), { code: 'forbidden' }, JSON.stringify(headers))
  }
})

test('SE-02 over https a cookie is bound to its host; over http it cannot be', () => {
  const request = { cookies: new Map(), realm: { issuerId: 'abc' } } as never as Parameters<typeof setCookie>[0]
  assert.equal(
    setCookie({ ...request, issuer: 'https://id.example.com' }, 'session', 's'),
    '__Host-session-abc=s; Path=/; HttpOnly; SameSite=Lax; Secure',
  )
  assert.equal(
    setCookie({ ...request, issuer: 'http://127.0.0.1:9000' }, 'known', 's', 60),
    'known-abc=s; Path=/; HttpOnly; SameSite=Lax; Max-Age=60',
  )
  assert.match(setCookie({ ...request, issuer: 'https://id.example.com' }, 'session', ''), /=; .*Max-Age=0$/)
})
