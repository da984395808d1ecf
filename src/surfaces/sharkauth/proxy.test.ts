// Checks SharkAuth's rows of the reverse proxy.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ProxyStage, startProxyStage } from '#testing/proxy.ts'
import { startServer } from '#testing/server.ts'

let stage: ProxyStage
before(async () => {
  stage = await startProxyStage()
  await stage.rule('/*')
  await stage.rule('/public/*', { require: 'anonymous', priority: 1 })
})
after(() => stage.stop())

const call = (method: string, path: string, body?: object) =>
  stage.server.call(method, `/api/v1/admin/proxy${path}`, { body })

test('GET /api/v1/admin/proxy/status, GET /api/v1/admin/proxy/status/stream: what the breaker and the caches have, at once and every two seconds', async () => {
  const { server } = stage
  const status = await call('GET', '/status')
  const { data } = status.body as { data: { enabled: boolean; state: string } }
  assert.deepEqual([status.status, data.enabled, data.state], [200, true, 'closed'])
  const stream = await fetch(`${server.adminUrl}/api/v1/admin/proxy/status/stream?token=${server.adminKey}`)
  assert.deepEqual([stream.status, stream.headers.get('x-accel-buffering')], [200, 'no'])
  let told = ''
  for await (const piece of stream.body ?? []) {
    told += new TextDecoder().decode(piece)
    if (told.includes('data: ')) break
  }
  assert.match(told, /data: \{"enabled":true,/)
})

test('GET /api/v1/admin/proxy/rules, POST /api/v1/admin/proxy/simulate: the compiled order, and what would become of a request', async () => {
  const compiled = await call('GET', '/rules')
  const { data } = compiled.body as { data: { path: string; require: string }[] }
  assert.deepEqual([compiled.status, data.map(({ path }) => path)], [200, ['/public/*', '/*']])
  const simulated = await call('POST', '/simulate', {
    host: new URL(stage.site).host,
    path: '/private/x',
    identity: { user_id: 'usr_1', user_email: 'a@example.com', roles: ['admin'], auth_method: 'session', scopes: [] },
  })
  const told2 = simulated.body as { decision: string; injected_headers: Record<string, string>; eval_us: number }
  assert.deepEqual([simulated.status, told2.decision, told2.injected_headers['X-User-Roles']], [200, 'allow', 'admin'])
})

test('GET /api/v1/admin/proxy/rules/db, POST /api/v1/admin/proxy/rules/db, GET /api/v1/admin/proxy/rules/db/{id}, PATCH /api/v1/admin/proxy/rules/db/{id}, DELETE /api/v1/admin/proxy/rules/db/{id}: made, listed, changed and deleted', async () => {
  const made = await call('POST', '/rules/db', {
    name: 'Open',
    pattern: '/open/*',
    allow: 'anonymous',
    priority: 5,
    m2m: false,
  })
  const { data: rule } = made.body as { data: { id: string; allow: string; require: string } }
  assert.deepEqual([made.status, rule.allow, rule.require], [201, 'anonymous', 'anonymous'], JSON.stringify(made.body))
  assert.match(rule.id, /^pxr_/)
  assert.equal(
    (await call('POST', '/rules/db', { name: 'x', pattern: '/x', allow: 'anonymous', require: 'agent' })).status,
    400,
  )
  assert.equal((await call('POST', '/rules/db', { name: 'x', pattern: 'x' })).status, 400)
  assert.equal((await stage.ask('/open/x')).status, 401, 'the rule of the application stands before that of the realm')
  const listed = await call('GET', '/rules/db')
  assert.equal((listed.body as { total: number }).total, 3)
  assert.equal((await call('GET', `/rules/db/${rule.id}`)).status, 200)
  assert.equal((await call('PATCH', `/rules/db/${rule.id}`, { enabled: false })).status, 200)
  assert.equal((await call('DELETE', `/rules/db/${rule.id}`)).status, 204)
  assert.equal((await call('GET', `/rules/db/${rule.id}`)).status, 404)
})

test('GET /api/v1/admin/proxy/lifecycle, POST /api/v1/admin/proxy/start, POST /api/v1/admin/proxy/stop, POST /api/v1/admin/proxy/reload: stopped, started and read again', async () => {
  const stopped = await call('POST', '/stop')
  assert.equal((stopped.body as { data: { state_str: string } }).data.state_str, 'stopped')
  await assert.rejects(stage.ask('/public/x'))
  const started = await call('POST', '/start')
  assert.equal((started.body as { data: { state: number } }).data.state, 1)
  assert.equal((await stage.ask('/public/x')).status, 200)
  assert.equal((await call('POST', '/reload')).status, 200)
  const shown = await call('GET', '/lifecycle')
  assert.deepEqual((shown.body as { data: { state_str: string; listeners: number } }).data.listeners, 1)
})

test('all of it is 404 where the proxy was off at boot', async () => {
  const off = await startServer({ env: { COUNTERSIGN_PROXY_ADDRESS: '' } })
  try {
    const paths = ['/status', '/status/stream', '/rules', '/rules/db', '/lifecycle']
    for (const path of paths) assert.equal((await off.call('GET', `/api/v1/admin/proxy${path}`)).status, 404, path)
    assert.equal((await off.call('POST', '/api/v1/admin/proxy/start')).status, 404)
    assert.equal(
      (await off.call('POST', '/api/v1/admin/proxy/rules/db', { body: { name: 'x', pattern: '/x' } })).status,
      404,
    )
  } finally {
    await off.stop()
  }
})

test('PX-14 a simulation says what becomes of a request', async () => {
  await stage.rule('/{a}/one', { require: 'anonymous', methods: ['GET'], priority: 3 })
  await stage.rule('/two/*', { require: 'anonymous', priority: 2 })
  const words = ['one', 'two', 'public', 'x', 'ONE']
  const paths = words.flatMap((first) => ['', ...words].map((second) => `/${first}${second && `/${second}`}`))
  for (const method of ['GET', 'POST']) {
    for (const path of paths) {
      const told = (await call('POST', '/simulate', { method, path })).body as { decision: string }
      const { status } = await stage.ask(path, { method })
      assert.equal(told.decision === 'allow', status === 200, `${method} ${path} was answered with ${status}`)
    }
  }
})
