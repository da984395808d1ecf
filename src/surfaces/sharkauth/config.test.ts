// Checks the configuration and the mode of SharkAuth’s document.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
before(async () => {
  server = await startServer({ env: { COUNTERSIGN_DEV_INBOX: 'true' } })
})
after(() => server.stop())

type Thing = Readonly<Record<string, unknown>>
const CONFIG = '/api/v1/admin/config'

async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string) {
  const reply = await server.call(method, path, { ...(key !== undefined && { key }), body })
  return { status: reply.status, body: reply.body as T }
}

test('GET /api/v1/admin/config, PATCH /api/v1/admin/config: what is changed holds at once, and is in the log', async () => {
  const before = await ask('GET', CONFIG)
  assert.partialDeepStrictEqual(before, {
    status: 200,
    body: { base_url: server.url, auth: { session_lifetime: '12h' }, jwt: { algorithm: 'ES256', lifetime: '15m' } },
  })
  const change = {
    auth: { session_lifetime: '30d', password_min_length: 20 },
    jwt: { lifetime: '10m' },
    server: { cors_origins: ['https://app.example.com'] },
    passkeys: { enabled: false },
  }
  const changed = await ask('PATCH', CONFIG, change)
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  assert.partialDeepStrictEqual(changed.body, { ...change, cors_origins: ['https://app.example.com'] })
  assert.deepEqual(await ask('GET', CONFIG), changed)
  const short = { email: 'ada@example.com', password: 'nineteen characters' }
  const refused = await ask('POST', '/api/v1/admin/users', short)
  assert.deepEqual([refused.status, refused.body.code], [400, 'password_too_short'])
  const log = await ask<{ data: Thing[] }>('GET', '/api/v1/audit-logs?action=realm.updated')
  assert.partialDeepStrictEqual(log.body.data, [{ actor_type: 'api_key', action: 'realm.updated' }])
  assert.deepEqual(await ask('PATCH', CONFIG, {}), changed)
})

test('PATCH /api/v1/admin/config: what needs a restart, is set elsewhere or is wrong is refused, and nothing changes', async () => {
  const before = await ask('GET', CONFIG)
  for (const [body, path, message] of [
    [{ server: { port: 8080 } }, 'server.port', /restart/],
    [{ server: { base_url: 'https://id.example.com' } }, 'server.base_url', /restart/],
    [{ base_url: 'https://id.example.com' }, 'base_url', /restart/],
    [{ cors_origins: ['https://app.example.com'] }, 'cors_origins', /server\.cors_origins/],
    [{ audit: { retention: '1d' } }, 'audit', /restart/],
    [{ email: { provider: 'smtp' } }, 'email', /mail-settings/],
    [{ auth: { session_lifetime: 'soon' }, jwt: { lifetime: '5m' } }, 'auth.session_lifetime', /12h/],
    [{ auth: 5 }, 'auth', /object/],
    [{ auth: { unknown: 1 } }, 'auth', /Unrecognized/],
  ] as const) {
    const { status, body: reply } = await ask<{ error: string; details: Record<string, string> }>('PATCH', CONFIG, body)
    assert.deepEqual([status, reply.error], [400, 'invalid_request'], JSON.stringify(reply))
    assert.match(reply.details[path] ?? JSON.stringify(reply.details), message)
  }
  assert.equal((await ask('PATCH', CONFIG, { auth: { password_min_length: 2 } })).status, 400)
  assert.equal((await ask('PATCH', CONFIG, { jwt: { lifetime: '999999d' } })).status, 400)
  assert.deepEqual(await ask('GET', CONFIG), before)
  const { key } = await server.api<{ key: string }>('POST', '/v1/api-keys', { name: 'R', permissions: ['realms:read'] })
  assert.deepEqual(
    [(await ask('GET', CONFIG, undefined, key)).status, (await ask('PATCH', CONFIG, {}, key)).status],
    [200, 403],
  )
})

test('GET /api/v1/admin/system/mode: dev where mails are kept instead of sent', async () => {
  assert.deepEqual(await ask('GET', '/api/v1/admin/system/mode'), { status: 200, body: { mode: 'dev' } })
})
