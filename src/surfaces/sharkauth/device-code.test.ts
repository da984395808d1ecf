// Checks the device codes of SharkAuth’s document.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { askingDevice, pollOf } from '#testing/asking-device.ts'
import { startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

type Thing = Readonly<Record<string, unknown>>
const CODES = '/api/v1/admin/oauth/device-codes'

async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string) {
  const reply = await server.call(method, path, { ...(key !== undefined && { key }), body })
  return { status: reply.status, body: reply.body as T }
}
const makeUser = async (email: string) =>
  String((await ask('POST', '/api/v1/admin/users', { email, email_verified: true })).body.id)

const claimsOf = (token: unknown) => JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())

test('GET /api/v1/admin/oauth/device-codes, POST /api/v1/admin/oauth/device-codes/{user_code}/approve: an approved device gets tokens of the user, once', async () => {
  const device = await askingDevice(server)
  const { userCode } = device
  const list = await ask<{ data: Thing[]; total: number }>('GET', CODES)
  assert.deepEqual([list.status, list.body.total], [200, 1])
  const { expires_at, created_at, ...shown } = list.body.data[0] ?? {}
  assert.ok(Date.parse(String(expires_at)) > Date.parse(String(created_at)))
  assert.deepEqual(shown, {
    ...{ user_code: userCode, client_id: device.clientId, agent_name: 'Television' },
    ...{ scope: 'openid', resource: '', status: 'pending', poll_interval: 5 },
  })
  const path = `${CODES}/${userCode}/approve`
  const unknown = await ask('POST', path)
  assert.deepEqual([unknown.status, unknown.body.error], [400, 'invalid_request'], JSON.stringify(unknown.body))
  assert.equal((await ask('POST', path, { user_id: 'usr_06bqzvdpf9w0v5x4y3z2a1b0cd' })).status, 404)
  assert.equal((await pollOf(server, device)).error, 'authorization_pending')

  const userId = await makeUser('ada@example.com')
  const lower = `${CODES}/${userCode.toLowerCase().replace('-', '')}/approve`
  assert.deepEqual(await ask('POST', lower, { user_id: userId }), {
    status: 200,
    body: { user_code: userCode, status: 'approved' },
  })
  const { access_token: token, id_token: idToken } = await pollOf(server, device)
  const { sub, amr, acr, auth_time } = claimsOf(idToken)
  const told = await fetch(`${server.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual([told.status, ((await told.json()) as Thing).sub], [200, sub])
  // Nobody signed in, and the token does not say that somebody did.
  assert.deepEqual([amr, acr, auth_time], [[], 'aal1', undefined])
  assert.equal((await pollOf(server, device)).error, 'invalid_grant')
  assert.deepEqual((await ask('POST', path, { user_id: userId })).body.error, 'conflict')
  assert.deepEqual((await ask<{ data: Thing[] }>('GET', CODES)).body.data, [])
  const all = await ask<{ data: Thing[] }>('GET', `${CODES}?status=all`)
  assert.partialDeepStrictEqual(all.body.data, [{ user_code: userCode, status: 'approved', user_id: userId }])

  const log = await ask<{ data: Thing[] }>('GET', '/api/v1/audit-logs?action=device_authorization.approved')
  assert.partialDeepStrictEqual(log.body.data, [{ actor_type: 'api_key', metadata: { user_id: userId } }])
  const consents = await ask<{ data: Thing[] }>('GET', `/api/v1/admin/oauth/consents?user_id=${userId}`)
  assert.deepEqual(
    consents.body.data.map(({ scope }) => scope),
    ['openid'],
  )
})

test('POST /api/v1/admin/oauth/device-codes/{user_code}/deny: a denied device is told so; an unknown code is not found', async () => {
  const device = await askingDevice(server)
  const path = `${CODES}/${device.userCode}/deny`
  assert.deepEqual(await ask('POST', path), { status: 200, body: { user_code: device.userCode, status: 'denied' } })
  assert.equal((await pollOf(server, device)).error, 'access_denied')
  assert.equal((await ask('POST', path)).status, 409)
  for (const code of ['BCDF-GHJK', 'none']) assert.equal((await ask('POST', `${CODES}/${code}/deny`)).status, 404)
})

test('POST /api/v1/admin/oauth/device-codes/{user_code}/approve: not for a suspended user, a client that demands a second factor, or a key that may not act as users', async () => {
  const userId = await makeUser('grace@example.com')
  const strict = await askingDevice(server, 'default', { min_aal: 2 })
  const refused = await ask('POST', `${CODES}/${strict.userCode}/approve`, { user_id: userId })
  assert.deepEqual([refused.status, refused.body.error], [409, 'conflict'])
  assert.equal((await pollOf(server, strict)).error, 'authorization_pending')

  const device = await askingDevice(server)
  const path = `${CODES}/${device.userCode}/approve`
  for (const permissions of [
    ['grants:*', 'users:write'],
    ['grants:*', 'credentials:write'],
    ['grants:read', 'users:*', 'credentials:write'],
  ]) {
    const { key } = await server.api<{ key: string }>('POST', '/v1/api-keys', { name: 'Few', permissions })
    assert.equal((await ask('POST', path, { user_id: userId }, key)).status, 403, permissions.join())
  }
  await server.api('PATCH', `/v1/realms/default/users/${userId}`, { status: 'suspended' })
  assert.equal((await ask('POST', path, { user_id: userId })).status, 409)
  assert.equal((await pollOf(server, device)).error, 'authorization_pending')
})

test('POST /api/v1/admin/oauth/device-codes/{user_code}/approve: of approval and denial at once, one holds', async () => {
  const userId = await makeUser('joan@example.com')
  const device = await askingDevice(server)
  const replies = await Promise.all([
    ask('POST', `${CODES}/${device.userCode}/approve`, { user_id: userId }),
    ask('POST', `${CODES}/${device.userCode}/deny`),
    ask('POST', `${CODES}/${device.userCode}/approve`, { user_id: userId }),
  ])
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 409, 409])
})
