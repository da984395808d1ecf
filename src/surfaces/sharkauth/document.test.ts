// Sends the JSON examples of SharkAuth’s document as they stand there, and compares the replies with the examples.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

type Members = Record<string, unknown>

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Members }> {
  const { status, body: reply } = await plane.server.call(method, `/api/v1${path}`, {
    key: plane.server.adminKey,
    body,
  })
  return { status, body: reply as Members }
}

/** Checks that a reply has each member of an example, with a value of the same kind and, for ids, the same prefix. */
function assertLike(reply: Members, example: Members): void {
  for (const [name, wanted] of Object.entries(example)) {
    const value = reply[name]
    assert.equal(typeof value, typeof wanted, `${name}: ${JSON.stringify(value)}`)
    assert.equal(Array.isArray(value), Array.isArray(wanted), name)
    if (name === 'id') assert.equal(String(value).split('_')[0], String(wanted).split('_')[0], name)
    if (name.endsWith('_at')) assert.match(String(value), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, name)
  }
}

test('“Get user”', async () => {
  const example = {
    id: 'usr_01HZ2XKABCDEF',
    email: 'alice@example.com',
    email_verified: true,
    name: 'Alice Example',
    mfa_enabled: false,
    created_at: '2024-04-01T10:00:00Z',
  }
  const { id: _, mfa_enabled: __, created_at: ___, ...given } = example
  const made = await ask('POST', '/admin/users', given)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { status, body } = await ask('GET', `/users/${made.body.id}`)
  assert.equal(status, 200)
  assertLike(body, example)
  assert.partialDeepStrictEqual(body, { ...given, mfa_enabled: false })
})

test('“Tier management”', async () => {
  const made = await ask('POST', '/admin/users', { email: 'tiered@example.com' })
  const { status, body } = await ask('PATCH', `/admin/users/${made.body.id}/tier`, { tier: 'pro' })
  assert.deepEqual([status, (body.data as Members).tier], [200, 'pro'])
  const { body: shown } = await ask('GET', `/users/${made.body.id}`)
  assert.deepEqual(JSON.parse(String(shown.metadata)), { tier: 'pro' })
  const log = await ask('GET', `/users/${made.body.id}/audit-logs`)
  const [newest] = (log.body.data as Members[]).filter(({ action }) => action === 'user.tier_set')
  assert.deepEqual(newest?.metadata, { tier: 'pro', old_tier: null })
})

test('“Create agent request”', async () => {
  const request = {
    client_name: 'my-billing-agent',
    grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    scope: 'openid billing:read',
    token_endpoint_auth_method: 'client_secret_basic',
  }
  const example = {
    id: 'agt_01HZ2XKABCDEF',
    client_id: 'shark_dcr_abc123',
    client_secret: 'cs_live_...',
    client_name: 'my-billing-agent',
    grant_types: ['client_credentials'],
    scope: 'openid billing:read',
    active: true,
    dpop_bound: false,
    created_at: '2024-04-01T10:00:00Z',
  }
  const { status, body } = await ask('POST', '/agents', request)
  assert.equal(status, 201, JSON.stringify(body))
  assertLike(body, example)
  const { client_name, grant_types, scope, active, dpop_bound } = example
  assert.partialDeepStrictEqual(body, { client_name, grant_types, scope, active, dpop_bound })
  const shown = await ask('GET', `/agents/${body.client_id}`)
  assert.ok(!('client_secret' in shown.body), 'the secret is shown once')
  const form = {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'billing:read' }),
  }
  const headers = { authorization: `Basic ${btoa(`${body.client_id}:${body.client_secret}`)}` }
  assert.equal((await fetch(`${plane.server.url}/oauth/token`, { ...form, headers })).status, 200)
})

test('roles and permissions: created, attached, asked, counted and deleted', async () => {
  const role = await ask('POST', '/roles', { name: 'Librarian' })
  const permission = await ask('POST', '/permissions', { action: 'lend', resource: 'books' })
  assert.partialDeepStrictEqual(permission, { status: 201, body: { action: 'lend', resource: 'books' } })
  assert.equal((await ask('POST', '/permissions', { action: 'lend', resource: 'books' })).status, 409)
  const id = String(permission.body.id)
  assert.equal((await ask('POST', `/roles/${role.body.id}/permissions`, { permission_id: id })).status, 204)
  assert.equal((await ask('POST', `/roles/${role.body.id}/permissions`, { permission_id: id })).status, 204)
  const { body: user } = await ask('POST', '/admin/users', { email: 'reader@example.com' })
  assert.equal((await ask('POST', `/users/${user.id}/roles`, { role_id: role.body.id })).status, 204)
  const question = { user_id: user.id, action: 'lend', resource: 'books' }
  assert.deepEqual((await ask('POST', '/auth/check', question)).body, { allowed: true })
  const roles = await ask('GET', `/permissions/${id}/roles`)
  assert.deepEqual(
    (roles.body.data as Members[]).map((found) => found.id),
    [role.body.id],
  )
  const users = await ask('GET', `/permissions/${id}/users`)
  assert.deepEqual(
    (users.body.data as Members[]).map((found) => found.id),
    [user.id],
  )
  const unknown = `perm_${btoa('none:such').replaceAll('=', '')}`
  const usage = await ask('GET', `/admin/permissions/batch-usage?ids=${id},${unknown}`)
  assert.deepEqual(usage.body, { [id]: { roles: 1, users: 1 }, [unknown]: { roles: 0, users: 0 } })
  const many = Array.from({ length: 21 }, () => unknown).join(',')
  assert.equal((await ask('GET', `/admin/permissions/batch-usage?ids=${many}`)).status, 400)
  const held = await ask('GET', `/users/${user.id}/roles`)
  assert.deepEqual(
    (held.body as unknown as Members[]).map((found) => found.name),
    ['Librarian'],
  )
  assert.equal((await ask('DELETE', `/permissions/${id}`)).status, 204)
  assert.deepEqual((await ask('POST', '/auth/check', question)).body, { allowed: false })
  assert.equal((await ask('DELETE', `/permissions/${id}`)).status, 404)
  assert.equal((await ask('DELETE', `/users/${user.id}/roles/${role.body.id}`)).status, 204)
  assert.deepEqual((await ask('GET', `/users/${user.id}/roles`)).body, [])
})

