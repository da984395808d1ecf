// Checks the routes of AuthPlane’s document.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '#testing/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

type Thing = Readonly<Record<string, unknown>>

async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string | null) {
  const reply = await server.call(method, `/admin${path}`, { ...(key !== undefined && { key }), body })
  return { status: reply.status, body: reply.body as T, headers: reply.headers }
}

const token = async (client: Thing, form: Record<string, string> = {}) => {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: String(client.client_id),
    client_secret: String(client.client_secret),
    ...form,
  })
  const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', body })
  return { status: response.status, body: (await response.json()) as Thing }
}

const CLIENT = {
  client_name: 'My App',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['https://app.example.com/oauth/callback'],
  scope: 'tools/read tools/write',
  token_endpoint_auth_method: 'client_secret_post',
}

test('POST /admin/clients: a client as the document has it, its secret once, and 409 for its name', async () => {
  const made = await ask('POST', '/clients', CLIENT)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { client_id: id, client_secret: secret, issued_at: _, updated_at: __, ...shown } = made.body
  assert.ok(typeof id === 'string' && typeof secret === 'string')
  assert.deepEqual(shown, {
    ...CLIENT,
    id,
    name: 'My App',
    response_types: ['code'],
    status: 'active',
    registration_source: 'admin',
  })
  const listed = await ask<Thing[]>('GET', '/clients')
  assert.deepEqual(
    listed.body.map((client) => [client.client_id, 'client_secret' in client]),
    [[id, false]],
  )
  const again = await ask('POST', '/clients', CLIENT)
  assert.deepEqual([again.status, again.body.error, again.body.title], [409, 'conflict', 'Conflict'])
  assert.equal(again.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  const open = await ask('POST', '/clients', { client_name: 'Public', redirect_uris: CLIENT.redirect_uris })
  assert.deepEqual(
    [open.body.token_endpoint_auth_method, 'client_secret' in open.body, open.body.grant_types],
    ['none', false, ['authorization_code', 'refresh_token']],
  )
  const wrong = await ask('POST', '/clients', { ...CLIENT, client_name: 'Other', redirect_uris: ['http://x.example/'] })
  assert.deepEqual([wrong.status, wrong.body.error], [400, 'invalid_request'])
  assert.equal((await ask('GET', '/clients', undefined, 'wrong')).status, 401)
})

test('a client gets tokens for any resource, and none while it is suspended', async () => {
  const resource = {
    slug: 'my-mcp-server',
    uri: 'http://mcp.example.com/mcp',
    backend_kind: 'mint',
    display_name: 'My MCP Server',
    scopes: [{ name: 'tools/read', description: 'Read the data' }],
  }
  const made = await ask('POST', '/resources', resource)
  assert.deepEqual([made.status, made.body.slug, made.body.uri], [201, resource.slug, resource.uri])
  assert.equal((await ask('POST', '/resources', resource)).status, 409)
  const client = await ask('POST', '/clients', {
    client_name: 'Machine',
    grant_types: ['client_credentials'],
    scope: 'tools/read',
    token_endpoint_auth_method: 'client_secret_post',
  })
  const got = await token(client.body, { resource: resource.uri })
  assert.deepEqual([got.status, got.body.scope], [200, 'tools/read'], JSON.stringify(got.body))
  assert.equal((await token(client.body, { resource: 'my-mcp-server' })).status, 200)
  assert.equal((await token(client.body, { resource: 'http://other.example/' })).status, 400)
  const id = client.body.client_id
  assert.deepEqual((await ask('PATCH', `/clients/${id}/suspend`)).body, { status: 'suspended' })
  assert.equal((await token(client.body)).status, 401)
  assert.deepEqual((await ask('PATCH', `/clients/${id}/reactivate`)).body, { status: 'active' })
  assert.equal((await token(client.body)).status, 200)
  const rotated = await ask('POST', `/clients/${id}/rotate-secret`)
  assert.deepEqual(Object.keys(rotated.body).sort(), ['client_id', 'client_secret'])
  assert.equal((await token(client.body)).status, 401)
  for (const filter of [
    `client_id=${id}&since=24h`,
    `client=${id}&resource=my-mcp-server&limit=20`,
    `resource=${resource.uri}`,
  ]) {
    const { body } = await ask<{ issuances: Thing[]; count: number }>('GET', `/issuances?${filter}`)
    const [first] = body.issuances
    assert.ok(first && body.count >= 2 && first.client_id === id, `${filter}: ${JSON.stringify(body)}`)
    assert.match(String(first.id), /^iss_/)
    assert.equal((await ask('GET', `/issuances/${first.id}`)).body.jti, first.jti)
  }
  assert.deepEqual((await ask('GET', '/issuances?client_id=nobody')).body, { issuances: [], count: 0 })
})

test('POST /admin/keys/rotate: the key before stays in the JWKS', async () => {
  const before = await ask<{ keys: Thing[] }>('GET', '/keys')
  const current = before.body.keys.find(({ status, alg }) => status === 'current' && alg === 'ES256')?.kid
  const rotated = await ask('POST', '/keys/rotate')
  assert.equal(rotated.status, 200)
  assert.equal(rotated.body.previous_kid, current)
  assert.match(String(rotated.body.rotated_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const jwks = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: Thing[] }
  const kids = jwks.keys.map(({ kid }) => kid)
  assert.ok(kids.includes(current) && kids.includes(rotated.body.current_kid))
})

test('users are created, disabled and enabled; who may register clients is changed', async () => {
  const made = await ask('POST', '/users', { email: 'ann@example.com', name: 'Ann', password: 'plenty of ink for all' })
  assert.deepEqual([made.status, made.body.status, 'password' in made.body], [201, 'active', false])
  assert.equal((await ask('POST', '/users', { email: 'ann@example.com' })).status, 409)
  const at = `/users/${made.body.id}`
  assert.deepEqual((await ask('PATCH', `${at}/disable`)).body, { status: 'disabled' })
  assert.equal((await ask('GET', at)).body.status, 'disabled')
  assert.deepEqual((await ask('PATCH', `${at}/enable`)).body, { status: 'active' })
  assert.deepEqual((await ask('PATCH', at, { name: 'Ann Lee' })).body.name, 'Ann Lee')
  assert.deepEqual((await ask<{ consent_grants: []; broker_grants: [] }>('GET', `${at}/grants`)).body, {
    consent_grants: [],
    broker_grants: [],
  })
  assert.ok((await ask<Thing[]>('GET', '/users?limit=10')).body.some(({ id }) => id === made.body.id))
  assert.equal((await ask('DELETE', at)).status, 204)
  assert.equal((await ask('GET', at)).status, 404)
  assert.deepEqual((await ask('PATCH', '/settings/dcr', { mode: 'admin_only' })).body, { mode: 'admin_only' })
  assert.deepEqual((await ask('GET', '/settings/dcr')).body, { mode: 'admin_only' })
  assert.equal((await ask('PATCH', '/settings/dcr', { mode: 'everybody' })).status, 400)
  assert.equal(typeof (await ask('GET', '/stats')).body.users, 'number')
})

test('the system tells its version, what works, and what should be looked at', async () => {
  const verified = await ask('POST', '/auth/verify')
  assert.deepEqual([verified.status, verified.body.valid], [200, true])
  assert.equal((await ask('POST', '/auth/verify', undefined, 'wrong')).status, 401)
  const { body } = await ask<{ version: string; uptime_secs: number; subsystems: Thing[] }>('GET', '/system/status')
  assert.deepEqual(
    body.subsystems.map(({ name, status }) => [name, status]),
    [
      ['storage', 'healthy'],
      ['signing', 'healthy'],
      ['encryption', 'healthy'],
    ],
  )
  assert.equal(body.version, verified.body.version)
  const noticesOf = async () =>
    (await ask<{ notices: { id: string }[] }>('GET', '/system/config')).body.notices.map(({ id }) => id)
  await ask('PATCH', '/settings/dcr', { mode: 'open' })
  assert.ok((await noticesOf()).includes('registration_open'))
  await ask('PATCH', '/settings/dcr', { mode: 'admin_only' })
  assert.ok(!(await noticesOf()).includes('registration_open'))
})

test('trusted providers, policies by client_id, mappings, tokens and forced deletion', async () => {
  const idp = await ask('POST', '/idps', { name: 'Company', issuer: 'https://idp.example.com' })
  assert.deepEqual([idp.status, idp.body.enabled], [201, true])
  assert.equal((await ask('POST', '/idps', { name: 'Again', issuer: 'https://idp.example.com' })).status, 409)
  const client = await ask('POST', '/clients', {
    ...{ client_name: 'Worker', grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' },
  })
  const id = client.body.client_id
  const policy = await ask('POST', '/xaa/policies', { name: 'All', idp_id: idp.body.id, client_ids: [id] })
  assert.deepEqual([policy.status, policy.body.client_ids], [201, [id]])
  const changed = await ask('PUT', `/xaa/policies/${policy.body.id}`, { enabled: false })
  assert.deepEqual([changed.body.enabled, changed.body.client_ids], [false, [id]])
  assert.equal(
    (await ask('POST', '/xaa/policies', { name: 'B', idp_id: idp.body.id, client_ids: ['none'] })).status,
    400,
  )
  const user = await ask('POST', '/users', { email: 'mapped@example.com' })
  const mapping = { idp_id: idp.body.id, idp_subject: '00u1', local_user_id: user.body.id }
  assert.equal((await ask('POST', '/xaa/subject-mappings', mapping)).status, 201)
  assert.equal((await ask('POST', '/xaa/subject-mappings', mapping)).status, 409)

  const issued = await token(client.body)
  const listed = await ask<{ tokens: Thing[] }>('GET', `/tokens?client_id=${id}`)
  assert.deepEqual(
    listed.body.tokens.map(({ client_id, status }) => [client_id, status]),
    [[id, 'active']],
  )
  assert.equal((await ask('DELETE', `/clients/${id}`)).status, 409)
  assert.equal((await ask('DELETE', `/tokens/${listed.body.tokens[0]?.jti}`)).status, 204)
  const after = await ask<{ issuances: Thing[] }>('GET', `/issuances?jti=${listed.body.tokens[0]?.jti}`)
  assert.deepEqual([issued.status, after.body.issuances[0]?.status], [200, 'revoked'])
  assert.equal((await ask('DELETE', `/clients/${id}`)).status, 204)
  const out = await ask('DELETE', `/users/${user.body.id}/tokens`)
  assert.deepEqual(out.body, { user_id: user.body.id, tokens_revoked: 0, revoked: 0 })
})

test('fronting links: a dry run, both names of the ends, and dependents of a resource', async () => {
  for (const slug of ['front', 'back']) {
    const scopes = [{ name: 'read', description: '' }]
    await ask('POST', '/resources', { slug, uri: `https://${slug}.example/`, scopes })
  }
  const link = { source_slug: 'front', target_slug: 'back', scope_map: { read: ['read'] } }
  assert.equal((await ask('POST', '/fronting?dry_run=true', link)).status, 200)
  assert.deepEqual((await ask<Thing[]>('GET', '/fronting')).body, [])
  const { source_slug, target_slug, ...named } = link
  assert.equal((await ask('POST', '/fronting', { ...named, source: source_slug, target: target_slug })).status, 201)
  assert.equal((await ask('POST', '/fronting', link)).status, 409)
  const back = { source: 'back', target: 'front', scope_map: { read: ['read'] } }
  assert.equal((await ask('POST', '/fronting', back)).status, 400)
  const around = await ask('GET', '/resources/front/fronting')
  assert.deepEqual(around.body, { slug: 'front', fronts: ['back'], fronted_by: [] })
  const refused = await ask('DELETE', '/resources/back')
  assert.deepEqual([refused.status, refused.body.dependents], [409, ['front → back']])
  assert.equal((await ask('PATCH', '/resources/back', { slug: 'other' })).status, 400)
  assert.equal((await ask('DELETE', '/resources/back?cascade=true')).status, 204)
})

test('where users return after a connection is listed per broker resource, and resources are found by kind and slug', async () => {
  const provider = await ask('POST', '/broker-providers', { slug: 'notes', display_name: 'Notes', protocol: 'api_key' })
  assert.equal(provider.status, 201, JSON.stringify(provider.body))
  const made = await ask('POST', '/resources', {
    slug: 'notes-api',
    backend_kind: 'broker',
    broker_provider_slug: 'notes',
    display_name: 'Notes',
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  await ask('POST', '/resources', { slug: 'plain', uri: 'https://plain.example/', display_name: 'Plain' })
  const at = '/resources/notes-api/policy/connect/allowed-return-urls'
  const [first, second] = ['https://app.example.com/done', 'http://127.0.0.1:*/done']
  assert.deepEqual((await ask('GET', at)).body, { allowed_return_urls: [] })
  for (const url of [first, second, first]) assert.equal((await ask('POST', at, { url })).status, 200)
  assert.deepEqual((await ask('GET', at)).body, { allowed_return_urls: [first, second] })
  for (const url of ['http://app.example.com/', 'javascript:alert(1)', 'https://user@app.example.com/', undefined]) {
    assert.equal((await ask('POST', at, { url })).status, 400, String(url))
  }
  const gone = await ask('DELETE', `${at}?url=${encodeURIComponent(String(first))}`)
  assert.deepEqual([gone.status, gone.body], [200, { allowed_return_urls: [second] }])
  const mint = await ask('POST', at.replace('notes-api', 'plain'), { url: first })
  assert.deepEqual([mint.status, mint.body.error], [400, 'invalid_request'])
  assert.equal((await ask('GET', at.replace('notes-api', 'nothing'))).status, 404)

  const slugs = async (query: string) => (await ask<Thing[]>('GET', `/resources?${query}`)).body.map(({ slug }) => slug)
  assert.deepEqual(await slugs('backend_kind=broker'), ['notes-api'])
  assert.deepEqual(await slugs(`broker_provider_id=${provider.body.id}`), ['notes-api'])
  assert.ok(!(await slugs('backend_kind=mint')).includes('notes-api'))
  assert.equal((await ask('GET', '/resources?slug=plain')).body.uri, 'https://plain.example/')
  assert.equal((await ask('GET', '/resources?slug=nothing')).status, 404)
  assert.equal((await ask('GET', '/resources?backend_kind=other')).status, 400)
})
