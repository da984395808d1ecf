// Checks the tokens of programs that administer the platform.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { post, type TokenAnswer } from '#testing/admin-realm.ts'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'
import { makeDpopKey } from '#testing/dpop.ts'
import { exchange, getCode, makeClient, makePerson } from '#testing/realm.ts'

// ScaiKey, “Authentication”: programs of the operator administer with tokens of their own, within two scopes.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const APPLICATIONS = '/api/v1/admin/applications'
const TENANTS = '/api/v1/admin/tenants'
const TOKEN_PATH = '/api/v1/platform/oauth/token'
const NEITHER = { detail: 'Platform token requires admin:read or admin:write scope' }
const READ_ONLY = { detail: 'Platform token requires admin:write scope' }
const INVALID = { detail: 'Invalid or expired token' }

interface Program {
  readonly id: string
  readonly client_id: string
  readonly client_secret: string
}

async function call<T = Record<string, unknown>>(method: string, path: string, key: string, body?: unknown) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0
async function program(scopes: string[], more: object = {}): Promise<Program> {
  const given = { name: `Program ${++count}`, application_type: 'SERVICE', scope: 'GLOBAL', allowed_scopes: scopes }
  const { status, body } = await call<Program>('POST', APPLICATIONS, plane.superAdmin, { ...given, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

function ask({ client_id: id, client_secret: secret }: Program, form: object = {}, at = plane.server.adminUrl) {
  const fields = { grant_type: 'client_credentials', ...form }
  return post(`${at}${TOKEN_PATH}`, fields, `Basic ${btoa(`${id}:${secret}`)}`)
}

const tokenOf = ({ body }: TokenAnswer) => String(body.access_token)

test('a program gets a token on either listener, of all its scopes or of those that it asks for', async () => {
  const made = await program(['admin:read', 'admin:write', 'vault:read'])
  for (const at of [plane.server.url, plane.server.adminUrl]) {
    const { status, body } = await ask(made, {}, at)
    assert.equal(status, 200, JSON.stringify(body))
    const { access_token: token, ...rest } = body
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'admin:read admin:write vault:read' })
    const keys = createRemoteJWKSet(new URL(`${plane.server.url}/.well-known/jwks.json`))
    const audience = plane.server.adminUrl
    const { payload } = await jwtVerify(String(token), keys, { issuer: plane.server.url, audience, typ: 'at+jwt' })
    const { iat, exp, jti, iss: _, aud: __, ...claims } = payload
    assert.ok(jti && exp === Number(iat) + 3600)
    assert.deepEqual(claims, {
      sub: made.client_id,
      client_id: made.client_id,
      scope: 'admin:read admin:write vault:read',
      app_scope: 'GLOBAL',
      platform_token: true,
      token_type: 'client_credentials',
    })
  }
  assert.equal((await ask(made, { scope: 'admin:read' })).body.scope, 'admin:read')
  const beyond = await ask(made, { scope: 'admin:read vault:write' })
  assert.deepEqual([beyond.status, beyond.body.error], [400, 'invalid_scope'])
  const other = decodeJwt(tokenOf(await ask(made, { scope: 'vault:read' })))
  assert.deepEqual([other.aud, other.platform_token], [plane.server.url, true], 'what does not open it is not for it')
  const stranger = await ask({ ...made, client_secret: 'wrong' })
  assert.deepEqual([stranger.status, stranger.body.error], [401, 'invalid_client'])
  const read = await fetch(`${plane.server.adminUrl}${TOKEN_PATH}`)
  assert.deepEqual([read.status, ((await read.json()) as { error: string }).error], [405, 'invalid_request'])
})

test('a token that is bound to a key is no bearer token of an admin surface', async () => {
  const { client_id: id, client_secret: secret } = await program(['admin:read', 'admin:write'])
  const address = `${plane.server.url}/oauth/token`
  const asked = await fetch(address, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${id}:${secret}`)}`,
      dpop: await (await makeDpopKey()).prove(address, Date.now()),
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const bound = (await asked.json()) as { access_token: string; token_type: string }
  assert.equal(bound.token_type, 'DPoP')
  for (const path of [TENANTS, APPLICATIONS, '/v1/realms']) {
    assert.equal((await call('GET', path, bound.access_token)).status, 401, path)
  }
})

test('what a token opens is in its scopes: to see, to change, or nothing', async () => {
  const made = await program(['admin:read', 'admin:write', 'vault:read'])
  const may = async (scope: string) => tokenOf(await ask(made, { scope }))
  const [reads, writes, neither] = [await may('admin:read'), await may('admin:write'), await may('vault:read')]
  const target = `${TENANTS}/${plane.shop.id}`
  const changes: [method: string, path: string, body?: object][] = [
    ['POST', TENANTS, { name: 'X', slug: 'x-by-program' }],
    ['PATCH', target, { name: 'Shop' }],
    ['DELETE', `${TENANTS}/tnt_00000000000000000000000000`],
  ]
  for (const [method, path, body] of changes) {
    assert.deepEqual(await call(method, path, neither, body), { status: 403, body: NEITHER })
    assert.deepEqual(await call(method, path, reads, body), { status: 403, body: READ_ONLY })
  }
  assert.deepEqual(await call('GET', TENANTS, neither), { status: 403, body: NEITHER })
  for (const key of [reads, writes]) {
    const { status, body } = await call<{ data: { slug: string }[] }>('GET', TENANTS, key)
    assert.equal(status, 200)
    assert.deepEqual(
      ['default', 'shop', 'bank', 'sibling'].filter((slug) => !body.data.some((tenant) => tenant.slug === slug)),
      [],
    )
    assert.equal((await call('GET', target, key)).status, 200)
  }
  const statuses = []
  for (const [method, path, body] of changes) statuses.push((await call(method, path, writes, body)).status)
  assert.deepEqual(statuses, [201, 200, 404])
  const events = await plane.server.api<{ data: { actor: { kind: string; label: string } }[] }>(
    'GET',
    `/v1/events?tenant_id=${plane.shop.id}&type=tenant.updated`,
  )
  assert.deepEqual([events.data[0]?.actor.kind, events.data[0]?.actor.label], ['client', `Program ${count}`])
})

test('it opens this surface only', async () => {
  const token = tokenOf(await ask(await program(['admin:read', 'admin:write'])))
  assert.equal((await call('GET', TENANTS, token)).status, 200)
  for (const path of ['/v1/tenants', '/v1/realms', '/v1/admin/users', '/v1/admin/projects']) {
    assert.equal((await call('GET', path, token)).status, 401, path)
  }
})

test('it stops with its program, its revocation and its realm', async () => {
  const scopes = ['admin:read', 'admin:write']
  const refused = { status: 401, body: INVALID }

  const revoked = await program(scopes)
  const token = tokenOf(await ask(revoked))
  const { client_id: id, client_secret: secret } = revoked
  await post(`${plane.server.url}/oauth/revoke`, { token }, `Basic ${btoa(`${id}:${secret}`)}`)
  assert.deepEqual(await call('GET', TENANTS, token), refused)

  const suspended = await program(scopes)
  const held = tokenOf(await ask(suspended))
  await call('PATCH', `${APPLICATIONS}/${suspended.id}`, plane.superAdmin, { status: 'SUSPENDED' })
  assert.deepEqual(await call('GET', TENANTS, held), refused)
  assert.equal((await ask(suspended)).status, 401)

  const deleted = await program(scopes)
  const last = tokenOf(await ask(deleted))
  await call('DELETE', `${APPLICATIONS}/${deleted.id}`, plane.superAdmin)
  assert.deepEqual(await call('GET', TENANTS, last), refused)

  const forged = `${last.slice(0, -4)}AAAA`
  for (const text of [forged, `${held}x`, 'eyJhbGciOiJub25lIn0.e30.x']) {
    assert.deepEqual(await call('GET', TENANTS, text), refused)
  }

  const living = tokenOf(await ask(await program(scopes)))
  assert.equal((await call('GET', TENANTS, living)).status, 200)
  await plane.server.api('PATCH', '/v1/realms/default', { enabled: false })
  assert.deepEqual(await call('GET', TENANTS, living), refused)
  await plane.server.api('PATCH', '/v1/realms/default', { enabled: true })
  assert.equal((await call('GET', TENANTS, living)).status, 200)
})

test('a scope that a program loses is in no token from then on, and those that have it open less', async () => {
  const made = await program(['admin:read', 'admin:write'])
  const before = tokenOf(await ask(made))
  assert.equal((await call('PATCH', `${TENANTS}/${plane.shop.id}`, before, { name: 'Shop' })).status, 200)
  await call('PATCH', `${APPLICATIONS}/${made.id}`, plane.superAdmin, { allowed_scopes: ['admin:read'] })
  assert.equal((await ask(made, { scope: 'admin:write' })).body.error, 'invalid_scope')
  assert.equal((await ask(made)).body.scope, 'admin:read')
  assert.deepEqual(await call('PATCH', `${TENANTS}/${plane.shop.id}`, before, { name: 'Mine' }), {
    status: 403,
    body: READ_ONLY,
  })
  assert.equal((await call('GET', TENANTS, before)).status, 200)
  await call('PATCH', `${APPLICATIONS}/${made.id}`, plane.superAdmin, { allowed_scopes: ['vault:read'] })
  assert.deepEqual(await call('GET', TENANTS, before), { status: 403, body: NEITHER })
})

test('who administers nothing is denied, whatever realm their token is from', async () => {
  const denied = { status: 403, body: { detail: 'Access denied' } }
  const local = await program([], { scope: 'TENANT', tenant_id: plane.shop.id })
  const { client_id: id, client_secret: secret } = local
  const endpoint = `${plane.server.url}/realms/${plane.shop.issuerId}/oauth/token`
  const own = await post(endpoint, { grant_type: 'client_credentials' }, `Basic ${btoa(`${id}:${secret}`)}`)
  assert.equal(decodeJwt(tokenOf(own)).platform_token, undefined)
  assert.deepEqual(await call('GET', TENANTS, tokenOf(own)), denied)
  const pages = await program([], { application_type: 'WEB', redirect_uris: ['https://app.example/callback'] })
  assert.deepEqual(await call('GET', TENANTS, tokenOf(await ask(pages))), denied)
  const client = await makeClient(plane.server, { first_party: true })
  const person = await makePerson(plane.server, 'reader@example.com')
  const signedIn = await exchange(plane.server, client, await getCode(plane.server, client, person))
  assert.deepEqual(await call('GET', TENANTS, tokenOf(signedIn)), denied)
})
