// Checks the routes for the audit log.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'
import { UserAgent } from '#testing/user-agent.ts'

// ScaiKey, “Audit log” and “Dashboard”: every route, by each tier within and beyond its scope.

let plane: ControlPlane

before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const AUDIT = '/api/v1/admin/audit'
const NOBODY = 'evt_00000000000000000000000000'
const DENIED = { status: 403, body: { detail: 'Access denied' } }

interface Entry {
  readonly id: string
  readonly action: string
  readonly tenant_id: string | null
  readonly actor_email: string | null
  readonly resource_id: string
  readonly [field: string]: unknown
}
interface List {
  readonly data: Entry[]
  readonly pagination: Readonly<Record<string, number>>
}

/** Default caller: super_admin. */
async function ask<T = List>(method: string, path: string, key: string | null = plane.superAdmin, body?: unknown) {
  const reply = await plane.server.call(method, path, { key, body })
  return { status: reply.status, body: reply.body as T }
}

let count = 0

/** A tenant_admin of `shop` makes a group. @returns its id */
async function makeGroup(key = plane.shop.admin, more: object = {}): Promise<string> {
  const { body } = await ask<{ id: string }>('POST', '/api/v1/admin/groups', key, { name: `Group ${++count}`, ...more })
  return body.id
}

test('GET /api/v1/admin/audit: who did what to what, when, from where, and whether they were let', async () => {
  const id = await makeGroup()
  const { status, body } = await ask('GET', `${AUDIT}?resource_id=${id}`, plane.shop.admin)
  assert.equal(status, 200)
  const [entry] = body.data
  assert.equal(body.data.length, 1)
  const { id: entryId, timestamp, created_at, actor_id, actor_email, user_agent, details, ...rest } = entry as Entry
  assert.match(entryId, /^evt_[0-9a-z]{26}$/)
  assert.ok(Date.parse(String(timestamp)) > 0 && timestamp === created_at)
  assert.match(String(actor_id), /^usr_/)
  assert.match(String(actor_email), /^administrator-\d+@example\.com$/)
  assert.equal(typeof user_agent, 'string')
  assert.equal((details as { name: string }).name, `Group ${count}`)
  assert.deepEqual(rest, {
    actor_type: 'admin',
    action: 'group.created',
    resource_type: 'group',
    resource_id: id,
    result: 'success',
    ip_address: '127.0.0.1',
    tenant_id: plane.shop.id,
    partner_id: plane.acme.id,
  })
  assert.deepEqual(body.pagination, { page: 1, per_page: 20, total: 1, total_pages: 1 })

  const of = async (query: string, key?: string) => (await ask('GET', `${AUDIT}?per_page=100&${query}`, key)).body
  for (const filter of [
    `actor_id=${actor_id}`,
    `actor_email=${actor_email}`,
    'action=group.created',
    'action=group.*',
    'resource_type=group',
    'result=success',
    'ip_address=127.0.0.1',
    `start_time=${timestamp}`,
    `tenant_id=${plane.shop.id}`,
    `partner_id=${plane.acme.id}`,
  ]) {
    const { data } = await of(filter)
    assert.ok(
      data.some((other) => other.id === entryId),
      filter,
    )
    const [name = '', value = ''] = filter.split('=')
    if (name in rest && !value.endsWith('*'))
      assert.ok(
        data.every((other) => other[name] === value),
        filter,
      )
    assert.equal((await of(`${filter}&resource_id=nothing`)).data.length, 0)
  }
  for (const filter of ['result=failure', `end_time=${timestamp}`, 'ip_address=192.0.2.9', 'action=nothing.happened']) {
    assert.ok(
      (await of(filter)).data.every((other) => other.id !== entryId),
      filter,
    )
  }
  assert.deepEqual((await of('start_time=2001-01-01&end_time=2002-01-01T00:00:00')).data, [])
  assert.equal((await ask('GET', `${AUDIT}?start_time=soon`)).status, 422)
  assert.equal((await ask('GET', `${AUDIT}?result=maybe`)).status, 422)
  assert.equal((await ask('GET', AUDIT, null)).status, 401)
})

