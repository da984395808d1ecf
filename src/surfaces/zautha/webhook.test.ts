// Checks the routes for webhooks.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { renderId } from '#kernel/id.ts'
import { type ControlPlane, eventsOf, startControlPlane } from '#testing/control-plane.ts'
import { type Answered, assertProblem } from '#testing/problem.ts'
import { type Received, startReceiver } from '#testing/receiver.ts'
import { until } from '#testing/until.ts'
import { isGenuine } from '#testing/webhook-signature.ts'

// Zautha, “Webhooks”: every route, and what arrives at a receiver.

let plane: ControlPlane
before(async () => {
  // What fails stays failed for as long as anybody looks.
  plane = await startControlPlane({ env: { COUNTERSIGN_WEBHOOK_FIRST_RETRY_SECONDS: '3600' } })
})
after(() => plane.server.stop())

const WEBHOOKS = '/v1/admin/webhooks'
const NOWHERE = '018f0000-0000-7000-8000-000000000000'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const HOOK = 'https://hooks.example.com/zautha'

interface Thing {
  readonly id: string
  readonly [field: string]: unknown
}
interface Page {
  readonly webhooks: Thing[]
  readonly deliveries: Thing[]
  readonly pagination: { readonly page: number; readonly limit: number; readonly total: number }
}
type Reply<T> = Omit<Answered, 'body'> & { readonly body: T }

/** Default caller: the administrator of the tenant `shop`. */
async function ask<T = Thing>(method: string, path: string, body?: unknown, key?: string): Promise<Reply<T>> {
  return (await plane.server.call(method, path, { key: key ?? plane.shop.admin, body })) as Reply<T>
}

