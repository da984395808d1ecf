// Checks endpoints on the fast path over real connections.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { postgresForTests } from '#testing/postgres.ts'
import { wireTo } from '#testing/redis.ts'
import { startServer, type TestServer } from '#testing/server.ts'

// The endpoints that go past the router answer as everything else does: with an id, in the log, and whatever is sent.

let server: TestServer

before(async () => {
  server = await startServer()
})
after(() => server.stop())

/** What a server answers to bytes, until it closes the connection. */
function answerTo(...pieces: string[]): Promise<string> {
  return answerOf(server, ...pieces)
}

async function answerOf({ ports }: TestServer, ...pieces: string[]): Promise<string> {
  const socket = connect(ports.public, '127.0.0.1')
  await once(socket, 'connect')
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return text(socket)
}

const FORM = 'content-type: application/x-www-form-urlencoded\r\n'
const HEAD = `POST /oauth/token HTTP/1.1\r\nhost: 127.0.0.1\r\n${FORM}`

test('an answer has an id of its own, and nobody may guess its type', async () => {
  const ids = new Set<string>()
  for (const path of ['/jwks.json', '/.well-known/openid-configuration', '/realms/default/jwks.json', '/docs']) {
    const { headers } = await fetch(`${server.url}${path}`)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    ids.add(headers.get('x-request-id') ?? '')
  }
  assert.equal(ids.size, 4)
  assert.ok(!ids.has(''))
})

test('a form that comes in pieces is read whole', async () => {
  const body = 'grant_type=client_credentials&client_id=nobody&client_secret=x'
  const pieces = [
    `${HEAD}connection: close\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
    body.slice(20),
  ]
  assert.match(await answerTo(...pieces), /^HTTP\/1\.1 401 [\s\S]*invalid_client/)
})

test('a form in chunks of unknown length is read whole', async () => {
  const chunk = 'grant_type=nonsense'
  const answer = await answerTo(
    `${HEAD}connection: close\r\ntransfer-encoding: chunked\r\n\r\n`,
    `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
    '0\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*unsupported_grant_type/)
})

test('who sends more than a form may be gets an answer, and may go on', async () => {
  const long = 'x'.repeat(1_000_000)
  const sent = `${HEAD}content-length: ${long.length}\r\n\r\n${long}`
  const next = `${HEAD}connection: close\r\ncontent-length: 3\r\n\r\na=b`
  assert.match(await answerTo(sent + next), /^HTTP\/1\.1 413 [\s\S]*HTTP\/1\.1 400 [\s\S]*grant_type/)
  const chunks = Array.from({ length: 5 }, () => `10000\r\n${'x'.repeat(0x10000)}\r\n`)
  const chunked = `${HEAD}transfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`
  assert.match(await answerTo(chunked + next), /^HTTP\/1\.1 413 [\s\S]*HTTP\/1\.1 400 [\s\S]*grant_type/)
})

test('two credentials are one too many', async () => {
  const twice = 'authorization: Basic YTpi\r\nauthorization: Basic YTpj\r\n'
  const answer = await answerTo(`${HEAD}${twice}connection: close\r\ncontent-length: 3\r\n\r\na=b`)
  assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*Send one authorization header/)
})

test('a caller that hangs up in the middle of a form leaves nothing behind', async () => {
  for (let count = 0; count < 20; count++) {
    const socket = connect(server.ports.public, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`${HEAD}content-length: 50\r\n\r\ngrant_type=`)
    await new Promise((resolve) => setTimeout(resolve, 2))
    socket.destroy()
  }
  assert.equal((await fetch(`${server.url}/jwks.json`)).status, 200)
})

test('a request that nobody reads does not end a server whose database is away', async (t) => {
  const postgres = await postgresForTests()
  t.after(() => postgres.close())
  const wire = await wireTo(postgres.url)
  t.after(() => wire.close())
  const cutOff = await startServer({ env: { COUNTERSIGN_DATABASE_URL: wire.url } })
  t.after(() => cutOff.kill())
  await wire.cut()
  const elsewhere = HEAD.replace('/oauth', '/realms/nowhere/oauth')
  for (const rest of [
    'authorization: Basic YTpi\r\nauthorization: Basic YTpj\r\ncontent-length: 3\r\n\r\na=b',
    'content-length: 9999999\r\n\r\n',
    'content-length: 3\r\n\r\na=b',
  ]) {
    assert.match(await answerOf(cutOff, `${elsewhere}connection: close\r\n${rest}`), /^HTTP\/1\.1 503 /)
  }
  assert.equal(cutOff.process.exitCode, null)
})