test('each tier sees its own scope, newest first, and how much there is', async () => {
  const { shop, bank, sibling, acme } = plane
  await makeGroup(bank.admin)
  await makeGroup(sibling.admin)
  await makeGroup()
  const tenants = async (query: string, key: string) => {
    const { data } = (await ask('GET', `${AUDIT}?per_page=100&${query}`, key)).body
    const times = data.map(({ timestamp }) => String(timestamp))
    assert.deepEqual(times, [...times].sort().reverse())
    return new Set(data.map(({ tenant_id: id }) => id))
  }
  assert.deepEqual(await tenants('', shop.admin), new Set([shop.id]))
  assert.deepEqual(await tenants('action=group.*', acme.admin), new Set([shop.id, bank.id]))
  const all = await tenants('action=group.*', plane.superAdmin)
  assert.deepEqual(all, new Set([shop.id, bank.id, sibling.id]))
  assert.ok((await tenants('action=partner.created', plane.superAdmin)).has(null))
  const pages = await ask('GET', `${AUDIT}?page=2&per_page=3`, shop.admin)
  const whole = await ask('GET', `${AUDIT}?per_page=100`, shop.admin)
  assert.deepEqual(pages.body.data, whole.body.data.slice(3, 6))
  assert.equal(pages.body.pagination.total, whole.body.data.length)
  assert.ok(whole.body.data.every(({ action }) => action !== 'token.issued'))
  const tokens = await ask('GET', `${AUDIT}?action=token.issued`, shop.admin)
  assert.ok(tokens.body.data.length > 0)
  assert.deepEqual(await ask('GET', `${AUDIT}?tenant_id=${bank.id}`, shop.admin), DENIED as never)
  assert.deepEqual(await ask('GET', `${AUDIT}?tenant_id=${sibling.id}`, acme.admin), DENIED as never)
  assert.deepEqual(await ask('GET', `${AUDIT}?partner_id=${sibling.partnerId}`, acme.admin), DENIED as never)
})

test('sign-ins are in it, those that failed too, in ScaiKey’s words', async () => {
  const issuer = `/v1/realms/${plane.shop.issuerId}`
  const email = 'visitor@example.com'
  const { id } = await plane.server.api<{ id: string }>('POST', `${issuer}/users`, {
    email,
    password: 'battery staple',
  })
  const agent = new UserAgent(plane.server.url)
  const url = `${plane.server.url}/realms/${plane.shop.issuerId}/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: await publicClient(),
    redirect_uri: 'https://app.example/callback',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })}`
  const page = await agent.follow(await agent.request(url))
  const again = await agent.submit(page, { email, password: 'wrong' })
  await agent.submit(again, { email, password: 'battery staple' })
  const of = async (query: string) => (await ask('GET', `${AUDIT}?${query}`, plane.shop.admin)).body.data
  const [failed] = await of('action=auth.login_failed')
  assert.deepEqual([failed?.result, failed?.resource_type, failed?.resource_id], ['failure', 'user', id])
  assert.deepEqual((await of('action=sign_in.failed&result=failure'))[0], failed)
  const [created] = await of(`action=session.created&actor_id=${id}`)
  assert.deepEqual([created?.actor_type, created?.actor_email, created?.resource_type], ['user', email, 'session'])
  assert.deepEqual((await of(`actor_email=${email.toUpperCase()}&action=session.created`))[0], created)
})

async function publicClient(): Promise<string> {
  const { client_id: clientId } = await plane.server.api<{ client_id: string }>(
    'POST',
    `/v1/realms/${plane.shop.issuerId}/clients`,
    { label: 'App', auth_method: 'none', redirect_uris: ['https://app.example/callback'], scopes: ['openid'] },
  )
  return clientId
}

test('GET /api/v1/admin/audit/{id}: shows one, and only that can be done with it', async () => {
  await makeGroup()
  const [found] = (await ask('GET', `${AUDIT}?action=group.created`, plane.shop.admin)).body.data
  assert.ok(found)
  const entry: Entry = found
  for (const key of [plane.shop.admin, plane.shop.program, plane.acme.admin, plane.superAdmin]) {
    const reply = await ask<Record<string, unknown>>('GET', `${AUDIT}/${entry.id}`, key)
    const { data, ...top } = reply.body
    assert.deepEqual([reply.status, top, data], [200, entry, entry])
  }
  for (const key of [plane.bank.admin, plane.bank.program, plane.sibling.admin]) {
    assert.deepEqual(await ask('GET', `${AUDIT}/${entry.id}`, key), DENIED as never)
  }
  const [above] = (await ask('GET', `${AUDIT}?action=partner.created`)).body.data
  assert.equal((await ask('GET', `${AUDIT}/${above?.id}`)).status, 200)
  assert.deepEqual(await ask('GET', `${AUDIT}/${above?.id}`, plane.acme.admin), DENIED as never)
  for (const missing of [NOBODY, 'x', plane.shop.id]) {
    assert.deepEqual(await ask('GET', `${AUDIT}/${missing}`), {
      status: 404,
      body: { detail: 'Event not found' },
    } as never)
  }
  assert.equal((await ask('GET', `${AUDIT}/${entry.id}`, null)).status, 401)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    for (const path of [AUDIT, `${AUDIT}/${entry.id}`]) {
      const reply = await ask(method, path, plane.superAdmin, method === 'DELETE' ? undefined : {})
      assert.deepEqual(reply, { status: 405, body: { detail: 'Method Not Allowed' } } as never, `${method} ${path}`)
    }
  }
})

