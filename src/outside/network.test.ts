// Checks outgoing requests to addresses that other people chose.
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
import { createDnsRecords } from './dns-records.ts'
import { createNetwork, type NetworkOptions } from './network.ts'

const NOW = { tenantId: 'tenant', maxAge: 0 }

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
  assert.deepEqual(await local().fetchJson(url, NOW), { keys: [{ kid: 'ø' }] })
  await refused(createNetwork({ allowLoopback: true }).fetchJson(url, NOW))

  const verification = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  try {
    await refused(createNetwork({ allowLoopback: true }).fetchJson(url, NOW))
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
  await refused(network.fetchJson(url, NOW))
  assert.equal(dns.questions('rebind.example.test'), 1)
  assert.equal(target.connections(), 0)
  assert.deepEqual(
    await local({ dnsServers: [dns.address] }).fetchJson(url, NOW),
    { keys: [] },
    'the target does answer',
  )
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
    await refused(network.fetchJson(`https://mixed.example.test:${target.port}/`, NOW))
  }
  assert.equal(target.connections(), 0)
})

test('development’s loopback opens no other inside', async () => {
  await using dns = await startDns({ 'inside.example.test': { addresses: ['10.0.0.1'] } })
  const reasons: string[] = []
  const network = local({ dnsServers: [dns.address], report: (_, reason) => reasons.push(reason) })
  await refused(network.fetchJson('https://inside.example.test/', NOW))
  assert.deepEqual(reasons, ['the name has an internal address'])
})

test('literal internal addresses are refused when fetched, too', async () => {
  await using target = await serve(json)
  const network = createNetwork()
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:7f00:1]']) {
    await refused(network.fetchJson(`http://${host}:${target.port}/`, NOW))
    await refused(network.fetchJson(`https://${host}:${target.port}/`, NOW))
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
    await refused(local().fetchJson(`http://localhost:${target.port}/`, NOW))
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
    const failure = await refused(local({ timeout: 1000 }).fetchJson(`http://localhost:${target.port}/`, NOW))
    assert.doesNotMatch(`${failure.message}${JSON.stringify(failure)}`, /secret-detail|SSH/)
  }
})

test('a body is read to 64 KiB and no further', async () => {
  const sized = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
  let size = 64 * 1024
  await using target = await serve((_, response) => response.end(sized(size)))
  const url = `http://localhost:${target.port}/`
  assert.equal(String(await local().fetchJson(url, NOW)).length, size - 2)
  size += 1
  await refused(local().fetchJson(url, NOW))

  let sent = 0
  await using endless = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && sent < 50_000_000 && response.write(Buffer.alloc(16_384, 32))) sent += 16_384
    }
    response.on('drain', more)
    more()
  })
  await refused(local().fetchJson(`http://localhost:${endless.port}/`, NOW))
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
  await refused(local({ timeout: 200 }).fetchJson(`http://localhost:${silent.port}/`, NOW))
  await refused(local({ timeout: 200 }).fetchJson(`http://localhost:${drip.port}/`, NOW))
  await refused(local({ timeout: 200 }).fetchJson(`https://localhost:${notTls.port}/`, NOW))
  await refused(local({ timeout: 200, dnsServers: ['127.0.0.1:9'] }).fetchJson('https://unanswered.example.test/', NOW))
  assert.ok(performance.now() - started < 3000)
})

test('CNAME records are found; no record is none, a broken DNS is a failure', async () => {
  await using dns = await startDns({
    'id.customer.test': { cname: 'Custom.Server.TEST' },
    'plain.customer.test': { addresses: ['8.8.8.8'] },
    'broken.customer.test': { broken: true },
  })
  const network = createNetwork({ dnsServers: [dns.address] })
  assert.deepEqual(await network.resolveCname('id.customer.test', { tenantId: 'tenant' }), ['custom.server.test'])
  assert.deepEqual(await network.resolveCname('plain.customer.test', { tenantId: 'tenant' }), [])
  assert.deepEqual(await network.resolveCname('unknown.customer.test', { tenantId: 'tenant' }), [])
  await refused(network.resolveCname('broken.customer.test', { tenantId: 'tenant' }))
})

