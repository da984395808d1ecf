// Checks when event streams end.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '#testing/control-plane.ts'
import { until } from '#testing/until.ts'
import { CALLER_BUDGETS } from './caller-budget.ts'

// What was opened with a credential does not outlive it.

let plane: ControlPlane
before(async () => {
  plane = await startControlPlane()
})
after(() => plane.server.stop())

const PATIENCE = 20_000
const pause = () => new Promise((resolve) => setTimeout(resolve, 1200))

/** Follows a tenant’s events. @returns what was told until the stream ended */
async function follow(key: string, tenantId: string): Promise<string> {
  const response = await fetch(`${plane.server.adminUrl}/v1/events/stream?tenant_id=${tenantId}`, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(PATIENCE),
  })
  assert.equal(response.status, 200)
  return response.text()
}

/** Makes something happen in a tenant, once the streams count as told what was before. */
async function happen(tenantId: string, name: string): Promise<void> {
  await pause()
  await plane.server.api('POST', `/v1/realms?tenant_id=${tenantId}`, { name })
}

test('a stream of events ends with the key that it was opened with', async () => {
  const { server, shop } = plane
  const query = `?tenant_id=${shop.id}`
  const made = await server.api<{ id: string; key: string }>('POST', `/v1/api-keys${query}`, {
    name: 'Follows',
    permissions: ['events:read'],
  })
  const told = follow(made.key, shop.id)
  await happen(shop.id, 'Seen')
  await server.api('DELETE', `/v1/api-keys/${made.id}${query}`)
  await happen(shop.id, 'Unseen')
  const text = await told
  assert.match(text, /"name":"Seen"/)
  assert.doesNotMatch(text, /Unseen/)
})

test('a stream of events ends for a partner’s administrator whose tenant goes to another partner', async () => {
  const { server, bank, acme, sibling } = plane
  const told = follow(acme.admin, bank.id)
  await happen(bank.id, 'Seen')
  await server.api('PATCH', `/v1/tenants/${bank.id}`, { partner_id: sibling.partnerId })
  await happen(bank.id, 'Unseen')
  const text = await told
  assert.match(text, /"name":"Seen"/)
  assert.doesNotMatch(text, /Unseen/)
})

test('a stream of events goes on for who still may follow it', async () => {
  const { sibling, server } = plane
  const stop = new AbortController()
  const response = await fetch(`${server.adminUrl}/v1/events/stream`, {
    headers: { authorization: `Bearer ${sibling.admin}` },
    signal: stop.signal,
  })
  for (const name of ['First', 'Second']) await happen(sibling.id, name)
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.includes('"name":"Second"')) break
  }
  assert.match(text, /"name":"First"/)
  stop.abort()
})

test('a caller has a budget of streams, which is its own and comes back when streams end', async () => {
  const { server, shop } = plane
  const query = `?tenant_id=${shop.id}`
  const makeKey = async () =>
    server.api<{ key: string }>('POST', `/v1/api-keys${query}`, { name: 'Follows', permissions: ['events:read'] })
  const [{ key }, other] = [await makeKey(), await makeKey()]
  const stop = new AbortController()
  const open = (by: string) =>
    fetch(`${server.adminUrl}/v1/events/stream`, { headers: { authorization: `Bearer ${by}` }, signal: stop.signal })
  const { streams } = CALLER_BUDGETS
  // The replies are kept: a reply that is collected as garbage closes its stream.
  const opened = await Promise.all(Array.from({ length: streams }, () => open(key)))
  const statuses = () => opened.map(({ status, body }) => (body?.locked ? 0 : status))
  assert.deepEqual(statuses(), Array(streams).fill(200))
  const refused = await open(key)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '5'])
  assert.equal(((await refused.json()) as { error: string }).error, 'too_many_requests')
  const others = await open(other.key)
  assert.equal(others.status, 200)
  assert.deepEqual(statuses(), Array(streams).fill(200))
  stop.abort()
  await until(async () => {
    const again = await fetch(`${server.adminUrl}/v1/events/stream`, { headers: { authorization: `Bearer ${key}` } })
    await again.body?.cancel()
    return again.status === 200
  })
})

test('a caller that hangs up ends its verification, and an export counts as one', async () => {
  const { server, shop } = plane
  const stop = new AbortController()
  const verify = (signal?: AbortSignal) =>
    fetch(`${server.adminUrl}/v1/events/verify?tenant_id=${shop.id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.adminKey}` },
      ...(signal && { signal }),
    })
  const hungUp = Array.from({ length: CALLER_BUDGETS.longReads }, () =>
    verify(stop.signal).then(
      () => 'answered',
      () => 'hung up',
    ),
  )
  stop.abort()
  await Promise.all(hungUp)
  await until(async () => (await verify()).status === 200)
})

test('a caller verifies the event log few times at once', async () => {
  const { server, shop } = plane
  const calls = Array.from({ length: 30 }, () => server.call('POST', `/v1/events/verify?tenant_id=${shop.id}`))
  const replies = await Promise.all(calls)
  for (const { status, headers } of replies) assert.ok(status === 200 || headers.get('retry-after') === '5')
  assert.ok(replies.some(({ status }) => status === 200))
  assert.equal((await server.call('POST', `/v1/events/verify?tenant_id=${shop.id}`)).status, 200)
})
