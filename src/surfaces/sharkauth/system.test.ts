// Checks what SharkAuth’s document says of the server itself: health, figures, keys, tokens, first boot and the log.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { exchange, getCode, makeClient, makePerson } from '#testing/realm.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

let server: TestServer
let tenantKey: string
before(async () => {
  server = await startServer()
  tenantKey = (await server.api<{ key: string }>('POST', '/v1/api-keys', { name: 'One tenant', permissions: ['*'] }))
    .key
})
after(() => server.stop())

type Thing = Readonly<Record<string, unknown>>

async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string | null) {
  const reply = await server.call(method, `/api/v1${path}`, { ...(key !== undefined && { key }), body })
  return { status: reply.status, body: reply.body as T, headers: reply.headers }
}

test('GET /api/v1/admin/bootstrap/status, POST /api/v1/admin/bootstrap/consume: the link’s token makes the first administrator once', async () => {
  assert.deepEqual((await ask('GET', '/admin/bootstrap/status', undefined, null)).body, { bootstrapped: false })
  assert.deepEqual(await firstKey({}), [200, { key: server.adminKey }])
  const [, token = ''] = /bootstrap=([\w-]+)/.exec(server.output()) ?? []
  const given = { token, email: 'admin@example.com', password: 'correct horse battery staple' }
  const flawed = await ask<{ error: string; details: object }>('POST', '/admin/bootstrap/consume', { token }, null)
  assert.deepEqual([flawed.status, Object.keys(flawed.body.details)], [400, ['email', 'password']])
  const wrong = await ask('POST', '/admin/bootstrap/consume', { ...given, token: 'x'.repeat(43) }, null)
  assert.deepEqual([wrong.status, wrong.body.error], [401, 'unauthorized'])
  const made = await ask('POST', '/admin/bootstrap/consume', given, null)
  assert.deepEqual([made.status, made.body.email], [201, given.email], JSON.stringify(made.body))
  assert.equal((await ask('POST', '/admin/bootstrap/consume', given, null)).status, 401, 'once')
  assert.deepEqual((await ask('GET', '/admin/bootstrap/status', undefined, null)).body, { bootstrapped: true })
  assert.equal((await firstKey({}))[0], 404)
})

/** Asks for the first key as a program does that sends no headers of its own. */
function firstKey(headers: Record<string, string>, { adminUrl } = server): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL('/api/v1/admin/firstboot/key', adminUrl), { headers }, async (response) => {
      let text = ''
      for await (const piece of response) text += piece
      assert.equal(response.headers['cache-control'], 'no-store')
      resolve([response.statusCode ?? 0, JSON.parse(text)])
    })
    asked.on('error', reject).end()
  })
}

test('GET /api/v1/admin/firstboot/key: for programs on the machine only, and never through a proxy', async () => {
  for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via', 'origin', 'sec-fetch-site']) {
    assert.equal((await firstKey({ [name]: '127.0.0.1' }))[0], 403, name)
  }
  assert.equal((await firstKey({ host: 'rebound.example:9001' }))[0], 403)
})

test('GET /api/v1/admin/firstboot/key: not where admin_url has another name, and not after the link has expired', async (t) => {
  const named = await startServer({ env: { COUNTERSIGN_ADMIN_URL: 'https://admin.example' } })
  t.after(() => named.stop())
  assert.equal((await firstKey({}, named))[0], 403)
  const late = await startServer({ env: { COUNTERSIGN_ADMIN_URL: 'http://localhost:9001' } })
  t.after(() => late.stop())
  assert.deepEqual(await firstKey({}, late), [200, { key: late.adminKey }])
  const database = new DatabaseSync(join(late.dataDir, 'countersign.sqlite'), { timeout: 10_000 })
  database.exec(
    "update setting set value = json_set(value, '$.bootstrap.expiresAt', 1767225600000) where name = 'installation'",
  )
  database.close()
  assert.equal((await firstKey({}, late))[0], 404)
})

test('GET /api/v1/admin/health: every member of the document’s example, with true figures', async () => {
  const { status, body } = await ask('GET', '/admin/health')
  assert.equal(status, 200, JSON.stringify(body))
  const { version, uptime_seconds: uptime, db, migrations, jwt, ...rest } = body as Record<string, Thing & string>
  assert.match(String(version), /^\d+\.\d+\.\d+/)
  assert.ok(Number(uptime) >= 0 && Number(uptime) < 600)
  assert.deepEqual([db?.driver, db?.status, Number(db?.size_mb) > 0.1], ['sqlite3', 'ok', true])
  assert.ok(Number(migrations?.current) >= 75 && /^[a-z][a-z-]+$/.test(String(migrations?.name)))
  const active = Number(jwt?.active_keys)
  assert.deepEqual([jwt?.mode, jwt?.algorithm, active === 1 || active === 2], ['asymmetric', 'ES256', true])
  assert.deepEqual(rest, {
    status: 'ok',
    smtp: { tier: 'dev', configured: false, sent_today: 0, daily_limit: null },
    ...{ oauth_providers: [], sso_connections: 0 },
  })
  assert.equal((await ask('GET', '/admin/health', undefined, tenantKey)).status, 403, 'the process is the platform’s')
})

test('GET /healthz: what a probe reads, without a credential', async () => {
  assert.deepEqual(await (await fetch(`${server.url}/healthz`)).json(), { status: 'ok' })
})

