// Checks forms, cookies and CSRF tokens in requests of browsers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCookie, realmsOfSessions, setCookie } from './cookies.ts'
import { checkSameOrigin } from './csrf.ts'

const OWN = 'https://id.example.com/realms/x'

test('CO-01 CO-02 a form is taken from the same origin only, with cookies or without', () => {
  for (const headers of [
    { 'sec-fetch-site': 'same-origin', origin: 'https://id.example.com' },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://id.example.com' },
    { origin: 'null' },
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
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
  ]) {
    assert.throws(() => checkSameOrigin(headers, OWN), { code: 'forbidden' }, JSON.stringify(headers))
  }
})

test('a form over plain http on a local network is taken without Sec-Fetch-Site; its CSRF token decides', () => {
  assert.doesNotThrow(() => checkSameOrigin({ origin: 'null' }, 'http://192.168.1.20:9000'))
  const other = { origin: 'http://evil.example' }
  assert.throws(() => checkSameOrigin(other, 'http://192.168.1.20:9000'), { code: 'forbidden' })
})

test('SE-02 over https a cookie is bound to its host; over http it cannot be', () => {
  const request = { cookies: new Map(), realm: { issuerId: 'abc' } } as never as Parameters<typeof setCookie>[0]
  assert.equal(
    setCookie({ ...request, issuer: 'https://id.example.com' }, 'session', 's'),
    '__Host-session-abc=s; Path=/; HttpOnly; SameSite=Lax; Secure',
  )
  assert.equal(
    setCookie({ ...request, issuer: 'http://127.0.0.1:9000' }, 'known', 's', 60),
    'known-abc-9000=s; Path=/; HttpOnly; SameSite=Lax; Max-Age=60',
  )
  assert.match(setCookie({ ...request, issuer: 'https://id.example.com' }, 'session', ''), /=; .*Max-Age=0$/)
})

test('two servers on one host keep their sessions apart', () => {
  const realm = { issuerId: 'default' }
  const [one, other] = ['http://id.local:9000', 'http://id.local:9060'].map((issuer) => ({
    issuer,
    realm,
  })) as never as [Parameters<typeof setCookie>[0], Parameters<typeof setCookie>[0]]
  const [name = ''] = setCookie(one, 'session', 's').split('=')
  const cookies = new Map([[name, 's']])
  assert.equal(readCookie({ ...one, cookies }, 'session'), 's')
  assert.equal(readCookie({ ...other, cookies }, 'session'), undefined)
  assert.deepEqual(
    realmsOfSessions(
      new Map([
        ['session-abcdefghijkl-9000', 's'],
        ['__Host-session-abcdefghijkm', 's'],
      ]),
    ),
    ['abcdefghijkl', 'abcdefghijkm'],
  )
})
