// Checks the routes for agents.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { post } from '#testing/admin-realm.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'

// ScaiKey, “MCP agents”: clients with limits.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const AGENTS = '/api/v1/admin/agents'
const DENIED = { detail: 'Access denied' }

interface Agent {
  readonly id: string
  readonly client_id: string
  readonly client_secret?: string
  readonly [field: string]: unknown
}

interface Flawed {
  readonly detail: readonly { readonly loc: readonly string[] }[]
}

/** Default caller: the tenant_admin of `shop`. */
async function ask<T = Agent>(method: string, path: string, body?: unknown, key = plane.shop.admin) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0
async function make(given: object = {}, key?: string): Promise<Agent> {
  const { status, body } = await ask('POST', AGENTS, { name: `Agent ${++count}`, ...given }, key)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const realm = () => `${plane.server.url}/realms/${plane.shop.issuerId}`
const basic = ({ client_id: id, client_secret: secret }: Agent) => `Basic ${btoa(`${id}:${secret}`)}`

function tokenOf(agent: Agent, fields: Record<string, string> = {}) {
  return post(`${realm()}/oauth/token`, { grant_type: 'client_credentials', ...fields }, basic(agent))
}

async function introspected(watcher: Agent, token: string): Promise<Readonly<Record<string, unknown>>> {
  return (await post(`${realm()}/oauth/introspect`, { token }, basic(watcher))).body
}

/** A gateway: a client that can introspect every token of the realm. */
const makeWatcher = () =>
  plane.server.api<Agent>('POST', `/v1/realms/${plane.shop.issuerId}/clients`, {
    label: 'Gateway',
    grant_types: ['client_credentials'],
    introspect_all_tokens: true,
  })

const locations = (body: unknown) => (body as Flawed).detail.map(({ loc }) => loc.join('.')).sort()

test('POST /api/v1/admin/agents: makes an agent, shows its secret once, and its tokens say what it may', async () => {
  const person = { email: 'owner@example.com', tenant_id: plane.shop.id }
  const { body: owner } = await ask<{ id: string }>('POST', '/api/v1/admin/users', person)
  const given = {
    name: 'Clerk',
    description: 'Reads orders.',
    agent_type: 'assistant',
    allowed_tools: ['orders.search', 'orders.show'],
    allowed_scopes: ['orders:read', 'orders:list'],
    rate_limit_rpm: 100,
    owner_id: owner.id,
  }
  const { status, body } = await ask('POST', AGENTS, given)
  assert.equal(status, 201, JSON.stringify(body))
  const { data, ...top } = body
  assert.deepEqual(data, top)
  const { id, client_id, client_secret: secret, created_at, updated_at, ...fields } = top
  assert.match(id, /^agt_[0-9a-z]{26}$/)
  assert.ok(secret && created_at === updated_at && Date.parse(String(created_at)) > 0)
  assert.deepEqual(fields, { ...given, tenant_id: plane.shop.id, status: 'ACTIVE', last_used_at: null })
  for (const type of ['agent.created', 'client.created']) {
    const [event] = await eventsOf(plane.server, plane.shop.id, type)
    assert.deepEqual([event?.surface, event?.data.client_id], ['scaikey', client_id])
    assert.ok(!JSON.stringify(event).includes(secret))
  }

  const issued = await tokenOf(body)
  assert.equal(issued.body.scope, 'orders:read orders:list')
  const token = String(issued.body.access_token)
  const claims = decodeJwt(token)
  assert.deepEqual([claims.sub, claims.iss, claims.allowed_tools], [client_id, realm(), given.allowed_tools])
  const seen = await introspected(body, token)
  assert.deepEqual([seen.active, seen.allowed_tools, seen.client_id], [true, given.allowed_tools, client_id])
  assert.equal((await tokenOf(body, { scope: 'orders:read' })).body.scope, 'orders:read')
  assert.equal((await tokenOf(body, { scope: 'orders:write' })).body.error, 'invalid_scope')
  const read = await ask('GET', `${AGENTS}/${id}`)
  assert.ok(Date.parse(String(read.body.last_used_at)) >= Date.parse(String(created_at)))
  assert.ok(!JSON.stringify(read.body).includes(secret) && !('client_secret' in read.body))

  const bare = await make()
  assert.deepEqual(
    [bare.agent_type, bare.allowed_tools, bare.allowed_scopes, bare.rate_limit_rpm, bare.owner_id],
    ['mcp', null, [], null, null],
  )
  assert.ok(!('allowed_tools' in decodeJwt(String((await tokenOf(bare)).body.access_token))), 'null is any tool')
  const idle = await make({ allowed_tools: [] })
  assert.deepEqual(decodeJwt(String((await tokenOf(idle)).body.access_token)).allowed_tools, [], 'none is none')
})

test('POST /api/v1/admin/agents: what does not fit is refused, and so is another’s tenant', async () => {
  const wrong = { name: '', agent_type: 'a b', allowed_tools: ['a b'], allowed_scopes: ['a"b'], rate_limit_rpm: 0 }
  const flawed = await ask('POST', AGENTS, wrong)
  assert.equal(flawed.status, 422)
  assert.deepEqual(locations(flawed.body), [
    'body.agent_type',
    'body.allowed_scopes.0',
    'body.allowed_tools.0',
    'body.name',
    'body.rate_limit_rpm',
  ])
  for (const scope of ['admin:read', 'admin:write']) {
    const reaching = await ask('POST', AGENTS, { name: 'Reaching', allowed_scopes: [scope] })
    assert.deepEqual([reaching.status, locations(reaching.body)], [422, ['body.allowed_scopes']])
  }
  const { body: stranger } = await ask<{ id: string }>(
    'POST',
    '/api/v1/admin/users',
    { email: 'x@example.com' },
    plane.bank.admin,
  )
  const owned = await ask('POST', AGENTS, { name: 'Owned', owner_id: stranger.id })
  assert.deepEqual([owned.status, owned.body], [404, { detail: 'The user does not exist.' }])
  for (const tenant of [plane.bank, plane.sibling]) {
    const foreign = await ask('POST', AGENTS, { name: 'Foreign', tenant_id: tenant.id })
    assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  }
  assert.equal((await ask('POST', AGENTS, { name: 'Theirs', tenant_id: plane.bank.id }, plane.acme.admin)).status, 201)
})

test('GET /api/v1/admin/agents: within the caller’s reach, filtered and by numbered pages', async () => {
  const { acme, bank, sibling, superAdmin } = plane
  const mark = 'Listed'
  const own = await make({ name: `${mark} a`, agent_type: 'crawler' })
  const other = await make({ name: `${mark} b` })
  const banks = await make({ name: `${mark} c` }, bank.admin)
  const siblings = await make({ name: `${mark} d` }, sibling.admin)
  await ask('PATCH', `${AGENTS}/${other.id}`, { status: 'SUSPENDED' })
  interface List {
    readonly data: Agent[]
    readonly pagination: object
  }
  const seen = async (query: string, key?: string) =>
    (await ask<List>('GET', `${AGENTS}?search=listed${query}`, undefined, key)).body.data.map(({ id }) => id)
  assert.deepEqual(await seen('', superAdmin), [own.id, other.id, banks.id, siblings.id])
  assert.deepEqual(await seen('', acme.admin), [own.id, other.id, banks.id])
  assert.deepEqual(await seen(''), [own.id, other.id])
  assert.deepEqual(await seen('', sibling.program), [siblings.id])
  assert.deepEqual(await seen('&agent_type=crawler', superAdmin), [own.id])
  assert.deepEqual(await seen('&status=SUSPENDED', superAdmin), [other.id])
  assert.deepEqual(await seen(`&tenant_id=${bank.id}`, acme.admin), [banks.id])
  assert.deepEqual(await seen(`&partner_id=${acme.id}`, superAdmin), [own.id, other.id, banks.id])
  const page = await ask<List>('GET', `${AGENTS}/?search=listed&page=2&per_page=2`, undefined, acme.admin)
  assert.deepEqual(
    page.body.data.map(({ id }) => id),
    [banks.id],
  )
  assert.deepEqual(page.body.pagination, { page: 2, per_page: 2, total: 3, total_pages: 2 })
  for (const query of [`tenant_id=${bank.id}`, `partner_id=${sibling.partnerId}`]) {
    const foreign = await ask('GET', `${AGENTS}?${query}`)
    assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  }
  assert.deepEqual(locations((await ask('GET', `${AGENTS}?status=GONE`)).body), ['query.status'])
})

test('GET /api/v1/admin/agents/{id}: beyond reach it is denied, and what is not there is not found', async () => {
  const made = await make()
  for (const key of [plane.shop.admin, plane.shop.program, plane.acme.admin, plane.superAdmin]) {
    const { status, body } = await ask('GET', `${AGENTS}/${made.id}`, undefined, key)
    assert.deepEqual([status, body.id, (body.data as Agent).id], [200, made.id, made.id])
  }
  for (const key of [plane.bank.admin, plane.sibling.admin]) {
    const foreign = await ask('GET', `${AGENTS}/${made.id}`, undefined, key)
    assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  }
  for (const id of ['agt_00000000000000000000000000', plane.shop.id, 'x']) {
    const absent = await ask('GET', `${AGENTS}/${id}`)
    assert.deepEqual([absent.status, absent.body], [404, { detail: 'Agent not found' }])
  }
})

test('PATCH /api/v1/admin/agents/{id}: what is given is replaced, and holds for the next token', async () => {
  const made = await make({ allowed_tools: ['a', 'b'], allowed_scopes: ['x'], rate_limit_rpm: 50 })
  const path = `${AGENTS}/${made.id}`
  await tokenOf(made)
  const change = { name: 'Renamed', agent_type: 'other', allowed_tools: ['c'], allowed_scopes: ['y', 'z'] }
  const { status, body } = await ask('PATCH', path, change)
  assert.equal(status, 200, JSON.stringify(body))
  const { data, ...top } = body
  assert.deepEqual(data, top)
  const { client_secret: _, data: __, ...before } = made
  assert.deepEqual(top, { ...before, ...change, last_used_at: top.last_used_at, updated_at: top.updated_at })
  const next = await tokenOf(made)
  assert.deepEqual([next.body.scope, decodeJwt(String(next.body.access_token)).allowed_tools], ['y z', ['c']])
  assert.equal((await ask('PATCH', path, { allowed_tools: null, rate_limit_rpm: null })).body.allowed_tools, null)
  assert.ok(!('allowed_tools' in decodeJwt(String((await tokenOf(made)).body.access_token))))
  const events = await eventsOf(plane.server, plane.shop.id, 'agent.updated')
  assert.deepEqual(
    [events[1]?.subject.id, events[1]?.data.changed],
    [made.id, ['name', 'type', 'allowed_tools', 'allowed_scopes']],
  )
  assert.equal((await ask('PATCH', path, { allowed_scopes: ['admin:read'] })).status, 422)
  assert.deepEqual(locations((await ask('PATCH', path, { tenant_id: plane.bank.id }, plane.acme.admin)).body), [
    'body.tenant_id',
  ])
  const foreign = await ask('PATCH', path, { name: 'Mine' }, plane.bank.admin)
  assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  assert.equal((await ask('GET', path)).body.name, 'Renamed')
})

test('PATCH /api/v1/admin/agents/{id}: suspending revokes its tokens for good', async () => {
  const made = await make()
  const watcher = await makeWatcher()
  const token = String((await tokenOf(made)).body.access_token)
  assert.equal((await introspected(watcher, token)).active, true)
  assert.equal((await ask('PATCH', `${AGENTS}/${made.id}`, { status: 'SUSPENDED' })).body.status, 'SUSPENDED')
  assert.deepEqual([(await tokenOf(made)).status, (await introspected(watcher, token)).active], [401, false])
  assert.equal((await ask('PATCH', `${AGENTS}/${made.id}`, { status: 'ACTIVE' })).body.status, 'ACTIVE')
  assert.equal((await introspected(watcher, token)).active, false)
  const again = String((await tokenOf(made)).body.access_token)
  assert.equal((await introspected(watcher, again)).active, true)
  for (const type of ['agent.suspended', 'agent.reactivated']) {
    assert.deepEqual((await eventsOf(plane.server, plane.shop.id, type))[0]?.subject.id, made.id)
  }
})

test('DELETE /api/v1/admin/agents/{id}: it goes with its client and what that was issued', async () => {
  const made = await make()
  const watcher = await makeWatcher()
  const token = String((await tokenOf(made)).body.access_token)
  const path = `${AGENTS}/${made.id}`
  const foreign = await ask('DELETE', path, undefined, plane.bank.admin)
  assert.deepEqual([foreign.status, foreign.body], [403, DENIED])
  const gone = await ask('DELETE', path)
  assert.deepEqual([gone.status, gone.body], [204, undefined])
  assert.deepEqual(
    [(await tokenOf(made)).body.error, (await introspected(watcher, token)).active],
    ['invalid_client', false],
  )
  for (const method of ['GET', 'DELETE']) {
    const again = await ask(method, path)
    assert.deepEqual([again.status, again.body], [404, { detail: 'Agent not found' }])
  }
  assert.equal((await eventsOf(plane.server, plane.shop.id, 'agent.deleted'))[0]?.subject.id, made.id)
})

test('an agent asks for no more tokens a minute than it may, and others are not held up', async () => {
  const made = await make({ rate_limit_rpm: 3 })
  const other = await make({ rate_limit_rpm: 3 })
  const statuses = []
  for (let time = 0; time < 3; time++) statuses.push((await tokenOf(made)).status)
  assert.deepEqual(statuses, [200, 200, 200])
  const response = await fetch(`${realm()}/oauth/token`, {
    method: 'POST',
    headers: { authorization: basic(made) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { error } = (await response.json()) as { error: string }
  assert.deepEqual([response.status, error], [429, 'too_many_requests'])
  const wait = Number(response.headers.get('retry-after'))
  assert.ok(wait >= 1 && wait <= 60)
  assert.equal((await tokenOf(other)).status, 200)
  await ask('PATCH', `${AGENTS}/${made.id}`, { rate_limit_rpm: null })
  assert.equal((await tokenOf(made)).status, 200)
})

test('an agent’s client, changed or deleted elsewhere, is the agent still', async () => {
  const made = await make({ name: 'Two faces' })
  const clients = `/v1/realms/${plane.shop.issuerId}/clients`
  const { data } = await plane.server.api<{ data: { id: string; client_id: string }[] }>('GET', `${clients}?limit=200`)
  const client = data.find(({ client_id: id }) => id === made.client_id)?.id
  await plane.server.api('PATCH', `${clients}/${client}`, { label: 'One face', scopes: ['a'] })
  await plane.server.api('POST', `${clients}/${client}/suspend`)
  const { body } = await ask('GET', `${AGENTS}/${made.id}`)
  assert.deepEqual([body.name, body.allowed_scopes, body.status], ['One face', ['a'], 'SUSPENDED'])
  await plane.server.api('DELETE', `${clients}/${client}`)
  assert.equal((await ask('GET', `${AGENTS}/${made.id}`)).status, 404)
})