test('TXT records are found, each as one text', async () => {
  const long = 'a'.repeat(300)
  await using dns = await startDns({
    '_countersign.customer.test': { texts: ['first', long] },
    'broken.customer.test': { broken: true },
  })
  const network = createNetwork({ dnsServers: [dns.address] })
  const tenant = { tenantId: 'tenant' }
  assert.deepEqual((await network.resolveTxt('_countersign.customer.test', tenant)).sort(), [long, 'first'])
  assert.deepEqual(await network.resolveTxt('unknown.customer.test', tenant), [])
  await refused(network.resolveTxt('broken.customer.test', tenant))
})

test('CNAME queries of a tenant are few at once and shared, and one that failed is not repeated for a while', async () => {
  let now = 1_000_000
  let running = 0
  const asked: string[] = []
  let most = 0
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const resolver = {
    resolveCname: async (host: string) => {
      asked.push(host)
      most = Math.max(most, ++running)
      if (host.startsWith('slow')) await held
      running--
      if (host.startsWith('broken')) throw Object.assign(new Error('SERVFAIL'), { code: 'ESERVFAIL' })
      return ['Target.Example.']
    },
    resolveTxt: async () => [],
  }
  const { resolveCname: look } = createDnsRecords(resolver, { now: () => now }, () => {})
  const tenant = { tenantId: 'greedy' }
  const same = Array.from({ length: 10 }, () => look('slow.same', tenant))
  const slow = Array.from({ length: 20 }, (_, index) => look(`slow.${index}`, tenant))
  assert.deepEqual(await look('fast.example', { tenantId: 'other' }), ['target.example'])
  assert.equal(asked.filter((host) => host === 'slow.same').length, 1)
  release()
  await Promise.all([...same, ...slow])
  assert.equal(most, 5, 'four of the one tenant and one of the other')
  for (let again = 0; again < 5; again++) await refused(look('broken.example', tenant))
  assert.equal(asked.filter((host) => host === 'broken.example').length, 1)
  now += 15_000
  await refused(look('broken.example', tenant))
  assert.equal(asked.filter((host) => host === 'broken.example').length, 2)
})

/** A host that answers some paths and never answers others. */
async function serveSome() {
  const asked: string[] = []
  const target = await serve((request, response) => {
    asked.push(request.url ?? '')
    if (!request.url?.startsWith('/hang')) json(request, response)
  })
  return { asked, target, at: (path: string) => `http://127.0.0.1:${target.port}${path}` }
}

const of = (tenantId: string, maxAge = 60_000) => ({ tenantId, maxAge })

test('a tenant whose addresses hang leaves the places of others, at the same host too', async () => {
  const hanging = await serveSome()
  await using _ = hanging.target
  const network = local({ timeout: 1500 })
  const hang = Array.from({ length: 60 }, (_, index) => network.fetchJson(hanging.at(`/hang/${index}`), of('greedy')))
  const ended = Promise.allSettled(hang)
  const start = performance.now()
  const others = Array.from({ length: 20 }, (_, index) => network.fetchJson(hanging.at(`/keys/${index}`), of('other')))
  assert.equal((await Promise.all(others)).length, 20)
  assert.ok(performance.now() - start < 1400)
  assert.ok(hanging.asked.filter((path) => path.startsWith('/hang')).length <= 8)
  await hanging.target[Symbol.asyncDispose]()
  await ended
})

test('forty callers of one address make one request, and a failure is kept for a while', async () => {
  const some = await serveSome()
  await using _ = some.target
  let now = 1_000_000
  const network = local({ timeout: 100, clock: { now: () => now } })
  await Promise.all(Array.from({ length: 40 }, () => network.fetchJson(some.at('/keys'), of('tenant'))))
  assert.deepEqual(some.asked, ['/keys'])
  await refused(network.fetchJson(some.at('/hang'), of('tenant')))
  for (let again = 0; again < 5; again++) await refused(network.fetchJson(some.at('/hang'), of('tenant')))
  assert.deepEqual(some.asked, ['/keys', '/hang'])
  now += 16_000
  await refused(network.fetchJson(some.at('/hang'), of('tenant')))
  await network.fetchJson(some.at('/keys'), of('tenant'))
  assert.deepEqual(some.asked, ['/keys', '/hang', '/hang'])
  now += 60_000
  await network.fetchJson(some.at('/keys'), of('tenant'))
  assert.equal(some.asked.length, 4)
})

