// Checks the routes for the audit log.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'
import { type Answered, assertProblem } from '#testing/problem.ts'

// Zautha, “List audit events”.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const AUDIT = '/v1/admin/audit'

interface Entry {
  readonly id: string
  readonly action: string
  readonly created_at: string
  readonly [field: string]: unknown
}

interface Page {
  readonly events: readonly Entry[]
  readonly pagination: { readonly page: number; readonly limit: number; readonly total: number }
}

/** Default caller: the administrator of the tenant `shop`. */
async function ask(query: string, key = plane.shop.admin): Promise<Omit<Answered, 'body'> & { readonly body: Page }> {
  const reply = await plane.server.call('GET', `${AUDIT}?${query}`, { key, headers: { 'user-agent': 'auditor' } })
  return { ...reply, body: reply.body as Page }
}

async function make(name: string): Promise<string> {
  const headers = { 'user-agent': 'maker' }
  const { body } = await plane.server.call('POST', '/v1/admin/projects', {
    key: plane.shop.admin,
    body: { name },
    headers,
  })
  return (body as { id: string }).id
}

test('GET /v1/admin/audit: what happened in the tenant, newest first, by action and by time', async () => {
  const ids = [await make('One'), await make('Two'), await make('Three')].reverse()
  const { status, body } = await ask('action=project.created')
  assert.equal(status, 200)
  assert.deepEqual(body.pagination, { page: 1, limit: 50, total: 3 })
  assert.deepEqual(
    body.events.map(({ resource_id }) => resource_id),
    ids,
  )
  const { id, actor_id, created_at, ...rest } = body.events[0] ?? ({} as Entry)
  assert.deepEqual(rest, {
    actor_type: 'user',
    action: 'project.created',
    resource_type: 'project',
    resource_id: ids[0],
    ip_address: '127.0.0.1',
    user_agent: 'maker',
    metadata: { name: 'Three', slug: 'three', environment: 'development' },
  })
  for (const one of [id, actor_id]) assert.match(String(one), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

  const second = await ask('action=project.*&page=2&limit=2')
  assert.deepEqual(second.body, { events: body.events.slice(2), pagination: { page: 2, limit: 2, total: 3 } })
  const all = await ask('limit=100')
  assert.ok(all.body.pagination.total >= all.body.events.length)
  assert.ok(all.body.events.some(({ action }) => action === 'realm.created'))
  for (const action of ['nothing.happened', '*', 'project.deleted']) {
    assert.deepEqual((await ask(`action=${action}`)).body, { events: [], pagination: { page: 1, limit: 50, total: 0 } })
  }
})

test('GET /v1/admin/audit: a day is meant whole, a moment to the millisecond', async () => {
  const id = await make('Timed')
  const { body } = await ask('action=project.created&limit=1')
  const at = Date.parse(body.events[0]?.created_at ?? '')
  const moment = (shift: number) => encodeURIComponent(new Date(at + shift).toISOString())
  const day = (shift: number) => new Date(at + shift * 86_400_000).toISOString().slice(0, 10)
  const east = encodeURIComponent(new Date(at + 7_200_000).toISOString().replace('Z', '+02:00'))
  const isFound = async (query: string) => {
    const found = await ask(`action=project.created&${query}`)
    assert.equal(found.status, 200, JSON.stringify(found.body))
    return found.body.events.some(({ resource_id }) => resource_id === id)
  }
  for (const query of [
    `start_date=${day(0)}&end_date=${day(0)}`,
    `start_date=${day(-1)}`,
    `end_date=${day(0)}`,
    `start_date=${moment(0)}&end_date=${moment(0)}`,
    `start_date=${east}&end_date=${east}`,
  ]) {
    assert.equal(await isFound(query), true, query)
  }
  for (const query of [
    `start_date=${day(1)}`,
    `end_date=${day(-1)}`,
    `start_date=${moment(1)}`,
    `end_date=${moment(-1)}`,
    `start_date=${day(1)}&end_date=${day(-1)}`,
  ]) {
    assert.equal(await isFound(query), false, query)
  }
})

test('GET /v1/admin/audit: nobody reads another tenant’s log, and nonsense is a problem', async () => {
  const id = await make('Private')
  for (const key of [plane.bank.admin, plane.bank.program, plane.sibling.admin, plane.superAdmin]) {
    const { status, body } = await ask('action=project.*&limit=100', key)
    assert.equal(status, 200)
    assertProblem(await ask(`tenant_id=${plane.shop.id}`, key), 400, AUDIT, ['tenant_id'])
    assert.ok(body.events.every(({ resource_id }) => resource_id !== id))
  }
  for (const [query, fields] of [
    ['start_date=yesterday', ['start_date']],
    ['end_date=2026-02-30', ['end_date']],
    ['start_date=2026-01-01T00:00:00', ['start_date']],
    ['page=0&limit=1000', ['page', 'limit']],
  ] as const) {
    assertProblem(await ask(query), 400, AUDIT, fields)
  }
  assertProblem(await ask('', plane.acme.admin), 403, AUDIT)
  assertProblem(await plane.server.call('GET', AUDIT, { key: null }), 401, AUDIT)
})
