// Checks attacks on the way of requests through the proxy: paths with two meanings, messages with two ends, open proxies.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { type ProxyStage, startProxyStage } from '#testing/proxy.ts'

let stage: ProxyStage
let host: string
before(async () => {
  stage = await startProxyStage()
  host = new URL(stage.site).host
  await stage.rule('/*', { require: 'anonymous' })
  await stage.rule('/admin/*', { require: 'role:admin', priority: 10 })
})
after(() => stage.stop())

/** Sends bytes and gives what comes back until the connection closes, or for a second. */
async function raw(message: string): Promise<string> {
  const socket = connect(stage.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(message, 'latin1')
  setTimeout(() => socket.destroy(), 1000).unref()
  return text(socket).catch(() => '')
}
const statusesOf = (reply: string) => [...reply.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

test('PX-01 one path has one meaning, or is refused', async () => {
  const paths = [
    ...[
      '/public/../admin/x',
      '/admin/.',
      '//admin/x',
      '/./admin/x',
      '/admin%2f..',
      '/x%2Fadmin',
      '/admin;x',
      '/ADMIN/x',
      '/Admin',
    ],
    ...[
      '/admin%00',
      '/x\\..\\admin',
      '/public/%2e%2e/admin/x',
      '/public/%2E./admin',
      '/%2561dmin',
      '/%5cadmin',
      '/a%',
      '/a%zz',
    ],
    ...['/x/..;/admin', '/public/...', '/adm%c4%b1n%00', '/x|y', '/x"y', '/ädmin'],
  ]
  stage.upstream.seen.length = 0
  for (const path of paths) {
    const [status] = statusesOf(await raw(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))
    assert.ok(status === 400 || status === 401, `${path} was answered with ${status}`)
  }
  assert.deepEqual(
    stage.upstream.seen.map(({ url }) => url),
    [],
    'none of them reached the upstream',
  )
  assert.equal((await stage.ask('/%61dmin/x')).status, 401, 'an escape that means a letter is that letter')
  assert.equal((await stage.ask('/admin/')).status, 401)
  const fine = await stage.ask('/a%20b/%7Ec/d%c3%a9?x=/../admin&y=%2f')
  assert.deepEqual([fine.status, fine.json.url], [200, '/a%20b/~c/d%C3%A9?x=/../admin&y=%2f'])
})

test('PX-02 what a client says of the original request does not count', async () => {
  const headers = {
    'x-forwarded-uri': '/public',
    'x-original-url': '/public',
    'x-rewrite-url': '/public',
    'x-forwarded-method': 'GET',
  }
  assert.equal((await stage.ask('/admin/x', { headers })).status, 401)
  assert.equal((await stage.ask('/x', { headers: { 'x-forwarded-host': 'other.example' } })).status, 200)
  for (const kind of ['nginx', 'forward', 'envoy/x']) {
    assert.equal((await stage.ask(`/.countersign/auth/${kind}`, { headers })).status, 403, 'only trusted proxies ask')
  }
})

test('a message has one end: what another server could read as two requests is refused', async () => {
  const smuggled = 'GET /admin/smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const post = (headers: string, body: string) => `POST /x HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n\r\n${body}`
  const attacks: Record<string, string> = {
    'CL.TE': post(`Content-Length: ${5 + smuggled.length}\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${smuggled}`),
    'TE.CL': post('Transfer-Encoding: chunked\r\nContent-Length: 4', `5c\r\n${smuggled}\r\n0\r\n\r\n`),
    'CL.CL': post('Content-Length: 0\r\nContent-Length: 44', smuggled),
    'CL list': post('Content-Length: 0, 44', smuggled),
    'CL sign': post('Content-Length: +5', 'hello'),
    'CL hex': post('Content-Length: 0x5', 'hello'),
    'TE unknown': post('Transfer-Encoding: xchunked', `0\r\n\r\n${smuggled}`),
    'TE twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${smuggled}`),
    'TE list': post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${smuggled}`),
    'TE space': post('Transfer-Encoding : chunked', `0\r\n\r\n${smuggled}`),
    'TE tab': post('Transfer-Encoding:\tchunked\x0b', `0\r\n\r\n${smuggled}`),
    'bare LF': `GET /x HTTP/1.1\nHost: ${host}\n\n`,
    'bare LF in a header': `GET /x HTTP/1.1\r\nHost: ${host}\r\nX-A: b\nX-User-ID: evil\r\n\r\n`,
    'bare CR': `GET /x HTTP/1.1\r\nHost: ${host}\r\nX-A: b\rX-User-ID: evil\r\n\r\n`,
    'obs-fold': `GET /x HTTP/1.1\r\nHost: ${host}\r\nX-A: b\r\n X-User-ID: evil\r\n\r\n`,
    'space before the colon': `GET /x HTTP/1.1\r\nHost: ${host}\r\nX-User-ID : evil\r\n\r\n`,
    'NUL in a header': `GET /x HTTP/1.1\r\nHost: ${host}\r\nX-A: b\x00c\r\n\r\n`,
    'chunk extension with LF': post('Transfer-Encoding: chunked', '5;a\nhello\r\n0\r\n\r\n'),
    'chunk size': post('Transfer-Encoding: chunked', '-1\r\nhello\r\n0\r\n\r\n'),
    'two hosts': `GET /x HTTP/1.1\r\nHost: ${host}\r\nHost: other.example\r\nConnection: close\r\n\r\n`,
    'no host': 'GET /x HTTP/1.1\r\nConnection: close\r\n\r\n',
  }
  for (const [name, message] of Object.entries(attacks)) {
    stage.upstream.seen.length = 0
    const statuses = statusesOf(await raw(message))
    assert.ok(
      statuses.every((status) => status >= 400),
      `${name}: ${statuses}`,
    )
    const urls = stage.upstream.seen.map(({ url }) => url)
    assert.ok(!urls.some((url) => url?.includes('smuggled')), `${name}: ${urls}`)
    assert.ok(!stage.upstream.seen.some(({ headers }) => headers['x-user-id'] === 'evil'), name)
  }
})

test('PX-07 PX-08 the proxy forwards to its upstreams only', async () => {
  const target = new URL(stage.server.adminUrl).host
  const attempts = [
    `GET http://${target}/healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    `GET http://${target}/healthz HTTP/1.1\r\nHost: ${target}\r\nConnection: close\r\n\r\n`,
    `GET http://user@${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: ${target}\r\nConnection: close\r\n\r\n`,
    `GET @${target}/healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`,
    `TRACE /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  ]
  stage.upstream.seen.length = 0
  for (const attempt of attempts) {
    const [status] = statusesOf(await raw(attempt))
    assert.ok([400, 405, 421].includes(status ?? 0), `${attempt.split('\r')[0]} was answered with ${status}`)
  }
  assert.equal(stage.upstream.seen.length, 0)
  const own = await raw(`GET http://${host}/own?q HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  assert.deepEqual([statusesOf(own), stage.upstream.seen[0]?.url], [[200], '/own?q'])
})

test('PX-08 an administrator of a tenant names no internal upstream', async () => {
  const guarded = await startProxyStage({ env: { COUNTERSIGN_PROXY_UPSTREAMS: 'http://10.1.2.3:8080' } })
  try {
    const { server, applicationId } = guarded
    const create = (upstream: string, name: string) =>
      server.call('POST', '/v1/realms/default/proxy-sites', {
        body: { application_id: applicationId, public_url: `https://${name}.example`, upstream },
      })
    for (const upstream of [
      'http://10.0.0.1',
      'https://169.254.169.254',
      'http://example.com',
      'https://10.1.2.3:8080',
      'https://localhost.internal',
    ]) {
      assert.equal((await create(upstream, 'no')).status, 400, upstream)
    }
    assert.equal((await create('http://10.1.2.3:8080', 'listed')).status, 201, 'what the operator lists is allowed')
    assert.equal((await create('https://example.com', 'public')).status, 201)
    assert.equal((await create('https://example.com', 'public')).status, 409, 'a public URL is of one site')
  } finally {
    await guarded.stop()
  }
})

test('PX-08 a request that comes back to the proxy ends', async () => {
  const { api } = stage.server
  const application = await api<{ id: string }>('POST', '/v1/realms/default/applications', { name: 'Loop' })
  const given = {
    application_id: application.id,
    public_url: `http://127.0.0.1:${stage.port}`,
    upstream: `http://127.0.0.1:${stage.port}`,
  }
  await api('POST', '/v1/realms/default/proxy-sites', given)
  await api('POST', '/v1/realms/default/proxy-rules', {
    name: 'Loop',
    path: '/*',
    require: 'anonymous',
    application_id: application.id,
  })
  assert.equal((await stage.ask('/x', { host: `127.0.0.1:${stage.port}` })).status, 508)
})
