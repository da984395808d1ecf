// Checks outgoing POST requests.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { test } from 'node:test'
import { TEST_CERTIFICATE } from '#testing/certificate.ts'
import { startDns } from '#testing/dns.ts'
import { createNetwork } from './network.ts'

async function listen(server: Server & { closeAllConnections(): void }) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let connections = 0
  server.on('connection', () => connections++)
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
const serve = (handler: RequestListener) => listen(createServer(handler))
const message = {
  tenantId: 'tenant',
  headers: { 'content-type': 'application/json', 'x-mark': 'a' },
  body: '{"name":"ø"}',
  timeout: 1000,
}
const network = createNetwork({ allowLoopback: true })

test('a body is posted as it is, and the status comes back, a redirect’s too', async () => {
  const seen: unknown[] = []
  await using target = await serve(async (request, response) => {
    let body = ''
    for await (const piece of request.setEncoding('utf8')) body += piece
    seen.push([request.method, request.url, request.headers['x-mark'], body])
    response.writeHead(request.url === '/moved' ? 302 : 500, { location: '/elsewhere' }).end('secret words')
  })
  for (const [path, status] of [
    ['/hook', 500],
    ['/moved', 302],
  ]) {
    const outcome = await network.post(`http://127.0.0.1:${target.port}${path}`, message)
    assert.deepEqual([outcome.status, outcome.error], [status, null])
    assert.deepEqual(Object.keys(outcome).sort(), ['error', 'milliseconds', 'status'])
  }
  assert.deepEqual(seen, [
    ['POST', '/hook', 'a', message.body],
    ['POST', '/moved', 'a', message.body],
  ])
})

test('whoever does not answer, or not within the time, is told apart no closer than that', async () => {
  await using hanging = await serve(() => {})
  await using breaking = await serve((request) => void request.socket.destroy())
  await using dns = await startDns({ 'inside.example.test': { addresses: ['10.0.0.1'] } })
  const guarded = createNetwork({ dnsServers: [dns.address] })
  const at = (port: number) => `http://127.0.0.1:${port}/`
  const cases = [
    [network.post(at(hanging.port), { ...message, timeout: 100 }), 'timeout'],
    [network.post(at(breaking.port), message), 'unreachable'],
    [network.post('http://127.0.0.1:1/', message), 'unreachable'],
    [network.post(at(hanging.port), { ...message, signal: AbortSignal.timeout(50) }), 'aborted'],
    [guarded.post('https://inside.example.test/', message), 'unreachable'],
    [guarded.post(at(hanging.port), message), 'refused'],
    [guarded.post('https://10.0.0.1/', message), 'refused'],
    [guarded.post('https://169.254.169.254/latest', message), 'refused'],
    [guarded.post('nonsense', message), 'refused'],
  ] as const
  for (const [outcome, error] of cases) {
    const { status, error: found } = await outcome
    assert.deepEqual([status, found], [null, error])
  }
  assert.equal(hanging.connections(), 2, 'refused addresses are not connected to')
})

test('a name that moved to the inside after it was checked is not connected to', async () => {
  await using target = await serve((_, response) => void response.end())
  await using dns = await startDns({ 'rebind.example.test': { addresses: ['8.8.8.8'] } })
  const guarded = createNetwork({ dnsServers: [dns.address] })
  const url = `https://rebind.example.test:${target.port}/`
  guarded.checkUrl(url)
  dns.set({ 'rebind.example.test': { addresses: ['127.0.0.1'] } })
  assert.equal((await guarded.post(url, message)).error, 'unreachable')
  assert.equal(target.connections(), 0)
})

test('a certificate that nobody vouches for is an error of its own', async () => {
  await using target = await listen(createHttpsServer(TEST_CERTIFICATE, (_, response) => void response.end()))
  const url = `https://localhost:${target.port}/`
  assert.equal((await network.post(url, message)).error, 'tls')
  const trusting = createNetwork({ allowLoopback: true, authorities: TEST_CERTIFICATE.cert })
  assert.equal((await trusting.post(url, message)).status, 200)
})

test('an answer without end costs neither memory nor more than the time', async () => {
  let sent = 0
  await using target = await serve((_, response) => {
    const piece = 'x'.repeat(16_384)
    const go = () => {
      while (!response.destroyed && response.write(piece)) sent += piece.length
    }
    response.on('drain', go)
    go()
  })
  await using slow = await serve((_, response) => {
    response.writeHead(202)
    response.write('and so on')
  })
  assert.equal((await network.post(`http://127.0.0.1:${target.port}/`, message)).status, 200)
  assert.ok(sent < 20_000_000)
  const { status, milliseconds } = await network.post(`http://127.0.0.1:${slow.port}/`, { ...message, timeout: 200 })
  assert.equal(status, 202)
  assert.ok(milliseconds < 900)
})
