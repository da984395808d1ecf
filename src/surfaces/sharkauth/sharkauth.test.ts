// Checks the routes of SharkAuth’s document.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'

// SharkAuth: the rows that have operations, the three addresses that ScaiKey has too, and answers that are no JSON.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

type Thing = Readonly<Record<string, unknown>> & { readonly id: string }

async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string | null) {
  const reply = await plane.server.call(method, `/api/v1${path}`, {
    key: key === undefined ? plane.server.adminKey : key,
    body,
  })
  return { status: reply.status, body: reply.body as T, headers: reply.headers }
}

let count = 0
const makeUser = async (more: object = {}) => {
  const made = await ask('POST', '/admin/users', { email: `shark-${++count}@example.com`, ...more })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return made.body
}

test('POST /api/v1/admin/users: one path, two products; the credential says which', async () => {
  const email = 'two@example.com'
  const shark = await ask('POST', '/admin/users', { email, name: 'Two', tenant_id: plane.shop.id })
  assert.equal(shark.status, 201)
  assert.deepEqual(Object.keys(shark.body).sort(), [
    ...['created_at', 'email', 'email_verified', 'id', 'metadata', 'mfa_enabled', 'name', 'updated_at'],
  ])
  assert.match(String(shark.body.created_at), /T\d\d:\d\d:\d\dZ$/)
  const scaikey = await ask<{ data: Thing }>(
    'POST',
    '/admin/users',
    { email, display_name: 'Two', tenant_id: plane.shop.id },
    plane.superAdmin,
  )
  assert.deepEqual([scaikey.status, scaikey.body.data.display_name, scaikey.body.data.status], [201, 'Two', 'ACTIVE'])
  const flawed = await ask<{ error: string; details: object }>('POST', '/admin/users', { email: 'x' })
  assert.deepEqual(
    [flawed.status, flawed.body.error, Object.keys(flawed.body.details)],
    [400, 'invalid_request', ['email']],
  )
  const other = await ask<{ detail: { loc: string[] }[] }>('POST', '/admin/users', { email: 'x' }, plane.shop.admin)
  assert.deepEqual([other.status, other.body.detail[0]?.loc], [422, ['body', 'email']])
  assert.deepEqual((await ask('POST', '/admin/users', {}, null)).body, { detail: 'Not authenticated' })
})

test('GET /api/v1/admin/sessions: each in its own shape; what only one of them has is that one’s', async () => {
  assert.deepEqual((await ask('GET', '/admin/sessions')).body, { data: [], has_more: false })
  const { body } = await ask<{ pagination: object }>('GET', '/admin/sessions', undefined, plane.superAdmin)
  assert.ok('total_pages' in body.pagination)
  assert.deepEqual((await ask('GET', '/users', undefined, plane.superAdmin)).status, 401)
  assert.deepEqual((await ask('GET', '/admin/nothing', undefined, plane.superAdmin)).body, { detail: 'Not Found' })
  assert.equal((await ask<Thing>('GET', '/admin/nothing')).body.error, 'not_found')
})

test('users: counted pages, metadata as text, 200 with a sentence for what is deleted', async () => {
  const user = await makeUser({ name: 'Ann' })
  const changed = await ask('PATCH', `/users/${user.id}`, {
    metadata: '{"plan":"pro"}',
    email_verified: true,
    title: 'x',
  })
  assert.deepEqual([changed.status, changed.body.metadata, changed.body.email_verified], [200, '{"plan":"pro"}', true])
  const wrong = await ask<Thing>('PATCH', `/users/${user.id}`, { metadata: 'not json' })
  assert.deepEqual([wrong.status, wrong.body.details && Object.keys(wrong.body.details)], [400, ['metadata']])
  const list = await ask<{ users: Thing[]; total: number }>('GET', '/users?search=shark&limit=1&offset=0')
  assert.deepEqual([list.body.users.length, list.body.total], [1, count])
  assert.equal((await ask('GET', '/users?limit=10&offset=3')).status, 400)
  const mfa = await ask('DELETE', `/users/${user.id}/mfa`)
  assert.deepEqual([mfa.status, mfa.body], [200, { mfa_enabled: false, user_id: user.id }])
  assert.deepEqual((await ask('DELETE', `/users/${user.id}`)).body, { message: 'User deleted' })
  assert.equal((await ask('GET', `/users/${user.id}`)).status, 404)
})

