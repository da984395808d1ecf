// Checks the server as its operator sees it: first start, health, logs, signals.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePort, startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

// The server as its operator meets it: first start, health, logs, signals.

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

const MODE = 0o777

test('the first start leaves a master key and an admin key that only their owner can read', () => {
  for (const file of ['master.key', 'admin.key.firstboot']) {
    assert.equal(statSync(join(server.dataDir, file)).mode & MODE, 0o600, file)
  }
  assert.match(readFileSync(join(server.dataDir, 'admin.key.firstboot'), 'utf8'), /^sk_live_[\w-]{43}\n$/)
  assert.match(server.output(), /\/admin\/get-started\?bootstrap=[\w-]{43}\n/)
})

test('health is told without a credential and without a word about tenants', async () => {
  for (const base of [server.url, server.adminUrl]) {
    const expected = { '/healthz': 'ok', '/health': 'healthy', '/health/ready': 'healthy', '/health/live': 'healthy' }
    for (const [path, status] of Object.entries(expected)) {
      const response = await fetch(base + path)
      assert.equal(response.status, 200, path)
      assert.equal(((await response.json()) as { status: string }).status, status)
    }
  }
  const { checks, time, timestamp, db } = (await (await fetch(`${server.url}/health`)).json()) as {
    checks: Record<string, { status: string; latency_ms?: number }>
    time: string
    timestamp: string
    db: string
  }
  assert.equal(checks.database?.status, 'healthy')
  assert.equal(typeof checks.database?.latency_ms, 'number')
  assert.deepEqual(checks.redis, { status: 'not_configured' })
  assert.ok(Date.parse(timestamp) > 0)
  assert.deepEqual([time, db], [timestamp, 'ok'], 'AuthPlane’s readers find what they look for')
})

test('metrics are on the admin listener alone, by route and not by path', async () => {
  await server.call('GET', '/v1/realms/nowhere/users')
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
  assert.match(
    metrics,
    /^countersign_http_request_duration_seconds_count\{.*route="\/v1\/realms\/:issuer_id\/users".*\} \d+$/m,
  )
  assert.doesNotMatch(metrics, /nowhere/)
  assert.match(metrics, /^process_resident_memory_bytes /m)
  assert.equal((await fetch(`${server.url}/metrics`)).status, 404)
})

test('each request has an id of its own, and one line in the log that lacks its query', async () => {
  const response = await fetch(`${server.url}/.well-known/jwks.json?secret=hunter2`)
  const id = response.headers.get('x-request-id')
  assert.ok(id)
  const linesOf = (text: string) =>
    server
      .output()
      .split('\n')
      .filter((line) => line.includes(text))
  await until(() => linesOf(id).length > 0)
  const mine = linesOf(`"request_id":"${id}"`)
  assert.equal(mine.length, 1)
  const line = JSON.parse(mine[0] ?? '') as Record<string, unknown>
  assert.deepEqual(
    [line.method, line.path, line.status, line.listener],
    ['GET', '/.well-known/jwks.json', 200, 'public'],
  )
  assert.doesNotMatch(server.output(), /hunter2/)
})

test('a browser gets a page at every address: the start pages, the administration, unknown paths and realms', async () => {
  const pages: [url: string, status: number, text: RegExp][] = [
    [`${server.url}/`, 200, /signs people in/],
    [`${server.url}/admin`, 200, /address of its own/],
    [`${server.adminUrl}/`, 200, /countersign login/],
    [`${server.adminUrl}/admin`, 200, /API documentation/],
    [`${server.url}/nothing`, 404, /There is nothing here/],
    [`${server.url}/realms/nowhere00000/sign-in`, 404, /There is nothing here/],
    [`${server.adminUrl}/v1/nothing`, 404, /There is nothing here/],
  ]
  for (const [url, status, text] of pages) {
    const response = await fetch(url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    assert.deepEqual([response.status, response.headers.get('content-type')], [status, 'text/html; charset=utf-8'], url)
    assert.match(await response.text(), text, url)
  }
})

test('TN-09 two Host headers are refused', async () => {
  const { port } = new URL(server.url)
  const reply = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write('GET /health HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n')
    })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
  assert.match(reply, /^HTTP\/1\.1 400 /)
})