test('GET /api/v1/admin/stats, GET /api/v1/admin/stats/trends: what there is and what happened', async () => {
  const person = await makePerson(server, 'counted@example.com')
  const client = await makeClient(server)
  await exchange(server, client, await getCode(server, client, person))
  const { body } = await ask<Record<string, Thing>>('GET', '/admin/stats')
  assert.deepEqual(body.users, { total: 1, created_last_7d: 1 }, JSON.stringify(body))
  assert.deepEqual([body.sessions, body.mfa], [{ active: 1 }, { total: 1, enabled: 0, adoption_pct: 0 }])
  assert.deepEqual([body.failed_logins_24h, body.agents], [0, { total: 0 }])
  assert.deepEqual(body.api_keys, { active: 2, expiring_7d: 0 })
  const trends = await ask<Record<string, { date: string; count: number }[]>>('GET', '/admin/stats/trends?days=3')
  const today = new Date().toISOString().slice(0, 10)
  assert.deepEqual([trends.body.days, trends.body.signups_by_day?.length], [3, 3])
  assert.deepEqual(trends.body.signups_by_day?.at(-1), { date: today, count: 1 })
  assert.deepEqual(trends.body.sessions_by_day?.at(-1), { date: today, count: 1 })
  assert.equal((await ask('GET', '/admin/stats/trends?days=0')).status, 400)
})

interface Jwks {
  readonly keys: { readonly kid: string }[]
}
const jwks = async () => (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as Jwks

test('POST /api/v1/admin/auth/rotate-signing-key: weakness 7, the new key is published at once and the old one stays for two lifetimes', async () => {
  const first = await ask('POST', '/admin/auth/rotate-signing-key')
  assert.deepEqual([first.status, first.body.rotated, first.body.algorithm], [200, true, 'ES256'])
  const kids = (await jwks()).keys.map(({ kid }) => kid)
  assert.ok(kids.includes(String(first.body.kid)) && kids.includes(String(first.body.retired_kid)))
  interface Key {
    readonly kid: string
    readonly state: string
    readonly retires_at: string | null
  }
  const { data } = await server.api<{ data: Key[] }>('GET', '/v1/realms/default/keys')
  const old = data.find(({ kid }) => kid === first.body.retired_kid)
  const realm = await server.api<{ policy: { access_token_lifetime: number } }>('GET', '/v1/realms/default')
  assert.ok(Date.parse(String(old?.retires_at)) - Date.now() >= 2 * realm.policy.access_token_lifetime * 1000 - 5000)
  const person = await makePerson(server, 'rotated@example.com')
  const client = await makeClient(server)
  const { access_token: token } = (await exchange(server, client, await getCode(server, client, person))).body
  const [head = ''] = String(token).split('.')
  assert.equal(JSON.parse(Buffer.from(head, 'base64url').toString()).kid, first.body.kid)
})

test('POST /api/v1/admin/auth/revoke-jti: weakness 6, the token is refused at once; what is no token is not found', async () => {
  const person = await makePerson(server, 'revoked@example.com')
  const client = await makeClient(server)
  const { access_token: token } = (await exchange(server, client, await getCode(server, client, person))).body
  const [, payload = ''] = String(token).split('.')
  const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const userinfo = () => fetch(`${server.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal((await userinfo()).status, 200)
  const revoked = await ask('POST', '/admin/auth/revoke-jti', { jti, expires_at: '2099-01-01T00:00:00Z' })
  assert.deepEqual([revoked.status, revoked.body], [200, { message: 'Token revoked' }])
  assert.equal((await userinfo()).status, 401)
  assert.equal((await ask('POST', '/admin/auth/revoke-jti', { jti })).status, 200, 'again changes nothing')
  const unknown = await ask('POST', '/admin/auth/revoke-jti', { jti: '01950000-0000-7000-8000-000000000000' })
  assert.deepEqual([unknown.status, unknown.body.error], [404, 'not_found'])
  assert.equal((await ask('POST', '/admin/auth/revoke-jti', {})).status, 400)
})

test('POST /api/v1/admin/audit-logs/purge: weakness 16, the chain verifies after it, and what is recent stays', async () => {
  const before = new Date(Date.now() - 27 * 3_600_000).toISOString()
  const purged = await ask('POST', '/admin/audit-logs/purge', { before })
  assert.deepEqual([purged.status, purged.body], [200, { deleted: 0 }], JSON.stringify(purged.body))
  assert.equal((await server.api<{ ok: boolean }>('POST', '/v1/events/verify', {})).ok, true)
  assert.equal((await ask('POST', '/admin/audit-logs/purge', { before: new Date().toISOString() })).status, 400)
  assert.equal((await ask('POST', '/admin/audit-logs/purge', {})).status, 400)
})

test('GET /api/v1/admin/logs/stream: weakness 18, lines of the log as they are written, without secrets, with the key in a header or the query', async () => {
  const path = `${server.adminUrl}/api/v1/admin/logs/stream`
  const ended = new AbortController()
  const response = await fetch(`${path}?token=${server.adminKey}`, { signal: ended.signal })
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/event-stream'])
  let text = ''
  const reading = (async () => {
    for await (const piece of response.body ?? []) text += Buffer.from(piece).toString()
  })().catch(() => {})
  await until(() => text.startsWith('data: {"event":"connected"}\n\n'))
  await server.call('GET', `/api/v1/users?search=${server.adminKey}`)
  await until(
    () => text.includes('"path":"/api/v1/users"'),
    () => text,
  )
  ended.abort()
  await reading
  assert.ok(!text.includes(server.adminKey.slice(8)), 'no key is in it')
  for (const line of text.split('\n\n').filter((one) => one.startsWith('data: '))) JSON.parse(line.slice(6))
  assert.equal((await fetch(path)).status, 401)
  assert.equal((await fetch(`${path}?token=${tenantKey}`)).status, 403, 'the log is of the process')
  assert.equal((await fetch(`${server.adminUrl}/api/v1/users?token=${server.adminKey}`)).status, 401, 'streams only')
})