test('API keys: changed and rotated, and never above the caller', async () => {
  const made = await ask('POST', '/api-keys', { name: 'CI', scopes: ['users:read'] })
  const named = await ask('PATCH', `/api-keys/${made.body.id}`, {
    name: 'Nightly',
    scopes: ['users:read', 'roles:read'],
  })
  assert.partialDeepStrictEqual(named, { status: 200, body: { name: 'Nightly', scopes: ['users:read', 'roles:read'] } })
  const rotated = await ask('POST', `/api-keys/${made.body.id}/rotate`)
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body))
  const as = (key: unknown, method = 'GET', path = '/roles') =>
    plane.server.call(method, `/api/v1${path}`, { key: String(key) })
  assert.deepEqual([(await as(made.body.key)).status, (await as(rotated.body.key)).status], [401, 200])
  const weak = await ask('POST', '/api-keys', { name: 'Weak', scopes: ['api-keys:write', 'credentials:write'] })
  assert.equal((await as(weak.body.key, 'POST', `/api-keys/${made.body.id}/rotate`)).status, 403)
})

test('organizations: a team, its last admin, and an invitation that is sent again', async () => {
  const made = await ask('POST', '/admin/organizations', { name: 'Acme', slug: 'acme-org', metadata: '{"plan":"pro"}' })
  assert.partialDeepStrictEqual(made, { status: 201, body: { slug: 'acme-org', metadata: '{"plan":"pro"}' } })
  assert.equal((await ask('POST', '/admin/organizations', { name: 'Other', slug: 'acme-org' })).status, 409)
  const path = `/admin/organizations/${made.body.id}`
  const invited = await ask('POST', `${path}/invitations`, { email: 'guest@example.com' })
  assert.equal(invited.status, 201, JSON.stringify(invited.body))
  const again = await ask('POST', `${path}/invitations/${invited.body.id}/resend`)
  assert.partialDeepStrictEqual(again, { status: 200, body: { id: invited.body.id, email: 'guest@example.com' } })
  assert.notEqual(again.body.accept_url, invited.body.accept_url, 'the link is another one')
  assert.equal((await ask('DELETE', `${path}/invitations/${invited.body.id}`)).status, 200)
  assert.equal((await ask('POST', `${path}/invitations/${invited.body.id}/resend`)).status, 409)
  const listed = await ask('GET', `${path}/invitations`)
  assert.deepEqual(listed.body.invitations, [])
  assert.equal((await ask('DELETE', path)).status, 200)
})

test('organizations: their roles are theirs alone, and are given only to their members', async () => {
  const make = async (slug: string) =>
    `/admin/organizations/${(await ask('POST', '/admin/organizations', { name: slug, slug })).body.id}`
  const [ours, theirs] = [await make('our-team'), await make('their-team')]
  const role = { name: 'Cryptanalyst', description: 'Breaks codes' }
  const made = await ask('POST', `${ours}/roles`, role)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.match(String(made.body.id), /^orgrole_/)
  const organization_id = ours.split('/').at(-1)
  assert.partialDeepStrictEqual(made.body, { ...role, organization_id, is_builtin: false })
  assert.equal((await ask('POST', `${ours}/roles`, { name: 'cryptanalyst' })).status, 409)
  assert.equal((await ask('POST', `${ours}/roles`, {})).status, 400)
  assert.equal((await ask('POST', `${theirs}/roles`, { ...role, organization_id })).status, 201, 'the path decides')
  const listed = await ask('GET', `${ours}/roles`)
  assert.deepEqual([listed.status, listed.body.roles], [200, [made.body]])
  const those = (await ask('GET', `${theirs}/roles`)).body.roles as Members[]
  assert.deepEqual(
    those.map(({ name, organization_id }) => [name, organization_id]),
    [[role.name, theirs.split('/').at(-1)]],
  )
  const ofRealm = (await ask('GET', '/roles')).body as unknown as Members[]
  assert.ok(ofRealm.every(({ name }) => name !== role.name))

  const person = (await ask('POST', '/admin/users', { email: 'member@roles.example' })).body
  for (const role_id of [made.body.id, String(made.body.id).replace('orgrole', 'role')]) {
    assert.equal((await ask('POST', `/users/${person.id}/roles`, { role_id })).status, 404)
  }
  assert.deepEqual((await ask('GET', `/users/${person.id}/roles`)).body, [])

  const missing = '/admin/organizations/org_06bqzvdpf9w0v5x4y3z2a1b0cd/roles'
  assert.equal((await ask('GET', missing)).status, 404)
  assert.equal((await ask('POST', missing, role)).status, 404)
  const key = (await ask('POST', '/api-keys', { name: 'Teams', scopes: ['organizations:*'] })).body.key
  for (const [method, body] of [['GET'], ['POST', { name: 'Other' }]] as const) {
    assert.equal((await plane.server.call(method, `/api/v1${ours}/roles`, { key: String(key), body })).status, 403)
  }
  assert.equal((await ask('DELETE', ours)).status, 200)
  assert.equal((await ask('GET', `/roles/${made.body.id}`)).status, 404)
  assert.equal((await ask('GET', `${ours}/roles`)).status, 404)
})
