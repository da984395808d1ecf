// Checks the operations on webhooks.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parse } from '#kernel/parse.ts'
import { createNetwork } from '#outside/network.ts'
import { DIALECTS } from '#testing/databases.ts'
import { anotherTenant, callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { waitAfter } from './delivery.ts'
import {
  webhookCreate,
  webhookDelete,
  webhookGet,
  webhookList,
  webhookListDeliveries,
  webhookReplay,
  webhookRotateSecret,
  webhookTest,
  webhookUpdate,
} from './webhook.operations.ts'
import { NewWebhook, typesOfPatterns, WEBHOOKS_MAX } from './webhook.ts'

const URL_OUTSIDE = 'https://hooks.example.com/in?key=t0psecret'

test('eight tries take about a day, and no two waits are alike', () => {
  const policy = { firstSeconds: 5, maxAttempts: 8 }
  const waits = Array.from({ length: 8 }, (_, tried) => waitAfter(tried + 1, policy, 0.5))
  assert.deepEqual(
    waits,
    [5, 25, 125, 625, 3125, 15_625, 78_125].map((seconds) => seconds * 1000).concat(undefined as never),
  )
  assert.deepEqual([waitAfter(1, policy, 0), waitAfter(1, policy, 1)], [4000, 6000])
})

test('a pattern is a type, all of a noun, or everything but what must be named', () => {
  assert.deepEqual([...typesOfPatterns(['user.created'])], ['user.created'])
  assert.ok(typesOfPatterns(['user.*']).has('user.deleted'))
  const all = typesOfPatterns(['*'])
  assert.ok(all.has('session.started') && !all.has('token.issued') && !all.has('webhook.created'))
  assert.ok(typesOfPatterns(['*', 'webhook.*']).has('webhook.created'))
  for (const events of [[], ['user'], ['nonsense.*'], ['user.*', 'x'], ['**'], 'user.*', [1]]) {
    assert.throws(
      () => parse(NewWebhook, { url: URL_OUTSIDE, events }),
      { code: 'invalid_input' },
      JSON.stringify(events),
    )
  }
})

for (const dialect of DIALECTS) {
  describe(`webhooks as they are kept on ${dialect}`, () => {
    let services: TestServices
    before(async () => {
      const { checkUrl } = createNetwork()
      services = await openTestServices({ database: dialect, network: { checkUrl } })
    })
    after(() => services.close())
    const context = (tenantId?: string) => services.contextFor({ realm: null, ...(tenantId && { tenantId }) })
    const create = (input = {}, tenantId?: string) =>
      callOperation(webhookCreate, context(tenantId), { url: URL_OUTSIDE, events: ['user.*'], ...input })

    test('the secret is shown when it is made, and nowhere else', async () => {
      const made = await create()
      assert.match(made.secret, /^whsec_[\w-]{43}$/)
      const rotated = await callOperation(webhookRotateSecret, context(), { id: made.id })
      assert.match(rotated.secret, /^whsec_[\w-]{43}$/)
      assert.notEqual(rotated.secret, made.secret)
      const elsewhere = JSON.stringify([
        await callOperation(webhookGet, context(), { id: made.id }),
        await callOperation(webhookList, context()),
        await callOperation(webhookUpdate, context(), { id: made.id, description: 'Ours' }),
        await eventsAbout(context(), made.id),
        await services.database.read.kysely.selectFrom('webhook').selectAll().execute(),
      ])
      for (const { secret } of [made, rotated]) {
        assert.ok(!elsewhere.includes(secret) && !elsewhere.includes(secret.slice('whsec_'.length)))
      }
      const told = await eventsAbout(context(), made.id)
      assert.deepEqual(
        told.map(({ type }) => type),
        ['webhook.created', 'webhook.secret_rotated', 'webhook.updated'],
      )
      assert.ok(!JSON.stringify(told).includes('t0psecret'), 'what stands in the address is the receiver’s own')
    })

    test('addresses that are never contacted are refused when they are saved, and change nothing', async () => {
      const { id } = await create()
      const targets = [
        'http://hooks.example.com/',
        'https://127.0.0.1/',
        'https://localhost/',
        'https://10.1.2.3/',
        'https://169.254.169.254/latest/meta-data',
        'https://[::1]/',
        'https://[::ffff:10.0.0.1]/',
        'https://2130706433/',
        'https://user:pass@hooks.example.com/',
        'https://hooks.example.com:22/',
        'https://intranet/',
        'file:///etc/passwd',
        'nonsense',
      ]
      for (const url of targets) {
        await assert.rejects(create({ url }), { code: 'unreachable_host' }, url)
        await assert.rejects(callOperation(webhookUpdate, context(), { id, url }), { code: 'unreachable_host' }, url)
      }
      assert.equal((await callOperation(webhookGet, context(), { id })).url, URL_OUTSIDE)
    })

    test('a change holds for the version it was meant for', async () => {
      const { id } = await create()
      const changed = await callOperation(webhookUpdate, context(), {
        id,
        ifVersion: 1,
        events: ['client.*', 'client.*'],
        active: false,
      })
      assert.deepEqual([changed.version, changed.events, changed.active], [2, ['client.*'], false])
      await assert.rejects(callOperation(webhookUpdate, context(), { id, ifVersion: 1, active: true }), {
        code: 'precondition_failed',
      })
      await assert.rejects(callOperation(webhookReplay, context(), { id, fromSeq: 1 }), { code: 'conflict' })
    })

    test('another tenant finds nothing of it', async () => {
      const { id } = await create()
      const elsewhere = context(await anotherTenant(services))
      assert.deepEqual((await callOperation(webhookList, elsewhere)).data, [])
      const attempts = [
        webhookGet,
        webhookUpdate,
        webhookDelete,
        webhookRotateSecret,
        webhookListDeliveries,
        webhookTest,
      ]
      for (const operation of [...attempts, webhookReplay]) {
        await assert.rejects(callOperation(operation, elsewhere, { id }), { code: 'not_found' }, operation.name)
      }
      assert.equal((await callOperation(webhookGet, context(), { id })).version, 1)
    })

    test('one that is deleted is gone, and gives up what waits', async () => {
      const { id } = await create()
      await callOperation(webhookDelete, context(), { id })
      for (const operation of [webhookGet, webhookDelete, webhookTest, webhookListDeliveries]) {
        await assert.rejects(callOperation(operation, context(), { id }), { code: 'not_found' })
      }
    })

    test('a test tells what came of it, and is in the log of deliveries', async () => {
      const { id } = await create()
      const post = async () => ({ status: 503, error: null, milliseconds: 7 }) as const
      const testing = { ...context(), network: { ...services.network, post } }
      const result = await callOperation(webhookTest, testing, { id })
      const { deliveryId, ...told } = result
      assert.deepEqual(told, {
        ...{ eventType: 'webhook.test', success: false },
        ...{ responseStatus: 503, durationMs: 7, error: 'status' },
      })
      const { data } = await callOperation(webhookListDeliveries, context(), { id })
      assert.deepEqual(
        data.map((one) => [one.id, one.kind, one.eventType, one.status, one.attempts, one.nextAttemptAt]),
        [[deliveryId, 'test', 'webhook.test', 'dead', 1, null]],
      )
      await assert.rejects(callOperation(webhookReplay, context(), { id, deliveryId }), { code: 'invalid_request' })
      await assert.rejects(
        async () => {
          for (let count = 0; count < 30; count++) await callOperation(webhookTest, testing, { id })
        },
        { code: 'too_many_requests' },
      )
    })

    test('a tenant has so many and no more', async () => {
      const tenantId = await anotherTenant(services)
      for (let made = 0; made < WEBHOOKS_MAX; made++) await create({}, tenantId)
      await assert.rejects(create({}, tenantId), { code: 'limit_reached' })
    })
  })
}
