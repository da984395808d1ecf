// Checks that webhooks are delivered after a crash.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startReceiver } from '#testing/receiver.ts'
import { startServer, type TestServer } from '#testing/server.ts'
import { until } from '#testing/until.ts'

const env = { COUNTERSIGN_WEBHOOK_FIRST_RETRY_SECONDS: '1', COUNTERSIGN_LOG_LEVEL: 'error' }

const makeUser = (server: TestServer, name: string) =>
  server.api('POST', '/v1/realms/default/users', { email: `${name}@example.com` })

test('a server that is killed in the middle of delivering loses nothing and keeps the order', async () => {
  await using receiver = await startReceiver()
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-webhook-'))
  let server = await startServer({ dataDir, env })
  try {
    await server.api('POST', '/v1/webhooks', { url: receiver.url, events: ['user.*'] })
    receiver.answer(() => ({ status: 200, delay: 15 }))
    for (let round = 0; round < 3; round++) {
      const made = Array.from({ length: 20 }, (_, index) => makeUser(server, `user-${round}-${index}`))
      await Promise.all(made)
      const before = receiver.received.length
      await until(() => receiver.received.length > before + 3)
      await server.kill()
      assert.ok(receiver.taken().length < 20 * (round + 1), 'it was in the middle')
      server = await startServer({ dataDir, env, ports: server.ports })
    }
    const { data } = await server.api<{ data: { seq: number }[] }>('GET', '/v1/events?type=user.created&limit=200')
    const expected = data.map(({ seq }) => seq).reverse()
    assert.equal(expected.length, 60)
    await until(() => receiver.taken().length === 60)
    assert.deepEqual(receiver.taken(), expected)
    assert.ok(receiver.received.length <= 60 + 3, 'at most the one under way is sent again')
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
})

test('the wire: a test’s result, the body as the API shows the event, and a hanging receiver in nobody’s way', async () => {
  await using receiver = await startReceiver()
  await using hanging = await startReceiver()
  hanging.answer(() => ({ status: 0 }))
  const server = await startServer({ env })
  try {
    const { id, secret } = await server.api<{ id: string; secret: string }>('POST', '/v1/webhooks', {
      url: receiver.url,
      events: ['user.created'],
    })
    assert.match(id, /^wh_/)
    const result = await server.api('POST', `/v1/webhooks/${id}/test`)
    const { delivery_id: deliveryId, duration_ms: duration, ...told } = result as Record<string, unknown>
    assert.deepEqual(told, { event_type: 'webhook.test', success: true, response_status: 200, error: null })
    assert.match(String(deliveryId), /^whd_/)
    assert.ok(Number(duration) >= 0)
    await makeUser(server, 'first')
    await until(() => receiver.received.length === 2)
    const sent = JSON.parse(receiver.received[1]?.body ?? '{}')
    const { actor_email, partner_id, ...shown } = await server.api<Record<string, unknown>>(
      'GET',
      `/v1/events/${sent.id}`,
    )
    assert.deepEqual(sent, shown)
    assert.deepEqual([actor_email, typeof partner_id], [null, 'string'])
    const log = await server.api('GET', `/v1/webhooks/${id}/deliveries`)
    assert.ok(!JSON.stringify(log).includes('a body that nobody is shown'))
    assert.ok(!server.output().includes(secret))

    const latency = async (round: string) => {
      const times: number[] = []
      for (let index = 0; index < 60; index++) {
        const begun = performance.now()
        await makeUser(server, `${round}-${index}`)
        times.push(performance.now() - begun)
      }
      return times.sort((left, right) => left - right)[30] ?? 0
    }
    await latency('warm')
    const alone = await latency('alone')
    for (let made = 0; made < 8; made++) {
      await server.api('POST', '/v1/webhooks', { url: hanging.url, events: ['user.*'] })
    }
    await makeUser(server, 'second')
    await until(() => hanging.received.length >= 4)
    const besides = await latency('besides')
    assert.ok(besides < alone * 3 + 20, `${besides} ms instead of ${alone} ms`)
  } finally {
    await server.stop()
  }
})
