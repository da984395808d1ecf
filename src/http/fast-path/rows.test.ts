// Checks rows on the fast path over real connections.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { apiKeyCreate, apiKeyGet } from '#domain/api-key/api-key.operations.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { openTestServices } from '#testing/services.ts'
import { openAuthenticators } from '../authenticators.ts'

// What is asked of the admin API past its router answers as the router’s rows do, and what was taken away is taken away
// with the answer that says so.

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

const REALM = '/v1/realms/default'
const CHECK = `${REALM}/authorization/check`

interface Made {
  readonly id: string
}
interface Verdict {
  readonly allowed: boolean
  readonly via: readonly { readonly kind: string; readonly group_id: string | null }[]
}

let count = 0
const make = (noun: string, body: object) => server.api<Made>('POST', `${REALM}/${noun}`, body)
const makeUser = () => make('users', { email: `asked-${++count}@example.com` })
const makeRole = (permissions: string[]) => make('roles', { name: `Asked ${++count}`, permissions })

async function makeKey(more: object = {}): Promise<Made & { key: string }> {
  return server.api('POST', '/v1/api-keys', { name: 'asks', permissions: ['roles:read'], ...more })
}

async function ask(userId: string, permission: string, key?: string): Promise<Verdict> {
  const { status, body } = await server.call('POST', CHECK, {
    body: { user_id: userId, permission },
    ...(key !== undefined && { key }),
  })
  assert.equal(status, 200, JSON.stringify(body))
  return body as Verdict
}

async function statusFor(key: string): Promise<number> {
  const user = await makeUser()
  return (await server.call('POST', CHECK, { key, body: { user_id: user.id, permission: 'invoices:read' } })).status
}

test('a role counts as soon as it is given, and no more once it is taken', async () => {
  const [user, role] = [await makeUser(), await makeRole(['invoices:read'])]
  const allowed = async () => (await ask(user.id, 'invoices:read')).allowed
  assert.equal(await allowed(), false)
  await server.api('POST', `${REALM}/roles/${role.id}/assign`, { user_id: user.id })
  assert.equal(await allowed(), true)
  await server.api('PATCH', `${REALM}/roles/${role.id}`, { permissions: ['invoices:write'] })
  assert.equal(await allowed(), false)
  await server.api('PATCH', `${REALM}/roles/${role.id}`, { permissions: ['invoices:*'] })
  assert.equal(await allowed(), true)
  await server.api('PATCH', `${REALM}/users/${user.id}`, { status: 'suspended' })
  assert.equal(await allowed(), false)
  await server.api('PATCH', `${REALM}/users/${user.id}`, { status: 'active' })
  await server.api('DELETE', `${REALM}/roles/${role.id}`)
  assert.equal(await allowed(), false)
})

test('what a group ten levels up has counts, until any link on the way is cut', async () => {
  const [user, role] = [await makeUser(), await makeRole(['reports:read'])]
  const chain: Made[] = []
  for (let level = 0; level < 10; level++) chain.push(await make('groups', { name: `Level ${++count}` }))
  const group = (level: number) => (chain[level] as Made).id
  const nest = (level: number) =>
    server.api('POST', `${REALM}/groups/${group(level - 1)}/children`, { child_group_id: group(level) })
  for (let level = 1; level < 10; level++) await nest(level)
  await server.api('POST', `${REALM}/roles/${role.id}/assign`, { group_id: group(0) })
  await server.api('POST', `${REALM}/groups/${group(9)}/members`, { user_ids: [user.id] })
  const verdict = await ask(user.id, 'reports:read')
  assert.deepEqual(
    verdict.via.map((source) => [source.kind, source.group_id]),
    [['group', group(0)]],
  )
  await server.api('DELETE', `${REALM}/groups/${group(4)}/children/${group(5)}`)
  assert.deepEqual(await ask(user.id, 'reports:read'), { allowed: false, via: [] })
  await nest(5)
  assert.equal((await ask(user.id, 'reports:read')).allowed, true)
  await server.api('DELETE', `${REALM}/groups/${group(9)}/members/${user.id}`)
  assert.equal((await ask(user.id, 'reports:read')).allowed, false)
})

