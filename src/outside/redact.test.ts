// Checks that secrets are removed from what is logged.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { redactFields, redactPath, redactText } from './redact.ts'

const secret = randomBytes(33).toString('base64url').replace(/^.{3}/, 'aB3')
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

test('fields named like a secret are hidden at any depth, whatever they hold', () => {
  for (const name of [
    'password',
    'newPassword',
    'client_secret',
    'clientSecret',
    'access_token',
    'refreshToken',
    'Authorization',
    'cookie',
    'set-cookie',
    'apiKey',
    'api_key',
    'adminApiKey',
    'master_key',
    'masterKey',
    'private_key',
    'privateKey',
    'client_assertion',
    'code_verifier',
    'credential',
    'otp',
    'databaseUrl',
    'DATABASE_URL',
    'redisUrl',
    'COUNTERSIGN_REDIS_URL',
    'body',
  ]) {
    for (const value of ['hunter2', 123456, ['hunter2'], { inner: 'hunter2' }, Buffer.from('hunter2')]) {
      const line = JSON.stringify(redactFields({ outer: { list: [{ [name]: value }] } }))
      assert.ok(line.includes('[redacted]') && !/hunter2|123456|104,117/.test(line), `${name}: ${line}`)
    }
  }
})

test('what looks like a secret is hidden under any name and inside any text', () => {
  for (const text of [
    secret,
    `the key ${secret} did not work`,
    jwt,
    `Authorization: Bearer ${jwt}`,
    'Bearer abc',
    'Basic dXNlcjpwdw==',
    'DPoP abc.def',
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
    '$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW',
    'sk_live_abcdef',
    'connect postgres://server:pw@db.example/countersign failed',
    'GET /callback?code=abc&state=def',
    'GET /device?user_code=abc',
    '554 5.7.1 blocked: https://id.example/invitation?invitation=abc',
    'http://127.0.0.1:9001/admin/get-started?bootstrap=abc',
    'zk_live_abcdef',
    'device_code=abc',
    'grant_type=password&password=hunter2',
    'client_secret=hunter2',
    '{"refresh_token":"hunter2"}',
    '-----BEGIN PRIVATE KEY-----\nMIGH\nAgEA\n-----END PRIVATE KEY-----',
    '-----BEGIN EC PRIVATE KEY-----\nMIGH',
  ]) {
    const shown = redactText(text)
    assert.match(shown, /\[redacted\]/, text)
    for (const part of [secret, 'abc', 'def', 'hunter2', ':pw', 'MIGH', 'c2FsdA', 'EixZ', 'eyJ', 'dXNl']) {
      assert.ok(!shown.includes(part), `${part} in ${shown}`)
    }
  }
})

test('what operators need stays', () => {
  const fields = {
    request_id: '1k2j-4f',
    userId: '0197a5c2-1111-7222-8333-0123456789ab',
    rendered: 'usr_01h455vb4pex5vsknk084sn02q',
    kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    path: '/var/lib/countersign/countersign.sqlite',
    url: 'https://id.example.com/realms/default',
    status: 200,
    enabled: true,
    nothing: null,
    token_type: 'Bearer',
    token_count: 7,
    code: 'ECONNREFUSED',
    reason: 'The database does not answer.',
    at: new Date(0),
  }
  assert.deepEqual(redactFields(fields), { ...fields, at: String(new Date(0)) })
})

test('an error keeps type, code, message, stack and causes, but no secret and no other property', () => {
  const cause = Object.assign(new Error(`denied for Bearer ${jwt}`), {
    code: '28P01',
    detail: 'Key (secret)=(hunter2)',
  })
  const [error] = Object.values(redactFields({ error: new TypeError('cannot', { cause }) })) as [
    Record<string, unknown>,
  ]
  assert.equal(error.type, 'TypeError')
  assert.equal(error.message, 'cannot')
  assert.match(String(error.stack), /redact\.test\.ts/)
  const inner = error.cause as Record<string, unknown>
  assert.equal(inner.code, '28P01')
  assert.equal(inner.message, 'denied for Bearer [redacted]')
  assert.ok(!JSON.stringify(error).includes('hunter2') && !JSON.stringify(error).includes(jwt))
})

test('paths lose their query, and segments that look like a secret', () => {
  assert.equal(redactPath('/authorize?code=abc'), '/authorize')
  assert.equal(
    redactPath('/v1/realms/default/users/0197a5c2-1111-7222-8333-0123456789ab'),
    '/v1/realms/default/users/0197a5c2-1111-7222-8333-0123456789ab',
  )
  assert.equal(redactPath(`/setup/${secret}/done`), '/setup/[redacted]/done')
  assert.ok(redactPath(`/${'a/'.repeat(5000)}`).length <= 512)
})

test('hostile values cost little and break nothing', () => {
  const circle: Record<string, unknown> = { name: 'circle' }
  circle.self = circle
  let deep: unknown = 'end'
  for (let level = 0; level < 10_000; level++) deep = [deep]
  const started = performance.now()
  JSON.stringify(
    redactFields({
      circle,
      deep,
      wide: Array(1e6).fill('x'),
      big: 10n,
      nan: Number.NaN,
      call: () => 1,
      map: new Map([['password', 'x']]),
    }),
  )
  for (const piece of ['a-', 'eyJ-', 'secret', '://', '$argon2', 'sk_', '-----BEGIN ', 'Bearer ', 'A1a', 'token=":']) {
    redactText(piece.repeat(100_000))
  }
  assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`)
})
