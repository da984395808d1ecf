// Checks the spans that a collector receives.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '#kernel/error.ts'
import { startTracing } from './tracing.ts'

interface SentSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[]
  readonly status: { code?: number; message?: string }
}

/** A collector that keeps the spans it is sent (OpenTelemetry Protocol 1.x over HTTP, JSON). */
async function collector() {
  const spans: SentSpan[] = []
  const server = createServer(async (request, response) => {
    assert.equal(request.url, '/v1/traces')
    const { resourceSpans } = (await json(request)) as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] }
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    span: (name: string) => spans.find((span) => span.name === name) ?? assert.fail(`no span ${name}`),
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

test('spans reach the collector as a tree, with the caller’s at its root', async () => {
  await using sink = await collector()
  const tracing = await startTracing(sink.endpoint, '1.2.3')
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const answer = await tracing.span(
    'request',
    { route: '/oauth2/token', status: 200, access_token: 'hunter2' },
    async () => {
      await sleep(5)
      const inner = tracing.span('sign', { algorithm: 'ES256' }, () => 'signed')
      await Promise.all([tracing.span('write', {}, () => sleep(2)), tracing.span('other', {}, () => sleep(1))])
      return inner
    },
    parent,
  )
  assert.equal(answer, 'signed')
  await tracing.stop()

  const root = sink.span('request')
  assert.equal(root.traceId, '0af7651916cd43dd8448eb211c80319c')
  assert.equal(root.parentSpanId, 'b7ad6b7169203331')
  for (const name of ['sign', 'write', 'other']) assert.equal(sink.span(name).parentSpanId, root.spanId, name)
  const attributes = Object.fromEntries(root.attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  assert.deepEqual(attributes, { route: '/oauth2/token', status: 200, access_token: '[redacted]' })
})

test('a work that fails fails on, and its span says so without secrets', async () => {
  await using sink = await collector()
  const tracing = await startTracing(sink.endpoint, '1.2.3')
  assert.throws(() => tracing.span('sync', {}, () => assert.fail('Bearer hunter2')), /hunter2/)
  await assert.rejects(
    tracing.span('async', {}, async () => Promise.reject(new Error('no'))),
    /no/,
  )
  await assert.rejects(
    tracing.span('refused', {}, async () => Promise.reject(new Failure('invalid_grant'))),
    Failure,
  )
  await tracing.stop()
  assert.deepEqual(sink.span('sync').status, { code: 2, message: 'Bearer [redacted]' })
  assert.deepEqual(sink.span('async').status, { code: 2, message: 'no' })
  assert.equal(sink.span('refused').status.code ?? 0, 0, 'a caller’s mistake is no error of the server')
  assert.equal(sink.span('refused').attributes[0]?.value.stringValue, 'invalid_grant')
})

test('a malformed caller’s span is not believed', async () => {
  await using sink = await collector()
  const tracing = await startTracing(sink.endpoint, '1.2.3')
  const headers = [
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `ff-${'a'.repeat(32)}-b7ad6b7169203331-01`,
  ]
  for (const [at, parent] of headers.entries()) tracing.span(`work ${at}`, {}, () => {}, parent)
  await tracing.stop()
  for (const at of headers.keys()) assert.equal(sink.span(`work ${at}`).parentSpanId ?? '', '')
})

test('without a collector the work is done, and with a dead one too', async () => {
  const none = await startTracing(undefined, '1.2.3')
  assert.equal(
    none.span('work', {}, () => 7),
    7,
  )
  await none.stop()

  const dead = await startTracing('http://127.0.0.1:9', '1.2.3', 200)
  assert.equal(await dead.span('work', {}, async () => 7), 7)
  const started = performance.now()
  await dead.stop()
  assert.ok(performance.now() - started < 1000)
})