test('a key is nobody’s with the answer that it was revoked', async () => {
  const { id, key } = await makeKey()
  assert.equal(await statusFor(key), 200)
  assert.equal(await statusFor(key), 200)
  await server.api('DELETE', `/v1/api-keys/${id}`)
  assert.equal(await statusFor(key), 401)
  assert.equal(await statusFor(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`), 401)
})

test('a key opens nothing while its tenant is suspended, and again when it is not', async () => {
  const tenant = await server.api<Made>('POST', '/v1/tenants', { name: 'Asks', slug: 'asks' })
  const query = `?tenant_id=${tenant.id}`
  const made = await server.api<{ key: string }>('POST', `/v1/api-keys${query}`, {
    name: 'asks',
    permissions: ['realms:read'],
  })
  const statusOf = async () => (await server.call('GET', '/v1/realms', { key: made.key })).status
  assert.deepEqual([await statusOf(), await statusOf()], [200, 200])
  await server.api('PATCH', `/v1/tenants/${tenant.id}`, { status: 'suspended' })
  assert.equal(await statusOf(), 401)
  await server.api('PATCH', `/v1/tenants/${tenant.id}`, { status: 'active' })
  assert.equal(await statusOf(), 200)
  await server.api('DELETE', `/v1/tenants/${tenant.id}`)
  assert.equal(await statusOf(), 401)
})

test('a key does not outlive its time, however lately it was used, and its use is noted', async (t) => {
  const services = await openTestServices()
  t.after(() => services.close())
  const expiresAt = new Date(services.clock.now() + 180_000).toISOString()
  const { id, key } = await runOperation(apiKeyCreate, services.contextFor(), {
    name: 'asks',
    permissions: ['*:read'],
    expiresAt,
  })
  const { apiKey } = openAuthenticators(services, undefined)
  const lastUsed = async () => (await runOperation(apiKeyGet, services.contextFor(), { id })).lastUsedAt
  for (let minute = 0; minute < 3; minute++) {
    const now = services.clock.now()
    assert.equal((await apiKey(key)).id, id)
    await services.database.write(() => {})
    assert.equal(await lastUsed(), now)
    services.clock.advance(60_000)
  }
  await assert.rejects(apiKey(key), failure('unauthenticated'))
})

test('a key without the permission, or of another realm, is refused, and the refusal is recorded', async () => {
  const { key } = await makeKey({ permissions: ['users:read'] })
  const user = await makeUser()
  const body = { user_id: user.id, permission: 'invoices:read' }
  const refused = await server.call('POST', CHECK, { key, body })
  assert.deepEqual([refused.status, (refused.body as { error: string }).error], [403, 'insufficient_scope'])
  const { data } = await server.api<{ data: { subject: { id: string } }[] }>('GET', '/v1/events?type=access.denied')
  assert.ok(data.some(({ subject }) => subject.id === 'authorization.check'))
  const other = await server.api<{ issuer_id: string }>('POST', '/v1/realms', { name: 'Other' })
  const foreign = await makeKey({ reach: 'realm', realm: other.issuer_id })
  assert.equal((await server.call('POST', CHECK, { key: foreign.key, body })).status, 404)
})

test('what is wrong with a request is said in the words of the native API', async () => {
  const { id } = await makeUser()
  const cases: [body: unknown, status: number, error: string][] = [
    [{ user_id: id }, 400, 'invalid_request'],
    [{ user_id: id, permission: 'invoices:*' }, 400, 'invalid_request'],
    [{ user_id: id, permission: 'invoices:read', more: 1 }, 400, 'invalid_request'],
    [[], 400, 'invalid_request'],
    [{ user_id: 'usr_00000000000000000000000000', permission: 'invoices:read' }, 404, 'not_found'],
  ]
  for (const [body, status, error] of cases) {
    const reply = await server.call('POST', CHECK, { body })
    assert.deepEqual([reply.status, (reply.body as { error: string }).error], [status, error], JSON.stringify(body))
  }
  assert.equal((await server.call('POST', '/v1/realms/nowhere/authorization/check', { body: {} })).status, 404)
})

test('an unusual request is answered as a plain one is', async () => {
  const user = await makeUser()
  const question = JSON.stringify({ user_id: user.id, permission: 'invoices:read' })
  const headers = { authorization: `Bearer ${server.adminKey}`, 'content-type': 'application/json' }
  const post = (more: object, body: BodyInit = question, path = CHECK) =>
    fetch(`${server.adminUrl}${path}`, { method: 'POST', headers: { ...headers, ...more }, body })
  const plain = await post({})
  const said = await plain.text()
  assert.equal(plain.status, 200)
  assert.deepEqual(JSON.parse(said), { allowed: false, via: [] })
  for (const more of [{ 'idempotency-key': 'once' }, { origin: 'https://else.example' }]) {
    const reply = await post(more)
    assert.deepEqual([reply.status, await reply.text()], [200, said], JSON.stringify(more))
    for (const name of ['content-type', 'cache-control', 'x-content-type-options', 'content-length']) {
      assert.equal(reply.headers.get(name), plain.headers.get(name), name)
    }
  }
  assert.notEqual(plain.headers.get('x-request-id'), null)
  assert.equal((await post({}, question, `${CHECK}?x=1`)).status, 400)
  assert.equal((await post({}, question, CHECK.replace('default', 'def%61ult'))).status, 200)
  assert.equal((await post({ 'content-type': 'text/plain' })).status, 415)
  assert.equal((await post({}, new Uint8Array([0x22, 0xff, 0x22]))).status, 400)
  assert.equal((await post({}, '{')).status, 400)
  assert.equal((await post({}, 'x'.repeat(300_000))).status, 413)
  assert.equal((await post({ authorization: '' })).status, 401)
})

test('two credentials are one too many, and a body may come in pieces', async () => {
  const user = await makeUser()
  const question = JSON.stringify({ user_id: user.id, permission: 'invoices:read' })
  const head = `POST ${CHECK} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n`
  const key = `authorization: Bearer ${server.adminKey}\r\n`
  const answerTo = async (...pieces: string[]) => {
    const socket = connect(server.ports.admin, '127.0.0.1')
    await once(socket, 'connect')
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return text(socket)
  }
  const length = `content-length: ${question.length}\r\n\r\n`
  assert.match(await answerTo(head + key + length + question.slice(0, 9), question.slice(9)), /^HTTP\/1\.1 200 /)
  assert.match(await answerTo(head + key + key + length + question), /^HTTP\/1\.1 400 [\s\S]*one authorization header/)
  const chunk = `${question.length.toString(16)}\r\n${question}\r\n0\r\n\r\n`
  assert.match(await answerTo(`${head}${key}transfer-encoding: chunked\r\n\r\n${chunk}`), /^HTTP\/1\.1 200 /)
})
