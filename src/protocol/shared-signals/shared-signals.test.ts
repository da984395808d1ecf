// Checks Shared Signals with a receiver of its own that verifies every token with jose.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { CREDENTIAL_CHANGE, SESSION_REVOKED, VERIFICATION } from '#domain/signal-stream/signal-stream.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'
import { UserAgent } from '#testing/user-agent.ts'

const PERSON = { email: 'ada@example.com', password: 'correct horse battery staple' }
const PUSH = 'urn:ietf:rfc:8935'

interface Client {
  readonly id: string
  readonly client_id: string
  readonly client_secret: string
}

let server: TestServer
let receiver: Awaited<ReturnType<typeof openReceiver>>
let client: Client
let userId: string
before(async () => {
  server = await startServer({ env: { COUNTERSIGN_NETWORK_ALLOW_LOOPBACK: 'true' } })
  receiver = await openReceiver()
  client = await makeClient(['ssf.manage'])
  userId = (await server.api<{ id: string }>('POST', '/v1/realms/default/users', PERSON)).id
})
after(async () => {
  receiver.close()
  await server.stop()
})

/** A receiver (RFC 8935 §2): it takes what verifies, and fails as often as it is told. */
async function openReceiver() {
  const taken: { claims: JWTPayload; headers: IncomingHttpHeaders }[] = []
  const state = { failures: 0, attempts: 0 }
  const http = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    state.attempts += 1
    if (state.failures-- > 0) return response.writeHead(503).end()
    const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
    const expected = { issuer: server.url, audience: client.client_id, typ: 'secevent+jwt' }
    const { payload } = await jwtVerify(body, keys, expected)
    taken.push({ claims: payload, headers: request.headers })
    response.writeHead(202).end()
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/events`
  const ofType = (type: string) => taken.filter(({ claims }) => Object.hasOwn(claims.events as object, type))
  return { url, taken, state, ofType, close: () => http.close() }
}

const makeClient = (scopes: string[]) =>
  server.api<Client>('POST', '/v1/realms/default/clients', {
    ...{ label: `Receiver ${scopes}`, grant_types: ['client_credentials'], scopes },
  })

async function tokenOf({ client_id: id, client_secret: secret }: Client): Promise<string> {
  const headers = { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', headers, body })
  return ((await response.json()) as { access_token: string }).access_token
}

async function call(method: string, path: string, body?: object, by: Client | null = client) {
  const headers = {
    ...(by && { authorization: `Bearer ${await tokenOf(by)}` }),
    ...(body && { 'content-type': 'application/json' }),
  }
  const response = await fetch(`${server.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}
const newStream = (more: object = {}) => ({
  delivery: { method: PUSH, endpoint_url: receiver.url, authorization_header: 'Bearer receiver' },
  events_requested: [SESSION_REVOKED, CREDENTIAL_CHANGE, 'https://example.com/unknown'],
  ...more,
})

test('a receiver finds the transmitter, makes a stream, and gets what it asked for', async () => {
  const { body: found } = await call('GET', '/.well-known/ssf-configuration', undefined, null)
  assert.deepEqual([found.issuer, found.spec_version, found.delivery_methods_supported], [server.url, '1_0', [PUSH]])
  const made = await call('POST', new URL(found.configuration_endpoint).pathname, newStream())
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.deepEqual(made.body.events_delivered, [SESSION_REVOKED, CREDENTIAL_CHANGE])
  assert.deepEqual([made.body.iss, made.body.aud], [server.url, client.client_id])
  assert.ok(!JSON.stringify(made.body).includes('Bearer receiver'), 'the header is not shown')
  const stream = { stream_id: made.body.stream_id }
  assert.equal((await call('POST', '/ssf/verify', { ...stream, state: 'a state' })).status, 204)
  const tooSoon = await call('POST', '/ssf/verify', stream)
  assert.deepEqual([tooSoon.status, tooSoon.headers.get('retry-after') !== null], [429, true])
  await until(() => receiver.ofType(VERIFICATION).length === 1)
  const [first] = receiver.ofType(VERIFICATION)
  assert.equal(first?.headers.authorization, 'Bearer receiver')
  assert.equal(first?.headers['content-type'], 'application/secevent+jwt')
  assert.deepEqual(first?.claims.sub_id, { format: 'opaque', id: stream.stream_id })
  assert.deepEqual(first?.claims.events, { [VERIFICATION]: { state: 'a state' } })
  assert.deepEqual([first?.claims.sub, first?.claims.exp], [undefined, undefined])

  receiver.state.failures = 1
  const agent = new UserAgent(server.url)
  const page = await agent.follow(await agent.request(`${server.url}/account`))
  await agent.submit(page, PERSON)
  const path = `/v1/realms/default/users/${userId}/password`
  await server.api('POST', path, { password: 'another horse battery staple' })
  await until(() => receiver.ofType(SESSION_REVOKED).length === 1 && receiver.ofType(CREDENTIAL_CHANGE).length === 1)
  const user = { format: 'iss_sub', iss: server.url, sub: userId }
  const [revoked] = receiver.ofType(SESSION_REVOKED)
  const { session, ...rest } = (revoked?.claims.sub_id ?? {}) as { session?: { format: string } }
  assert.deepEqual([rest, session?.format], [{ format: 'complex', user }, 'opaque'])
  const [changed] = receiver.ofType(CREDENTIAL_CHANGE)
  assert.deepEqual(changed?.claims.sub_id, user)
  const told = (changed?.claims.events as Record<string, Record<string, unknown>> | undefined)?.[CREDENTIAL_CHANGE]
  const { credential_type: type, change_type: change, initiating_entity: by } = told ?? {}
  assert.deepEqual([type, change, by, typeof told?.event_timestamp], ['password', 'update', 'admin', 'number'])
  assert.ok(receiver.state.attempts > receiver.taken.length, 'what failed was tried again')
  assert.equal(new Set(receiver.taken.map(({ claims }) => claims.jti)).size, receiver.taken.length)
  assert.equal((await call('DELETE', `/ssf/stream?stream_id=${stream.stream_id}`)).status, 204)
  assert.equal((await call('GET', `/ssf/stream?stream_id=${stream.stream_id}`)).status, 404)
})

test('a stream is read, changed, replaced, paused, disabled and enabled', async () => {
  const { stream_id: id } = (await call('POST', '/ssf/stream', newStream())).body
  const at = `?stream_id=${id}`
  const changed = await call('PATCH', '/ssf/stream', {
    stream_id: id,
    events_requested: [SESSION_REVOKED],
    description: 'x',
  })
  assert.deepEqual(
    [changed.status, changed.body.events_delivered, changed.body.description],
    [200, [SESSION_REVOKED], 'x'],
  )
  const replaced = await call('PUT', '/ssf/stream', { stream_id: id, ...newStream() })
  assert.deepEqual([replaced.status, replaced.body.description], [200, undefined])
  assert.deepEqual(
    (await call('GET', '/ssf/stream')).body.map((each: { stream_id: string }) => each.stream_id),
    [id],
  )
  assert.deepEqual((await call('GET', `/ssf/status${at}`)).body, { stream_id: id, status: 'enabled' })
  const paused = await call('POST', '/ssf/status', { stream_id: id, status: 'paused', reason: 'upgrade' })
  assert.deepEqual(paused.body, { stream_id: id, status: 'paused', reason: 'upgrade' })
  assert.equal((await call('POST', '/ssf/verify', { stream_id: id })).status, 409)
  const count = receiver.ofType(CREDENTIAL_CHANGE).length
  const path = `/v1/realms/default/users/${userId}/password`
  await server.api('POST', path, { password: 'a third horse battery staple' })
  await call('POST', '/ssf/status', { stream_id: id, status: 'enabled' })
  await until(() => receiver.ofType(CREDENTIAL_CHANGE).length === count + 1)
  await call('POST', '/ssf/status', { stream_id: id, status: 'disabled' })
  await server.api('POST', path, { password: 'a fourth horse battery staple' })
  await call('POST', '/ssf/status', { stream_id: id, status: 'enabled' })
  await call('POST', '/ssf/verify', { stream_id: id, state: 'last' })
  const isLast = ({ claims }: { claims: JWTPayload }) => JSON.stringify(claims.events).includes('"last"')
  await until(() => receiver.ofType(VERIFICATION).some(isLast))
  assert.equal(receiver.ofType(CREDENTIAL_CHANGE).length, count + 1, 'a disabled stream keeps nothing')
})

test('only a program with the scope keeps streams, its own ones, and what is wrong changes nothing', async () => {
  const [reader, other, stranger] = [
    await makeClient(['ssf.read']),
    await makeClient(['ssf.manage']),
    await makeClient(['x']),
  ]
  const [{ stream_id: id }] = (await call('GET', '/ssf/stream')).body
  const statuses = []
  for (const by of [null, stranger, reader]) statuses.push((await call('POST', '/ssf/stream', newStream(), by)).status)
  assert.deepEqual(statuses, [401, 403, 403])
  assert.deepEqual((await call('GET', '/ssf/stream', undefined, reader)).body, [])
  const foreign = [
    await call('GET', `/ssf/stream?stream_id=${id}`, undefined, other),
    await call('PATCH', '/ssf/stream', { stream_id: id, description: 'mine' }, other),
    await call('DELETE', `/ssf/stream?stream_id=${id}`, undefined, other),
    await call('GET', `/ssf/status?stream_id=${id}`, undefined, other),
    await call('POST', '/ssf/status', { stream_id: id, status: 'disabled' }, other),
    await call('POST', '/ssf/verify', { stream_id: id }, other),
  ]
  assert.deepEqual(
    foreign.map(({ status }) => status),
    Array(6).fill(404),
  )
  const wrong = [
    {},
    newStream({ events_requested: 'x' }),
    newStream({ delivery: { method: 'urn:ietf:rfc:8936', endpoint_url: receiver.url } }),
    newStream({ delivery: { method: PUSH, endpoint_url: 'ftp://example.com' } }),
    newStream({ delivery: { method: PUSH, endpoint_url: receiver.url, authorization_header: 'a\r\nb: c' } }),
  ]
  for (const body of wrong) assert.equal((await call('POST', '/ssf/stream', body)).status, 400, JSON.stringify(body))
  for (const body of [{}, { stream_id: 1 }]) assert.equal((await call('POST', '/ssf/verify', body)).status, 400)
  for (let made = 0; made < 5; made++) assert.equal((await call('POST', '/ssf/stream', newStream(), other)).status, 201)
  assert.ok((await call('POST', '/ssf/stream', newStream(), other)).status >= 400, 'the sixth is too many')
  const { data } = await server.api<{ data: object[] }>('GET', '/v1/webhooks')
  assert.deepEqual(data, [], 'streams are not listed as webhooks')
  await server.api('DELETE', `/v1/realms/default/clients/${other.id}`)
  const events = await server.api<{ data: object[] }>('GET', '/v1/events?type=signal_stream.deleted')
  assert.equal(events.data.length, 6, 'the streams of a deleted client are deleted')
})