test('who is in the middle of a request as the server stops is answered, and told not to ask again', async () => {
  const stopping = await startServer()
  const socket = connect(stopping.ports.public, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`${HEAD}content-length: 3\r\n\r\na`)
  // Once this is answered, the head before it was read.
  await (await fetch(`${stopping.url}/healthz`)).text()
  const stopped = stopping.stop()
  while (await fetch(`${stopping.url}/healthz`).catch(() => undefined)) {}
  socket.write('=b')
  assert.match(await text(socket), /^HTTP\/1\.1 400 [\s\S]*connection: close[\s\S]*grant_type/i)
  assert.equal(await stopped, 0)
})

test('a target that is a whole URL leads where its path does, on every way', async () => {
  const key = `authorization: Bearer ${server.adminKey}\r\n`
  for (const [port, path, body] of [
    [server.ports.public, '/jwks.json', /"keys":/],
    [server.ports.admin, '/v1/realms', /"issuer_id":"default"/],
    [
      server.ports.admin,
      '/scim/v2/ServiceProviderConfig',
      /"location":"http:[^"]*:\d+\/scim\/v2\/ServiceProviderConfig"/,
    ],
  ] as const) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET http://elsewhere.example${path} HTTP/1.1\r\nhost: x\r\n${key}connection: close\r\n\r\n`)
    const answer = await text(socket)
    assert.match(answer, /^HTTP\/1\.1 200 /, path)
    assert.match(answer, body, path)
  }
})

test('a caller that hangs up in the middle of a body is no defect that the log has to tell of', async () => {
  const own = await startServer()
  for (const [port, path, type] of [
    [own.ports.public, '/oauth/token', 'application/x-www-form-urlencoded'],
    [own.ports.public, '/sign-in', 'application/x-www-form-urlencoded'],
    [own.ports.admin, '/v1/realms', 'application/json'],
    [own.ports.admin, '/api/v1/admin/users', 'application/json'],
  ] as const) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: 50\r\n\r\n{`)
    // Once this is answered, the head before it was read.
    await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()
    socket.resetAndDestroy()
  }
  assert.equal(await own.stop(), 0)
  assert.doesNotMatch(own.output(), /"level":"error"/)
})

test('what is unusual about a request is the router’s, and answered all the same', async () => {
  const head = await fetch(`${server.url}/jwks.json`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  const other = await fetch(`${server.url}/oauth/token`, { method: 'PUT' })
  assert.deepEqual([other.status, other.headers.get('allow')], [405, 'POST, OPTIONS'])
  const json = await fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(json.status, 415)
})

test('a trusted proxy says who asks and under which name, and nobody else does', async (t) => {
  const behind = await startServer({ env: { COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' } })
  t.after(() => behind.stop())
  const made = await behind.api<{ client_id: string }>('POST', '/v1/realms/default/clients', {
    label: 'Asks',
    grant_types: ['client_credentials'],
  })
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7', 'x-forwarded-host': 'unknown.example' }
  for (const path of ['/oauth/token', '/oauth/authorize']) {
    for (const { url } of [behind, server]) {
      const method = path.endsWith('token') ? 'POST' : 'GET'
      const body =
        method === 'POST'
          ? new URLSearchParams({ grant_type: 'client_credentials', client_id: made.client_id, client_secret: 'x' })
          : null
      await fetch(`${url}${path}`, { method, body, headers: forwarded })
    }
  }
  const { data } = await behind.api<{ data: { ip: string }[] }>('GET', '/v1/events?type=client_authentication.failed')
  assert.deepEqual(
    data.map(({ ip }) => ip),
    ['198.51.100.7'],
  )
})

test('who fails from every address of one IPv6 network fills the log no more than from one', async (t) => {
  const behind = await startServer({ env: { COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1' } })
  t.after(() => behind.stop())
  const { client_id: id } = await behind.api<{ client_id: string }>('POST', '/v1/realms/default/clients', {
    label: 'Asks',
    grant_types: ['client_credentials'],
  })
  for (let host = 1; host <= 30; host++) {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: 'x' })
    const headers = { 'x-forwarded-for': `2001:db8::${host.toString(16)}` }
    assert.equal((await fetch(`${behind.url}/oauth/token`, { method: 'POST', body, headers })).status, 401)
  }
  const query = '/v1/events?type=client_authentication.failed&limit=200'
  assert.equal((await behind.api<{ data: unknown[] }>('GET', query)).data.length, 20)
})
