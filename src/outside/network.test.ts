import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Failure } from '#kernel/error.ts'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { startDns } from '#testing/dns.ts'
import { createNetwork, type NetworkOptions } from './network.ts'

interface Target extends AsyncDisposable {
  readonly port: number
  /** How many connections were made to it. */
  connections(): number
}

async function listen(server: Server & { closeAllConnections?: () => void }): Promise<Target> {
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections?.()
    },
  }
}

const serveTls = (handler: RequestListener) => listen(createHttpsServer(TEST_CERTIFICATE, handler))
const serve = (handler: RequestListener) => listen(createHttpServer(handler))
const json: RequestListener = (_, response) => response.end('{"keys":[]}')

const local = (options: NetworkOptions = {}) =>
  createNetwork({ allowLoopback: true, authorities: TEST_CERTIFICATE.cert, ...options })

async function refused(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    (value) => assert.fail(`it was let through: ${JSON.stringify(value)}`),
    (reason) => reason,
  )
  assert.ok(error instanceof Failure && error.code === 'unreachable_host', String(error))
  return error
}

test('a JSON document is fetched over TLS that is verified', async () => {
  await using target = await serveTls((request, response) => {
    assert.equal(request.headers['accept-encoding'], 'identity')
    response.end('{"keys":[{"kid":"ø"}]}')
  })
  const url = `https://localhost:${target.port}/jwks`
  assert.deepEqual(await local().fetchJson(url), { keys: [{ kid: 'ø' }] })
  await refused(createNetwork({ allowLoopback: true }).fetchJson(url))

  const verification = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  try {
    await refused(createNetwork({ allowLoopback: true }).fetchJson(url))
  } finally {
    if (verification === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = verification
  }
})

test('a name that resolves to the inside is refused without a connection, also when it was public before', async () => {
  await using target = await serveTls(json)
  await using dns = await startDns({ 'rebind.example.test': { addresses: ['8.8.8.8'] } })
  const network = createNetwork({ dnsServers: [dns.address], authorities: TEST_CERTIFICATE.cert, timeout: 1000 })
  const url = `https://rebind.example.test:${target.port}/jwks`
  network.checkUrl(url)

  dns.set({ 'rebind.example.test': { addresses: ['127.0.0.1'] } })
  await refused(network.fetchJson(url))
  assert.equal(dns.questions('rebind.example.test'), 1)
  assert.equal(target.connections(), 0)
  assert.deepEqual(await local({ dnsServers: [dns.address] }).fetchJson(url), { keys: [] }, 'the target does answer')
})

test('a name with one internal address among public ones is refused', async () => {
  await using target = await serveTls(json)
  await using dns = await startDns({})
  const network = createNetwork({ dnsServers: [dns.address], authorities: TEST_CERTIFICATE.cert, timeout: 1000 })
  for (const addresses of [
    ['127.0.0.1', '8.8.8.8'],
    ['8.8.8.8', '10.0.0.1'],
    ['8.8.8.8', '::1'],
    ['2606:4700::1111', 'fd00::1'],
    ['::ffff:7f00:1'],
    ['64:ff9b::7f00:1'],
    ['169.254.169.254'],
    ['0.0.0.0'],
  ]) {
    dns.set({ 'mixed.example.test': { addresses } })
    await refused(network.fetchJson(`https://mixed.example.test:${target.port}/`))
  }
  assert.equal(target.connections(), 0)
})

test('development’s loopback opens no other inside', async () => {
  await using dns = await startDns({ 'inside.example.test': { addresses: ['10.0.0.1'] } })
  const reasons: string[] = []
  const network = local({ dnsServers: [dns.address], report: (_, reason) => reasons.push(reason) })
  await refused(network.fetchJson('https://inside.example.test/'))
  assert.deepEqual(reasons, ['the name has an internal address'])
})

test('literal internal addresses are refused when fetched, too', async () => {
  await using target = await serve(json)
  const network = createNetwork()
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:7f00:1]']) {
    await refused(network.fetchJson(`http://${host}:${target.port}/`))
    await refused(network.fetchJson(`https://${host}:${target.port}/`))
    assert.throws(() => network.checkUrl(`https://${host}:${target.port}/`), Failure)
  }
  assert.equal(target.connections(), 0)
})

