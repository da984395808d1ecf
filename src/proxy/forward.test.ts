// Checks that requests and responses pass through, piece by piece, and what happens when one side fails.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createSocketServer } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createUpstreams, type Upstreams } from '#outside/upstreams.ts'
import { failure } from '#testing/run-operation.ts'
import { bodyOf, type Forwarded, type Forwarding, forward, UpstreamFailure } from './forward.ts'
import { endToEnd } from './hop-by-hop.ts'

let upstreams: Upstreams
let upstream: Server
let front: Server
let answer: RequestListener
let options: Partial<Forwarding>
const outcomes: (Forwarded | unknown)[] = []

const listen = async (
  server: { listen(port: number, host: string): unknown; address(): unknown } & NodeJS.EventEmitter,
) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

let origin: string
let url: string
before(async () => {
  upstreams = createUpstreams({ isListed: () => false, allowLoopback: true })
  upstream = createServer((received, response) => answer(received, response))
  origin = await listen(upstream)
  front = createServer(async (received, response) => {
    const headers = [...endToEnd(received.rawHeaders, (name) => name === 'host'), 'host', 'upstream.example']
    try {
      const done = await forward(response, {
        upstream: upstreams.pool(origin, 'test'),
        method: received.method ?? '',
        path: received.url ?? '',
        headers,
        body: bodyOf(received),
        ...{ headersTimeout: 2000, bodyTimeout: 2000 },
        ...options,
      })
      outcomes.push(done)
    } catch (error) {
      outcomes.push(error)
      if (!(error instanceof UpstreamFailure)) throw error
      if (!response.destroyed) response.writeHead(error.problem === 'timeout' ? 504 : 502).end(error.problem)
    }
  })
  url = await listen(front)
})
after(async () => {
  await upstreams.close()
  for (const server of [front, upstream]) {
    server.closeAllConnections()
    server.close()
  }
})

const reset = (listener: RequestListener, changed: Partial<Forwarding> = {}) => {
  answer = listener
  options = changed
  outcomes.length = 0
}

/** A raw request, and all that came back until the connection closed. */
async function raw(message: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(message)
  return text(socket)
}

test('method, path, headers and body pass as they were sent; what is about a connection does not', async () => {
  let seen: IncomingMessage | undefined
  let sent = ''
  reset(async (received, response) => {
    seen = received
    sent = await text(received)
    response.writeHead(201, [
      ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Own', 'yes', 'X-Hop', 'no'],
      ...['Connection', 'X-Hop, keep-alive', 'Keep-Alive', 'timeout=9'],
    ])
    response.end('made')
  })
  const reply = await raw(
    'POST /a%20b?c=d&c=e HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nx-one: 2\r\nX-Secret: s\r\nConnection: close, X-Secret, Content-Length\r\n' +
      'Keep-Alive: 3\r\nTE: trailers\r\nProxy-Authorization: Basic eA==\r\nContent-Length: 5\r\n\r\nhello',
  )
  assert.equal(sent, 'hello')
  assert.deepEqual([seen?.method, seen?.url, seen?.headers.host], ['POST', '/a%20b?c=d&c=e', 'upstream.example'])
  assert.deepEqual(seen?.headersDistinct['x-one'], ['1', '2'])
  for (const name of ['x-secret', 'te', 'keep-alive', 'proxy-authorization'])
    assert.ok(!(name in (seen?.headers ?? {})), name)
  assert.match(reply, /^HTTP\/1\.1 201 /)
  assert.match(reply, /set-cookie: a=1\r\nset-cookie: b=2\r\n/i)
  assert.match(reply, /x-own: yes/i)
  assert.doesNotMatch(reply, /x-hop|timeout=9/i)
  assert.deepEqual(outcomes, [{ status: 201, requestBytes: 5, responseBytes: 4, complete: true }])
})

test('a body of unknown length goes on in pieces, while the response comes back', async () => {
  reset((received, response) => {
    response.writeHead(200)
    received.pipe(response)
  })
  const asked = request(url, { method: 'PUT' })
  asked.flushHeaders()
  asked.write('one ')
  const [reply] = (await once(asked, 'response')) as [IncomingMessage]
  const [first] = await once(reply, 'data')
  assert.equal(String(first), 'one ', 'the first piece is back before the second one is sent')
  asked.end('two')
  assert.equal(await text(reply), 'two')
})