test('roles: prefixes of their own, bare lists, permissions as things; a check by action and resource', async () => {
  const user = await makeUser()
  const made = await ask('POST', '/roles', { name: 'editor', description: 'Edits.' })
  assert.match(made.body.id, /^role_[0-9a-z]{26}$/)
  const ids = (await ask<Thing[]>('GET', '/roles')).body.map(({ id }) => id)
  assert.ok(ids.includes(made.body.id))
  const kept = await ask('PUT', `/roles/${made.body.id}`, { name: 'editors' })
  assert.deepEqual([kept.body.name, 'description' in kept.body], ['editors', false])
  assert.equal((await ask('POST', `/users/${user.id}/roles`, { role_id: made.body.id })).status, 204)
  const inner = made.body.id.replace('role_', 'rol_')
  await plane.server.api('PATCH', `/v1/realms/default/roles/${inner}`, { permissions: ['posts:write'] })
  const permissions = await ask<Thing[]>('GET', `/users/${user.id}/permissions`)
  assert.deepEqual([permissions.body[0]?.action, permissions.body[0]?.resource], ['write', 'posts'])
  const check = (action: string) => ask('POST', '/auth/check', { user_id: user.id, action, resource: 'posts' })
  assert.deepEqual([(await check('write')).body, (await check('read')).body], [{ allowed: true }, { allowed: false }])
  assert.equal((await ask('DELETE', `/roles/${made.body.id}`)).status, 204)
})

test('API keys: scopes, and a key that is shown once', async () => {
  const made = await ask('POST', '/api-keys', { name: 'CI', scopes: ['*'], expires_at: '2099-01-01T00:00:00Z' })
  assert.deepEqual([made.status, made.body.scopes, made.body.expires_at], [201, ['*'], '2099-01-01T00:00:00Z'])
  assert.match(made.body.id, /^key_/)
  const own = String(made.body.key)
  assert.equal((await ask('GET', `/api-keys/${made.body.id}`, undefined, own)).status, 200)
  const second = await ask('POST', '/api-keys', { name: 'Made by it', scopes: ['users:read'] }, own)
  assert.deepEqual([second.status, second.body.scopes], [201, ['users:read']], 'an admin key makes keys')
  const revoked = await ask('DELETE', `/api-keys/${made.body.id}`)
  assert.ok(typeof revoked.body.revoked_at === 'string' && !('key' in revoked.body))
  const { body } = await ask<{ api_keys: Thing[] }>('GET', '/api-keys')
  assert.ok(body.api_keys.some(({ id }) => id === made.body.id))
  assert.equal((await ask('GET', '/users', undefined, own)).status, 401)
})

test('audit logs: pages by cursor, filters by their names here, and a file line by line', async () => {
  const user = await makeUser()
  const found = await ask<{ data: Thing[]; has_more: boolean }>('GET', `/audit-logs?target_id=${user.id}&limit=1`)
  assert.deepEqual([found.body.data[0]?.action, found.body.data[0]?.status], ['user.created', 'success'])
  assert.equal(found.body.data[0]?.target_id, user.id)
  assert.equal((await ask('GET', `/audit-logs/${found.body.data[0]?.id}`)).status, 200)
  const from = '2020-01-01T00:00:00Z'
  const response = await fetch(new URL('/api/v1/audit-logs/export', plane.server.adminUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${plane.server.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ from, to: '2099-01-01T00:00:00Z', action: 'user.created' }),
  })
  assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8')
  assert.match(response.headers.get('content-disposition') ?? '', /audit-logs-2020-01-01-to-2099-01-01\.csv/)
  const [head, ...lines] = (await response.text()).trimEnd().split('\r\n')
  assert.match(head ?? '', /^id,created_at,actor_id,actor_type,action,/)
  assert.ok(lines.length > 2 && lines.every((line) => line.includes(',user.created,')))
  const before = await fetch(new URL('/api/v1/audit-logs/export', plane.server.adminUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${plane.server.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ from, to: '2020-01-02T00:00:00Z' }),
  })
  assert.equal((await before.text()).trimEnd().split('\r\n').length, 1, 'nothing happened then')
  const flawed = await ask<{ details: object }>('POST', '/audit-logs/export', { to: 'then' })
  assert.deepEqual([flawed.status, Object.keys(flawed.body.details).sort()], [400, ['from', 'to']])
})

test('agents: {id} is an agent’s or its client’s', async () => {
  const agent = await plane.server.api<Thing>('POST', '/v1/realms/default/agents', { name: 'Bot' })
  const byId = await ask('GET', `/agents/${agent.id.replace('agt_', 'agent_')}`)
  const byClient = await ask('GET', `/agents/${agent.client_id}`)
  assert.equal(byId.status, 200, JSON.stringify(byId.body))
  assert.deepEqual(byClient.body, byId.body)
  assert.equal((await ask('GET', '/agents/nobody')).status, 404)
})