test('redirects are not followed', async () => {
  await using inside = await serve(json)
  for (const status of [301, 302, 303, 307, 308]) {
    await using target = await serve((_, response) => {
      response.writeHead(status, { location: `http://127.0.0.1:${inside.port}/` }).end('{"keys":[]}')
    })
    await refused(local().fetchJson(`http://localhost:${target.port}/`))
  }
  assert.equal(inside.connections(), 0)
})

test('answers but 200 with a JSON body are refused, and nothing of them is told', async () => {
  for (const handler of [
    (_, response) => response.writeHead(500).end('{"internal":"secret-detail"}'),
    (_, response) => response.writeHead(204).end(),
    (_, response) => response.end('<html>secret-detail</html>'),
    (_, response) => response.end(''),
    (_, response) => response.end(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"keys":[]}')),
    (request) => request.socket.destroy(),
    (request) => request.socket.end('SSH-2.0-OpenSSH secret-detail\r\n'),
    (_, response) => response.writeHead(200, { 'content-length': 100 }).write('{') && response.destroy(),
    (_, response) => response.writeHead(200, { large: 'x'.repeat(20_000) }).end('{}'),
  ] satisfies RequestListener[]) {
    await using target = await serve(handler)
    const failure = await refused(local({ timeout: 1000 }).fetchJson(`http://localhost:${target.port}/`))
    assert.doesNotMatch(`${failure.message}${JSON.stringify(failure)}`, /secret-detail|SSH/)
  }
})

test('a body is read to 64 KiB and no further', async () => {
  const sized = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
  let size = 64 * 1024
  await using target = await serve((_, response) => response.end(sized(size)))
  const url = `http://localhost:${target.port}/`
  assert.equal(String(await local().fetchJson(url)).length, size - 2)
  size += 1
  await refused(local().fetchJson(url))

  let sent = 0
  await using endless = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && sent < 50_000_000 && response.write(Buffer.alloc(16_384, 32))) sent += 16_384
    }
    response.on('drain', more)
    more()
  })
  await refused(local().fetchJson(`http://localhost:${endless.port}/`))
  assert.ok(sent < 20_000_000, `${sent} bytes were taken`)
})

test('a slow answer is given up in time, whichever part is slow', async () => {
  await using silent = await serve(() => {})
  await using drip = await serve((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  })
  await using notTls = await serve(() => {})
  const started = performance.now()
  await refused(local({ timeout: 200 }).fetchJson(`http://localhost:${silent.port}/`))
  await refused(local({ timeout: 200 }).fetchJson(`http://localhost:${drip.port}/`))
  await refused(local({ timeout: 200 }).fetchJson(`https://localhost:${notTls.port}/`))
  await refused(local({ timeout: 200, dnsServers: ['127.0.0.1:9'] }).fetchJson('https://unanswered.example.test/'))
  assert.ok(performance.now() - started < 3000)
})

test('CNAME records are found; no record is none, a broken DNS is a failure', async () => {
  await using dns = await startDns({
    'id.customer.test': { cname: 'Custom.Server.TEST' },
    'plain.customer.test': { addresses: ['8.8.8.8'] },
    'broken.customer.test': { broken: true },
  })
  const network = createNetwork({ dnsServers: [dns.address] })
  assert.deepEqual(await network.resolveCname('id.customer.test'), ['custom.server.test'])
  assert.deepEqual(await network.resolveCname('plain.customer.test'), [])
  assert.deepEqual(await network.resolveCname('unknown.customer.test'), [])
  await refused(network.resolveCname('broken.customer.test'))
})