test('slashes at the end of a path, and after a base address, lead where they are meant', async () => {
  for (const path of [
    '/v1/realms//',
    '/v1//realms',
    '/v1/realms/default/clients//?limit=1',
    '/scim/v2/Users//',
    '/scim/v2/Groups//?count=1',
    '/scim/v2//Groups/',
  ]) {
    assert.equal((await server.call('GET', path)).status, 200, path)
  }
  for (const path of ['/oauth//token', '/oauth/token//', '//oauth/token', '/realms/default//oauth/token']) {
    const reply = await fetch(`${server.url}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'x' }),
    })
    assert.equal(((await reply.json()) as { error: string }).error, 'unsupported_grant_type', path)
  }
  // An empty member stands for an id that a caller has lost.
  assert.equal((await server.call('DELETE', '/v1/realms/default/users//groups')).status, 404)
})

test('AD-09 a path in another spelling and a method in a header or a field get no further than the plain ones', async () => {
  const spellings = [
    '/v1/realms/',
    '/.//v1/realms',
    '/v1//realms',
    '/v1%2frealms',
    '/v1/realms;x=1',
    '/V1/REALMS',
    '/v1/realms.json',
  ]
  for (const path of [...spellings, '/./v1/realms', '/v1/%72ealms', '/x/..%2fv1/realms']) {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const { status } = await server.call(method, path, { key: null })
      assert.ok([400, 401, 404, 405].includes(status), `${method} ${path}: ${status}`)
    }
  }
  const { id, issuer_id: issuerId } = await server.api<{ id: string; issuer_id: string }>('POST', '/v1/realms', {
    name: 'Stays',
  })
  const path = `/v1/realms/${issuerId}`
  for (const method of ['GET', 'POST', 'PUT']) {
    for (const header of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      await server.call(method, `${path}?_method=DELETE`, { headers: { [header]: 'DELETE' } })
    }
  }
  assert.equal((await server.api<{ id: string }>('GET', path)).id, id)
})

test('DO-03 headers that come too slowly are given up after ten seconds, and others are answered meanwhile', async () => {
  const { hostname, port } = new URL(server.url)
  const begun = Date.now()
  const closed = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n')
      const drip = setInterval(() => socket.write('X-A: b\r\n'), 1000)
      const ended = new Promise<number>((resolve) => socket.once('close', () => resolve(Date.now() - begun)))
      socket.resume()
      assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
      return ended.finally(() => clearInterval(drip))
    }),
  )
  assert.ok(Math.min(...closed) >= 9_000, `the first was closed after ${Math.min(...closed)} ms`)
  assert.ok(Math.max(...closed) < 25_000, `the last was closed after ${Math.max(...closed)} ms`)
})

test('an unknown path and a path of the other listener are not found', async () => {
  for (const url of [`${server.url}/nothing`, `${server.url}/v1/realms`, `${server.adminUrl}/oauth/token`]) {
    const response = await fetch(url)
    assert.equal(response.status, 404, url)
    assert.equal(typeof ((await response.json()) as { error: string }).error, 'string')
  }
})

test('the OpenAPI document lists every route, and the page beside it shows them', async () => {
  const document = (await (await fetch(`${server.adminUrl}/openapi.json`)).json()) as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string }>>
  }
  assert.match(document.openapi, /^3\.1/)
  assert.equal(document.paths['/v1/realms']?.post?.operationId, 'realm.create')
  const read = async (query: string) => (await fetch(`${server.adminUrl}/docs${query}`)).text()
  const page = await read('')
  assert.match(page, /Create a realm/)
  assert.ok(page.length < 150_000, `${page.length} characters`)
  const searched = await read('?q=rotate+secret')
  assert.match(searched, /id="client\.rotate_secret"/)
  assert.doesNotMatch(searched, /<article class="operation" id="realm\.create"/)
  for (const wide of ['?q=e', '?q=the', '?operation=realm.create']) assert.ok((await read(wide)).length < 150_000, wide)
  assert.match(await read('?q=%3Cscript%3E'), /No operation has these words/)
})

test('each documented API has a document of its own, in operations that differ; none where they are switched off', async (t) => {
  type Document = { paths: Record<string, Record<string, { operationId: string }>> }
  const ids: string[] = []
  for (const name of ['native', 'scaikey', 'zautha']) {
    const { paths } = (await (await fetch(`${server.adminUrl}/openapi/${name}.json`)).json()) as Document
    ids.push(...Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId)))
    assert.equal((await fetch(`${server.adminUrl}/docs${name === 'native' ? '' : `/${name}`}`)).status, 200)
  }
  assert.ok(ids.includes('scaikey.user.create') && ids.includes('user.create'))
  assert.equal(new Set(ids).size, ids.length)
  const silent = await startServer({ env: { COUNTERSIGN_API_DOCS: 'false' } })
  t.after(() => silent.stop())
  for (const path of ['/openapi.json', '/openapi/scaikey.json', '/docs']) {
    assert.equal((await fetch(`${silent.adminUrl}${path}`)).status, 404)
  }
})

test('requests in flight are finished before the server stops', async () => {
  const slow = await startServer({ env: { COUNTERSIGN_ARGON2_MEMORY_KIB: '262144', COUNTERSIGN_ARGON2_PASSES: '3' } })
  const creating = slow.call('POST', '/v1/realms/default/users', {
    body: { email: 'slow@example.com', password: 'correct horse battery' },
  })
  await new Promise((resolve) => setTimeout(resolve, 150))
  const stopping = slow.stop()
  assert.equal((await creating).status, 201)
  const answered = Date.now()
  assert.equal(await stopping, 0)
  assert.ok(Date.now() - answered < 5000, 'nothing is waited for any more')
})

test('an event stream does not keep the server from stopping', async () => {
  const streaming = await startServer()
  const response = await fetch(`${streaming.adminUrl}/v1/events/stream`, {
    headers: { authorization: `Bearer ${streaming.adminKey}` },
  })
  const started = Date.now()
  const [code] = await Promise.all([streaming.stop(), response.text()])
  assert.equal(code, 0)
  assert.ok(Date.now() - started < 5000)
})

test('a second start changes nothing, and kill -9 between them loses nothing', async () => {
  const dataDir = server.dataDir
  const before = await server.api<{ data: { id: string }[] }>('GET', '/v1/realms')
  const linkIn = (output: string) => /bootstrap=\S+/.exec(output)?.[0]
  const link = linkIn(server.output())
  await server.kill()
  server = await startServer({ dataDir, ports: server.ports })
  assert.ok(link)
  assert.equal(linkIn(server.output()), link, 'the link of the first administrator is the same until it is used')
  assert.deepEqual(await server.api('GET', '/v1/realms'), before)
})

test('two servers on one SQLite file are one too many', async () => {
  const main = new URL('../main.ts', import.meta.url).pathname
  const { status, stderr } = spawnSync(process.execPath, [main], {
    encoding: 'utf8',
    cwd: server.dataDir,
    env: {
      COUNTERSIGN_DATA_DIR: server.dataDir,
      COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${await freePort()}`,
      COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${await freePort()}`,
    },
  })
  assert.equal(status, 1)
  assert.match(stderr, /another process/i)
  assert.doesNotMatch(stderr, /\n\s+at /)
})

test('a server with another master key than its database’s does not start, and leaves the database as it was', async () => {
  const first = await startServer()
  await first.kill()
  const main = new URL('../main.ts', import.meta.url).pathname
  const { status, stderr } = spawnSync(process.execPath, [main], {
    encoding: 'utf8',
    cwd: first.dataDir,
    env: {
      COUNTERSIGN_DATA_DIR: first.dataDir,
      COUNTERSIGN_MASTER_KEY: '0123456789abcdef'.repeat(4),
      COUNTERSIGN_PUBLIC_ADDRESS: `127.0.0.1:${first.ports.public}`,
      COUNTERSIGN_ADMIN_ADDRESS: `127.0.0.1:${first.ports.admin}`,
    },
  })
  assert.equal(status, 1)
  assert.match(stderr, /master key is not the one/)
  const again = await startServer({ dataDir: first.dataDir, ports: first.ports })
  assert.equal((await again.api<{ ok: boolean }>('POST', '/v1/events/verify')).ok, true)
  await again.stop()
  rmSync(first.dataDir, { recursive: true })
})

test('a configuration that is wrong is told in sentences', () => {
  const main = new URL('../main.ts', import.meta.url).pathname
  const { status, stderr } = spawnSync(process.execPath, [main], {
    encoding: 'utf8',
    cwd: server.dataDir,
    env: { COUNTERSIGN_PUBLIC_ADDRESS: 'nonsense', COUNTERSIGN_PUBLIK_URL: 'http://x' },
  })
  assert.equal(status, 1)
  assert.match(stderr, /COUNTERSIGN_PUBLIC_ADDRESS/)
  assert.match(stderr, /COUNTERSIGN_PUBLIK_URL/)
  assert.doesNotMatch(stderr, /\n\s+at /)
})

test('SIGHUP takes over the log level and keeps the server running', async () => {
  const port = await freePort()
  const quiet = await startServer({ ports: { public: port, admin: port } })
  assert.equal((await quiet.call('GET', '/v1/realms')).status, 200, 'one listener serves both')
  assert.equal((await fetch(`${quiet.url}/.well-known/openid-configuration`)).status, 200)
  quiet.process.kill('SIGHUP')
  await new Promise((resolve) => setTimeout(resolve, 600))
  assert.match(quiet.output(), /read again/)
  assert.equal((await fetch(`${quiet.url}/healthz`)).status, 200)
  assert.equal(await quiet.stop(), 0)
  assert.ok(!existsSync(quiet.dataDir))
})

test('listed origins may call the admin API, and no others', async () => {
  const origin = 'https://console.example'
  const open = await startServer({ env: { AUTHPLANE_SERVER_ALLOWED_ORIGINS: origin } })
  const preflight = (from: string) =>
    fetch(`${open.adminUrl}/v1/realms`, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    })
  const allowed = await preflight(origin)
  assert.equal(allowed.status, 204)
  assert.equal(allowed.headers.get('access-control-allow-origin'), origin)
  assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null)
  await open.stop()
})