test('connections to the upstream are used again', async () => {
  const ports = new Set<number | undefined>()
  reset((received, response) => {
    ports.add(received.socket.remotePort)
    response.end('ok')
  })
  for (let count = 0; count < 5; count++) assert.equal(await (await fetch(url)).text(), 'ok')
  assert.equal(ports.size, 1)
})

test('HEAD, 204 and 304 have no body', async () => {
  reset((received, response) => {
    if (received.method === 'HEAD') response.writeHead(200, { 'content-length': '7' }).end()
    else response.writeHead(received.url === '/304' ? 304 : 204).end()
  })
  const head = await fetch(url, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, '7'])
  assert.deepEqual([(await fetch(`${url}/304`)).status, (await fetch(`${url}/204`)).status], [304, 204])
})

test('no response, no answer in time and an answer that is no HTTP are told apart', async () => {
  reset(() => {}, { headersTimeout: 200 })
  const late = await fetch(url)
  assert.deepEqual([late.status, await late.text()], [504, 'timeout'])
  const gone = createServer()
  const address = await listen(gone)
  gone.close()
  reset(() => {}, { upstream: upstreams.pool(address, 'test') })
  assert.equal(await (await fetch(url)).text(), 'unreachable')
  const rude = createSocketServer((socket) => socket.end('no http at all\r\n\r\n')).unref()
  reset(() => {}, { upstream: upstreams.pool(await listen(rude), 'test') })
  const odd = await (await fetch(url)).text()
  assert.equal(odd, 'invalid', String((outcomes[0] as Error).cause))
  rude.close()
})

test('a response that breaks off is not taken for a whole one', async () => {
  reset((_received, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    setTimeout(() => response.destroy(), 50)
  })
  const reply = await fetch(url)
  await assert.rejects(reply.text())
  assert.deepEqual(outcomes, [{ status: 200, requestBytes: 0, responseBytes: 4, complete: false }])
})

test('a client that goes away ends the request at the upstream', async () => {
  const ended = Promise.withResolvers<void>()
  reset((_received, response) => {
    response.writeHead(200)
    response.write('x')
    response.once('close', ended.resolve)
  })
  const leaving = new AbortController()
  const reply = await fetch(url, { signal: leaving.signal })
  assert.equal(reply.status, 200)
  leaving.abort()
  await ended.promise
})

test('bodies have limits where they are given', async () => {
  reset(async (received, response) => response.end(await text(received)), { requestMax: 1000 })
  const send = (bytes: number) =>
    fetch(url, {
      method: 'POST',
      body: Readable.toWeb(Readable.from([Buffer.alloc(bytes, 'a')])),
      duplex: 'half',
    } as RequestInit)
  assert.equal((await send(1000)).status, 200)
  const refused = await send(1001)
  assert.deepEqual([refused.status, await refused.text()], [502, 'too_large'])
  reset((_received, response) => response.end(Buffer.alloc(100_000)), { responseMax: 1000 })
  await assert.rejects(async () => (await fetch(url)).text())
})

test('an upstream that answers before it has read everything is heard, and the connection goes on', async () => {
  reset((_received, response) => {
    response.writeHead(413).end('too much')
  })
  const reply = await fetch(url, { method: 'POST', body: Buffer.alloc(3_000_000) })
  assert.deepEqual([reply.status, await reply.text()], [413, 'too much'])
})

test('a slow client slows the upstream down', async () => {
  let written = 0
  reset((_received, response) => {
    const piece = Buffer.alloc(64 * 1024)
    const more = () => {
      while (written < 64 * 1024 * 1024) {
        written += piece.length
        if (!response.write(piece)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await pause(500)
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were written though nobody reads`)
  socket.destroy()
})

test('only listed upstreams may be internal', () => {
  const guarded = createUpstreams({ isListed: (origin) => origin === 'http://10.0.0.5:8080', allowLoopback: false })
  guarded.check('http://10.0.0.5:8080')
  guarded.check('https://api.example.com')
  const refused = [
    'http://10.0.0.5',
    'http://127.0.0.1:9001',
    'https://169.254.169.254',
    'http://api.example.com',
    'https://a.example/path',
    'x',
  ]
  for (const each of refused) assert.throws(() => guarded.check(each), failure('unreachable_host'), each)
})