test('a request that fails takes from nobody the document that was there', async () => {
  let works = true
  let asked = 0
  await using target = await serve((_, response) => response.writeHead(++asked && works ? 200 : 500).end('{"keys":[]}'))
  let now = 1_000_000
  const network = local({ clock: { now: () => now } })
  const get = (maxAge: number) => network.fetchJson(`http://localhost:${target.port}/`, { tenantId: 'tenant', maxAge })
  await get(300_000)
  works = false
  now += 30_000
  await refused(get(30_000))
  for (let again = 0; again < 3; again++) {
    assert.deepEqual(await get(300_000), { keys: [] })
    await refused(get(30_000))
  }
  assert.equal(asked, 2, 'the failure is kept for those who want a newer one')
  works = true
  now += 15_000
  await get(30_000)
  works = false
  now += 300_000
  await refused(get(300_000))
})

test('a document is kept as long as its headers say, within the bounds of who asks', async () => {
  let asked = 0
  let headers = {}
  await using target = await serve((_, response) => response.writeHead(200, headers).end(`{"asked":${++asked}}`))
  let now = 1_000_000
  const network = local({ clock: { now: () => now } })
  const bounded = { tenantId: 'tenant', maxAge: { atLeast: 60_000, atMost: 600_000 } }
  const answers = (path: string) => network.fetchJson(`http://localhost:${target.port}/${path}`, bounded)
  for (const [path, control, lifetime] of [
    ['absent', undefined, 60_000],
    ['floor', 'no-store', 60_000],
    ['between', 'max-age=120', 120_000],
    ['ceiling', 'max-age=86400', 600_000],
  ] as const) {
    headers = control === undefined ? {} : { 'cache-control': control }
    const first = await answers(path)
    now += lifetime - 1
    assert.deepEqual(await answers(path), first, path)
    now += 1
    assert.notDeepEqual(await answers(path), first, path)
  }
})

test('who wants JSON gets no other media type, and no body above its own limit', async () => {
  let type: string | undefined
  let size = 100
  await using target = await serve((_, response) => {
    response
      .writeHead(200, type === undefined ? {} : { 'content-type': type })
      .end(JSON.stringify('x'.repeat(size - 2)))
  })
  const url = `http://localhost:${target.port}/`
  const ask = () => local().fetchJson(url, { ...NOW, jsonOnly: true, mostBytes: 100 })
  for (type of ['application/json', 'application/json; charset=utf-8', 'application/client-metadata+json']) await ask()
  for (type of [undefined, 'text/html', 'text/json', 'application/jsonp', 'application/json-seq']) await refused(ask())
  type = 'application/json'
  size = 101
  await refused(ask())
})

test('a document that its reader refuses is not kept; the refusal is, for a while', async () => {
  const some = await serveSome()
  await using _ = some.target
  let now = 1_000_000
  const network = local({ clock: { now: () => now } })
  let sound = false
  let admitted = 0
  const ask = () =>
    network.fetchJson(some.at('/document'), {
      ...of('tenant'),
      admit: async () => void admitted++,
      check: () => {
        if (!sound) throw new Failure('invalid_client_metadata')
      },
    })
  const isRefusal = (error: unknown) => error instanceof Failure && error.code === 'invalid_client_metadata'
  for (let again = 0; again < 3; again++) await assert.rejects(ask(), isRefusal)
  sound = true
  now += 14_999
  await assert.rejects(ask(), isRefusal)
  assert.deepEqual([some.asked.length, admitted], [1, 1])
  now += 1
  for (let again = 0; again < 3; again++) await ask()
  assert.deepEqual([some.asked.length, admitted], [2, 2])
})

test('a request that is not admitted is not made, and asked for again', async () => {
  const some = await serveSome()
  await using _ = some.target
  let admits = false
  const ask = () =>
    local().fetchJson(some.at('/document'), {
      ...of('tenant'),
      admit: async () => {
        if (!admits) throw new Failure('too_many_requests')
      },
    })
  await assert.rejects(ask(), (error: unknown) => error instanceof Failure && error.code === 'too_many_requests')
  assert.deepEqual(some.asked, [])
  admits = true
  await ask()
  assert.deepEqual(some.asked, ['/document'])
})