test('what happened in a tenant outlives it, for who reaches further', async () => {
  const body = { name: 'Short-lived', slug: 'short-lived', partner_id: plane.acme.id }
  const { id } = (await ask<{ id: string }>('POST', '/api/v1/admin/tenants', plane.superAdmin, body)).body
  await makeGroup(plane.acme.admin, { tenant_id: id })
  assert.equal((await ask('DELETE', `/api/v1/admin/tenants/${id}`)).status, 204)
  for (const key of [plane.superAdmin, plane.acme.admin]) {
    const { data } = (await ask('GET', `${AUDIT}?resource_type=tenant&resource_id=${id}`, key)).body
    assert.deepEqual(
      data.map(({ action }) => action),
      ['tenant.deleted', 'tenant.created'],
    )
    assert.equal((await ask('GET', `${AUDIT}/${data[0]?.id}`, key)).status, 200)
    assert.deepEqual(await ask('GET', `${AUDIT}/${data[0]?.id}`, plane.sibling.admin), DENIED as never)
  }
})

test('GET /api/v1/admin/dashboard/activity: what happened last, as much as is asked for', async () => {
  const path = '/api/v1/admin/dashboard/activity'
  const ids = [await makeGroup(), await makeGroup(), await makeGroup()]
  const { status, body } = await ask('GET', `${path}?limit=3`, plane.shop.admin)
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), ['data'])
  assert.deepEqual(
    body.data.map(({ resource_id: id }) => id),
    ids.reverse(),
  )
  const audit = (await ask('GET', `${AUDIT}?per_page=3`, plane.shop.admin)).body.data
  assert.deepEqual(body.data, audit)
  assert.equal((await ask('GET', path)).body.data.length, 20)
  const partners = (await ask('GET', `${path}?limit=100`, plane.acme.admin)).body.data
  assert.ok(partners.every(({ partner_id: id }) => id === plane.acme.id))
  for (const limit of ['0', '101', 'x']) assert.equal((await ask('GET', `${path}?limit=${limit}`)).status, 422)
  assert.equal((await ask('GET', path, null)).status, 401)
  assert.equal((await ask('POST', path, plane.superAdmin, {})).status, 405)
})

test('GET /api/v1/admin/dashboard/stats: how much there is, within each tier', async () => {
  const path = '/api/v1/admin/dashboard/stats'
  type Stats = Readonly<Record<string, number>>
  const stats = async (key?: string): Promise<Stats> => {
    const { status, body } = await ask<Record<string, unknown>>('GET', path, key)
    const { data, ...top } = body
    assert.deepEqual([status, data], [200, top])
    return top as Stats
  }
  const names = [
    ...['total_tenants', 'total_users', 'active_users', 'total_groups', 'total_applications', 'total_agents'],
    ...['active_sessions', 'logins_24h', 'failed_logins_24h'],
  ]
  assert.deepEqual(Object.keys(await stats(plane.shop.admin)), names)
  assert.deepEqual(Object.keys(await stats(plane.acme.admin)), names)
  assert.deepEqual(Object.keys(await stats()), ['total_partners', ...names])
  const before = { shop: await stats(plane.shop.admin), acme: await stats(plane.acme.admin), all: await stats() }
  assert.deepEqual([before.shop.total_tenants, before.acme.total_tenants], [1, 2])

  const email = `counted-${++count}@example.com`
  const user = await ask<{ id: string }>('POST', '/api/v1/admin/users', plane.shop.admin, { email })
  const second = { email: `second-${count}@example.com`, status: 'SUSPENDED' }
  assert.equal((await ask('POST', '/api/v1/admin/users', plane.shop.admin, second)).status, 201)
  await makeGroup()
  await ask('POST', '/api/v1/admin/agents', plane.shop.admin, { name: 'Counted' })
  const grown = await stats(plane.shop.admin)
  const growth = (name: string, from: Stats, to: Stats) => (to[name] ?? 0) - (from[name] ?? 0)
  for (const [name, by] of Object.entries({ total_users: 2, active_users: 1, total_groups: 1, total_agents: 1 })) {
    assert.equal(growth(name, before.shop, grown), by, name)
    assert.equal(growth(name, before.acme, await stats(plane.acme.admin)), by, name)
    assert.equal(growth(name, before.all, await stats()), by, name)
  }
  assert.equal((await stats(plane.bank.admin)).total_users, 0, 'administrators are not counted')
  await ask('DELETE', `/api/v1/admin/users/${user.body.id}`, plane.shop.admin)
  assert.equal((await stats(plane.shop.admin)).total_users, (grown.total_users ?? 0) - 1)
  const tenant = `?tenant_id=${plane.shop.id}`
  const native = await plane.server.api<{ users: number }>('GET', `/v1/stats${tenant}`)
  assert.equal(native.users, (grown.total_users ?? 0) - 1)
  const { data } = await plane.server.api<{ data: { sign_ins: number }[] }>(
    'GET',
    `/v1/stats/trend${tenant}&by=day&length=7`,
  )
  assert.equal(data.length, 7)
  assert.equal(data.at(-1)?.sign_ins, grown.logins_24h)
  assert.equal((await ask('GET', path, null)).status, 401)
  assert.equal((await ask('POST', path, plane.superAdmin, {})).status, 405)
})