async function make(more: object = {}): Promise<Thing & { readonly secret: string }> {
  const { status, body } = await ask('POST', WEBHOOKS, { url: HOOK, events: ['organization.*'], ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body as Thing & { secret: string }
}

/** Over the native API: Zautha’s document has no way. */
function rotate(id: string, overlap: number): Promise<{ secret: string }> {
  const path = `/v1/webhooks/${id}/rotate-secret?tenant_id=${plane.shop.id}`
  return plane.server.api('POST', path, { overlap_seconds: overlap })
}

let count = 0
/** Something that happens: an organization is made. */
async function happen(): Promise<Thing> {
  return (await ask('POST', '/v1/admin/organizations', { name: `Hooked ${++count}` })).body
}

const signed = (one: Received | undefined, secret: string) =>
  one !== undefined && isGenuine(one, 'x-zautha-signature', secret, Date.now())

/** That who administers another tenant, or nothing, gets nothing. */
async function assertOwnOnly(method: string, path: string): Promise<void> {
  for (const key of [plane.bank.admin, plane.sibling.program])
    assertProblem(await ask(method, path, undefined, key), 404, path)
  assertProblem(await plane.server.call(method, path, { key: null }), 401, path)
  assertProblem(await ask(method, path, undefined, plane.acme.admin), 403, path)
}

test('POST /v1/admin/webhooks: what it subscribes to arrives in Zautha’s form, signed with the secret that is shown once', async () => {
  await using receiver = await startReceiver()
  const given = { url: receiver.url, events: ['organization.created', 'organization.deleted'], description: 'Ours' }
  const made = await make(given)
  const { id, tenant_id, secret, created_at, updated_at, ...fields } = made
  assert.match(id, UUID)
  assert.equal(renderId('tenant', String(tenant_id)), plane.shop.id)
  assert.match(secret, /^whsec_[\w-]{43}$/)
  assert.match(String(created_at), TIME)
  assert.equal(created_at, updated_at)
  assert.deepEqual(fields, { ...given, is_active: true })
  const [told] = await eventsOf(plane.server, plane.shop.id, 'webhook.created')
  assert.deepEqual([told?.subject.id, told?.surface], [renderId('webhook', id), 'zautha'])
  assert.ok(!JSON.stringify(told).includes(secret))

  const silent = await make({ url: receiver.url, is_active: false })
  assert.equal(silent.is_active, false)
  const first = await happen()
  await ask('PATCH', `/v1/admin/organizations/${first.id}`, { name: 'Not subscribed to' })
  await ask('DELETE', `/v1/admin/organizations/${first.id}`)
  await until(
    () => receiver.received.length === 2,
    () => receiver.received,
  )
  const bodies = receiver.received.map(({ body }) => JSON.parse(body))
  assert.deepEqual(
    bodies.map((body) => [body.event_type, body.resource_type, body.resource_id, body.tenant_id]),
    [
      ['organization.created', 'organization', first.id, tenant_id],
      ['organization.deleted', 'organization', first.id, tenant_id],
    ],
  )
  const [one] = receiver.received
  assert.equal(one?.headers['x-zautha-event-id'], bodies[0].id)
  assert.equal(one?.headers['x-zautha-event-type'], 'organization.created')
  assert.equal(one?.headers['x-zautha-webhook-id'], id)
  assert.ok(signed(one, secret))
  assert.ok(!signed(one, silent.secret))
  assert.ok(!signed(one && { ...one, body: one.body.replace(first.id, NOWHERE) }, secret))

  const next = await rotate(id, 60)
  await happen()
  await until(
    () => receiver.received.length === 3,
    () => receiver.received,
  )
  assert.ok(signed(receiver.received[2], next.secret) && signed(receiver.received[2], secret))
})

test('POST /v1/admin/webhooks: an address inside and an event that nothing has are refused, and make none', async () => {
  const before = (await ask<Page>('GET', WEBHOOKS)).body.pagination.total
  const refused = await ask('POST', WEBHOOKS, { url: HOOK, events: ['nonsense.happened'], is_active: 'yes' })
  assertProblem(refused, 400, WEBHOOKS, ['events.0', 'is_active'])
  assertProblem(await ask('POST', WEBHOOKS, { description: '' }), 400, WEBHOOKS, ['url', 'events', 'description'])
  for (const url of ['http://hooks.example.com/', 'https://10.0.0.1/', 'https://169.254.169.254/latest', 'nonsense']) {
    const { status, body } = await ask('POST', WEBHOOKS, { url, events: ['*'] })
    assert.equal(status, 400, url)
    assert.match(String(body.type), /\/unreachable-host$/)
  }
  assertProblem(
    await plane.server.call('POST', WEBHOOKS, { key: null, body: { url: HOOK, events: ['*'] } }),
    401,
    WEBHOOKS,
  )
  assertProblem(await ask('POST', WEBHOOKS, { url: HOOK, events: ['*'] }, plane.acme.admin), 403, WEBHOOKS)
  assert.equal((await ask<Page>('GET', WEBHOOKS)).body.pagination.total, before)
})

test('GET /v1/admin/webhooks: numbered pages without secrets, of the tenant’s own', async () => {
  const made = [await make(), await make({ description: 'Second', is_active: false })]
  const whole = await ask<Page>('GET', `${WEBHOOKS}?limit=100`)
  assert.equal(whole.status, 200)
  const { webhooks, pagination } = whole.body
  assert.deepEqual(pagination, { page: 1, limit: 100, total: webhooks.length })
  assert.deepEqual(
    webhooks.slice(-2),
    made.map(({ secret: _, ...shown }) => shown),
  )
  assert.ok(!JSON.stringify(whole.body).includes('whsec_'))
  const second = await ask<Page>('GET', `${WEBHOOKS}?page=2&limit=1`)
  assert.deepEqual(second.body.webhooks, [webhooks[1]])
  assert.deepEqual(second.body.pagination, { page: 2, limit: 1, total: webhooks.length })
  const theirs = await ask<Page>('GET', WEBHOOKS, undefined, plane.bank.admin)
  assert.deepEqual(theirs.body, { webhooks: [], pagination: { page: 1, limit: 50, total: 0 } })
  assertProblem(await ask('GET', `${WEBHOOKS}?page=x`), 400, WEBHOOKS, ['page'])
})

test('GET /v1/admin/webhooks/{id}/deliveries: newest first, what arrived and what did not', async () => {
  await using receiver = await startReceiver()
  const { id } = await make({ url: receiver.url, events: ['organization.created'] })
  const path = `${WEBHOOKS}/${id}/deliveries`
  assert.deepEqual((await ask('GET', path)).body, { deliveries: [], pagination: { page: 1, limit: 50, total: 0 } })
  await happen()
  await until(
    async () => (await ask<Page>('GET', path)).body.deliveries[0]?.status === 'delivered',
    () => receiver.received,
  )
  receiver.answer(() => ({ status: 503 }))
  await happen()
  await until(
    async () => (await ask<Page>('GET', path)).body.deliveries[0]?.status === 'failed',
    () => receiver.received,
  )
  const { status, body } = await ask<Page>('GET', path)
  assert.equal(status, 200)
  const [failed, delivered] = body.deliveries.map(({ id, created_at, delivered_at, ...fields }) => {
    assert.match(id, UUID)
    assert.match(String(created_at), TIME)
    assert.equal(typeof delivered_at, fields.status === 'delivered' ? 'string' : 'object')
    return fields
  })
  const type = { event_type: 'organization.created' }
  assert.deepEqual(delivered, { ...type, status: 'delivered', response_status: 200, attempts: 1, error: null })
  assert.deepEqual(failed, { ...type, status: 'failed', response_status: 503, attempts: 1, error: 'status' })
  const last = await ask<Page>('GET', `${path}?page=2&limit=1`)
  assert.deepEqual(last.body, { deliveries: [body.deliveries[1]], pagination: { page: 2, limit: 1, total: 2 } })
  assertProblem(await ask('GET', `${path}?limit=1000`), 400, path, ['limit'])
  for (const nobody of [NOWHERE, 'x']) {
    assertProblem(await ask('GET', `${WEBHOOKS}/${nobody}/deliveries`), 404, `${WEBHOOKS}/${nobody}/deliveries`)
  }
  await assertOwnOnly('GET', path)
})

test('POST /v1/admin/webhooks/{id}/test: one event at once, also to one that is off, and what came of it', async () => {
  await using receiver = await startReceiver()
  const { id, secret } = await make({ url: receiver.url, is_active: false })
  const path = `${WEBHOOKS}/${id}/test`
  const { status, body } = await ask('POST', path)
  assert.equal(status, 200, JSON.stringify(body))
  const { delivery_id, duration_ms, ...result } = body
  assert.deepEqual(result, { success: true, response_status: 200, error: null })
  assert.ok(Number.isInteger(duration_ms))
  const [one] = receiver.received
  assert.ok(signed(one, secret))
  assert.deepEqual(
    [one?.headers['x-zautha-event-type'], one?.headers['x-zautha-delivery-id']],
    ['webhook.test', delivery_id],
  )
  assert.equal(JSON.parse(one?.body ?? '').resource_id, id)
  const log = await ask<Page>('GET', `${WEBHOOKS}/${id}/deliveries`)
  assert.deepEqual(
    log.body.deliveries.map(({ id, event_type }) => [id, event_type]),
    [[delivery_id, 'webhook.test']],
  )

  const next = await rotate(id, 0)
  receiver.answer(() => ({ status: 500 }))
  const failed = await ask('POST', path, { event_type: 'user.created' })
  assert.equal(failed.status, 200)
  assert.deepEqual([failed.body.success, failed.body.response_status, failed.body.error], [false, 500, 'status'])
  assert.ok(signed(receiver.received[1], next.secret) && !signed(receiver.received[1], secret))
  await receiver.down()
  const unreachable = await ask('POST', path)
  const { success, response_status, error } = unreachable.body
  assert.deepEqual([success, response_status, error], [false, null, 'unreachable'])
  for (const nobody of [NOWHERE, 'x']) {
    assertProblem(await ask('POST', `${WEBHOOKS}/${nobody}/test`), 404, `${WEBHOOKS}/${nobody}/test`)
  }
  await assertOwnOnly('POST', path)
})
