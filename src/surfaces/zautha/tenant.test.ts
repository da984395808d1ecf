// Checks the routes for tenants.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseId } from '#kernel/id.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'
import { assertProblem } from '#testing/problem.ts'

// Zautha, “Control Plane API for managing tenants, projects, users, and organizations”.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const TENANTS = '/v1/admin/tenants'
type Tenant = Readonly<Record<string, unknown>> & { readonly id: string }

async function ask(method: string, path: string, body: unknown, key: string) {
  const reply = await plane.server.call(method, path, { key, body })
  return { ...reply, body: reply.body as Tenant }
}

test('a super_admin makes tenants, reads and changes them', async () => {
  const key = plane.superAdmin
  const { status, body } = await ask('POST', TENANTS, { name: 'Umbrella', slug: 'umbrella' }, key)
  assert.equal(status, 201, JSON.stringify(body))
  const { id, created_at, updated_at, ...rest } = body
  assert.deepEqual(rest, { name: 'Umbrella', slug: 'umbrella', status: 'active', settings: {} })
  assert.equal(created_at, updated_at)
  const [event] = await eventsOf(plane.server, id, 'tenant.created')
  assert.equal(event?.surface, 'zautha')
  assert.deepEqual((await ask('GET', `${TENANTS}/${id}`, undefined, key)).body, body)
  const settings = { theme: 'dark' }
  const changed = await ask('PATCH', `${TENANTS}/${id}`, { name: 'Umbrella Corp', settings }, key)
  assert.deepEqual([changed.status, changed.body.name, changed.body.settings], [200, 'Umbrella Corp', settings])

  assertProblem(await ask('POST', TENANTS, { name: 'Umbrella', slug: 'umbrella' }, key), 409, TENANTS)
  assertProblem(await ask('POST', TENANTS, { name: 'No slug', slug: 'Ü' }, key), 400, TENANTS, ['slug'])
  assertProblem(await ask('PATCH', `${TENANTS}/${id}`, { slug: 'other' }, key), 400, `${TENANTS}/${id}`, ['body'])
})

test('an administrator reads and changes the own tenant; every other one does not exist, and none is made', async () => {
  const own = `${TENANTS}/${parseId('tenant', plane.shop.id)}`
  const foreign = `${TENANTS}/${parseId('tenant', plane.bank.id)}`
  for (const key of [plane.shop.admin, plane.shop.program]) {
    assert.equal((await ask('GET', own, undefined, key)).status, 200)
    assert.equal((await ask('PATCH', own, { settings: { by: 'us' } }, key)).status, 200)
    assertProblem(await ask('GET', foreign, undefined, key), 404, foreign)
    assertProblem(await ask('PATCH', foreign, { name: 'Ours' }, key), 404, foreign)
    assertProblem(await ask('POST', TENANTS, { name: 'More', slug: 'more' }, key), 403, TENANTS)
  }
  assertProblem(await ask('GET', own, undefined, plane.acme.admin), 403, own)
  // The other rows stay with the tenant of the token.
  const projects = await ask('GET', '/v1/admin/projects', undefined, plane.superAdmin)
  assert.equal(projects.status, 200)
})
