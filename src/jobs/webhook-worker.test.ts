import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { webhookGet, webhookReplay, webhookRotateSecret, webhookUpdate } from '#domain/webhook/webhook.operations.ts'
import { parseId } from '#kernel/id.ts'
import { createNetwork } from '#outside/network.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openHouseOver } from '#testing/house.ts'
import { call, eventsAbout } from '#testing/neighbours.ts'
import { type Received, startReceiver } from '#testing/receiver.ts'
import { openWebhookScene } from '#testing/webhook-scene.ts'
import { isGenuine } from '#testing/webhook-signature.ts'

const verified = (one: Received, secret: string, now: number) => isGenuine(one, 'countersign-signature', secret, now)
const seqs = (received: readonly Received[]) => received.map(({ seq }) => seq)
const isAscending = (list: readonly number[]) => list.every((seq, index) => seq > (list[index - 1] ?? 0))

for (const dialect of DIALECTS) {
  describe(`webhooks on ${dialect}`, () => {
    test('what is subscribed to is delivered once and in order, signed, and is what the log says', async () => {
      await using scene = await openWebhookScene(dialect)
      const { house, receiver } = scene
      await scene.emit(3)
      const { id, secret } = await scene.create()
      scene.start()
      await scene.emit(70)
      await scene.emit(5, 'client.created')
      await scene.emit(60)
      await scene.until(async () => (await scene.deliveries(id, { status: 'delivered' })).length >= 130)
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(receiver.received.length, 130)
      assert.ok(isAscending(seqs(receiver.received)))
      assert.deepEqual(new Set(receiver.received.map(({ type }) => type)), new Set(['user.created']))
      for (const request of receiver.received) assert.ok(verified(request, secret, house.clock.now()))
      const [first] = receiver.received
      assert.ok(first)
      assert.equal(verified({ ...first, body: `${first.body} ` }, secret, house.clock.now()), false)
      assert.equal(verified(first, `${secret}x`, house.clock.now()), false)
      assert.equal(first.headers['countersign-event-type'], 'user.created')
      const event = await house.contextFor().read.events.find(parseId('event', JSON.parse(first.body).id) ?? '')
      assert.equal(event?.seq, first.seq)
      assert.equal(parseId('webhook', String(first.headers['countersign-webhook-id'])), id)
      const log = await scene.deliveries(id, { status: 'delivered' })
      assert.equal(log.length, 130)
      const { status, attempts, responseStatus, error, nextAttemptAt, settledAt } = log.at(-1) ?? {}
      assert.deepEqual(
        { status, attempts, responseStatus, error, nextAttemptAt, settledAt },
        {
          status: 'delivered',
          attempts: 1,
          responseStatus: 200,
          error: null,
          nextAttemptAt: null,
          settledAt: house.clock.now(),
        },
      )
      assert.deepEqual(scene.errors, [])
    })

    test('a receiver that is down, then fails, then is slow, gets every event, in order', async () => {
      await using scene = await openWebhookScene(dialect)
      const { receiver, house } = scene
      const { id, secret } = await scene.create()
      await receiver.down()
      scene.start()
      await scene.emit(4)
      await scene.until(async () => (await scene.deliveries(id)).some(({ attempts }) => attempts >= 2), 300)
      const waiting = await scene.deliveries(id)
      assert.deepEqual(waiting.map(({ status, error }) => [status, error]).reverse()[0], ['failed', 'unreachable'])
      assert.ok(
        waiting.slice(0, -1).every(({ attempts }) => attempts === 0),
        'later ones wait for the first',
      )
      receiver.answer((count) => (count <= 3 ? { status: 500 } : { status: 200, delay: 30 }))
      await receiver.up()
      await scene.emit(6)
      await scene.until(() => receiver.taken().length === 10, 3000)
      assert.ok(isAscending(receiver.taken()))
      assert.ok(receiver.received.slice(0, 3).every(({ seq }) => seq === receiver.taken()[0]))
      for (const request of receiver.received.slice(-3)) assert.ok(verified(request, secret, house.clock.now()))
      await scene.until(async () => (await scene.deliveries(id, { status: 'delivered' })).length === 10)
      const log = await scene.deliveries(id)
      assert.equal(log.length, 10)
      assert.equal(log.at(-1)?.eventSeq, receiver.taken()[0])
    })

    test('tries are as far apart as the schedule says, then the delivery is dead and the next one has its turn', async () => {
      await using scene = await openWebhookScene(dialect, 4)
      const { receiver, house } = scene
      const { id } = await scene.create()
      const begun = house.clock.now()
      const at: number[] = []
      receiver.answer(() => {
        at.push((house.clock.now() - begun) / 1000)
        return { status: 503 }
      })
      scene.start()
      await scene.emit(1)
      await scene.until(async () => (await scene.deliveries(id, { status: 'dead' })).length === 1, 100)
      const gaps = at.map((time, index) => time - (at[index - 1] ?? 0)).slice(1)
      assert.equal(at.length, 4)
      for (const [index, wait] of [1, 5, 25].entries()) {
        const gap = gaps[index] ?? 0
        assert.ok(gap >= wait * 0.8 && gap <= wait * 1.2 + 2, `${gap} s where ${wait} s were due`)
      }
      receiver.answer(() => ({ status: 204 }))
      await scene.emit(1)
      await scene.until(async () => (await scene.deliveries(id, { status: 'delivered' })).length === 1)
      const [dead] = await scene.deliveries(id, { status: 'dead' })
      assert.deepEqual([dead?.attempts, dead?.responseStatus, dead?.error], [4, 503, 'status'])
    })

    test('a webhook that fails for too long is switched off, and told of; switched on it goes on where it was', async () => {
      await using scene = await openWebhookScene(dialect, 1)
      const { receiver, house } = scene
      const { id } = await scene.create()
      receiver.answer(() => ({ status: 410 }))
      scene.start()
      await scene.emit(8)
      const context = house.contextFor({ realm: null })
      await scene.until(async () => !(await call(webhookGet, context, { id })).active)
      const events = await eventsAbout(context, id)
      const disabled = events.find(({ type }) => type === 'webhook.disabled')
      assert.deepEqual(disabled?.data, { deadInRow: 5, error: 'status' })
      assert.equal(disabled?.actor.kind, 'system')
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(receiver.received.length, 5)
      receiver.answer(() => ({ status: 200 }))
      await scene.emit(2)
      await call(webhookUpdate, context, { id, active: true })
      await scene.until(() => receiver.taken().length === 5)
      assert.deepEqual(seqs(receiver.received.slice(0, 8)), [...new Set(seqs(receiver.received))].slice(0, 8))
      assert.ok(isAscending(seqs(receiver.received)))
    })

    test('everything is delivered again from an event on, or one delivery alone', async () => {
      await using scene = await openWebhookScene(dialect)
      const { receiver, house } = scene
      const { id } = await scene.create()
      const context = house.contextFor({ realm: null })
      // What is on its way is not made again, so each step waits for what was received to be written down, too.
      const settled = async (count: number) =>
        receiver.received.length === count && (await scene.deliveries(id, { status: 'pending' })).length === 0
      scene.start()
      await scene.emit(5)
      await scene.until(() => settled(5))
      const first = seqs(receiver.received)
      await call(webhookReplay, context, { id, fromSeq: first[2] ?? 0 })
      await scene.until(() => settled(8))
      assert.deepEqual(seqs(receiver.received.slice(5)), first.slice(2))
      const [newest] = await scene.deliveries(id)
      await call(webhookReplay, context, { id, deliveryId: newest?.id ?? '' })
      await scene.until(() => settled(9))
      assert.equal(receiver.received[8]?.seq, newest?.eventSeq)
      assert.equal((await scene.deliveries(id))[0]?.kind, 'replay')
      for (const wrong of [{}, { fromSeq: 1, deliveryId: newest?.id ?? '' }, { fromSeq: 10_000 }]) {
        await assert.rejects(call(webhookReplay, context, { id, ...wrong }), { code: 'invalid_request' })
      }
    })

    test('a rotated secret signs at once, beside the old one while they overlap', async () => {
      await using scene = await openWebhookScene(dialect)
      const { receiver, house } = scene
      const { id, secret: old } = await scene.create()
      const context = house.contextFor({ realm: null })
      scene.start()
      const { secret } = await call(webhookRotateSecret, context, { id, overlapSeconds: 60 })
      await scene.emit(1)
      await scene.until(() => receiver.received.length === 1)
      house.clock.advance(61_000)
      await scene.emit(1)
      await scene.until(() => receiver.received.length === 2)
      const signedBy = receiver.received.map((one) => [old, secret].map((key) => verified(one, key, house.clock.now())))
      assert.deepEqual(signedBy, [
        [true, true],
        [false, true],
      ])
    })

    test('a queue whose holder is gone is taken over when its time is over, and nothing is lost', async () => {
      await using scene = await openWebhookScene(dialect)
      const { receiver, house } = scene
      const { id } = await scene.create()
      const context = house.contextFor({ realm: null })
      await context.write((unit) => unit.webhookQueues.claim(id, 'gone', house.clock.now(), house.clock.now() + 30_000))
      await scene.emit(3)
      // Over another database handle, so that it is no process that may free what it finds held.
      const other = {
        ...house,
        database: { ...house.database, dialect: 'postgres' as const, read: house.database.read },
      }
      Object.setPrototypeOf(other.database, house.database)
      scene.start(other)
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(receiver.received.length, 0)
      house.clock.advance(30_000)
      await scene.until(() => receiver.taken().length === 3)
      assert.ok(isAscending(receiver.taken()))
    })
  })
}

test('two processes on one PostgreSQL deliver each event, in order, one at a time', async () => {
  await using scene = await openWebhookScene('postgres')
  const { receiver, house } = scene
  const ids = await Promise.all([scene.create(), scene.create({ events: ['*'] }), scene.create({ events: ['user.*'] })])
  const network = createNetwork({ allowLoopback: true })
  const second = await openHouseOver(house.store, { network, now: house.clock.now() })
  scene.start()
  scene.start(second)
  for (let round = 0; round < 30; round++) {
    await scene.emit(3)
    if (round % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 40))
  }
  await scene.until(() => receiver.received.length >= 270)
  for (const { id } of ids) {
    const own = receiver.received.filter(
      (one) => parseId('webhook', String(one.headers['countersign-webhook-id'])) === id,
    )
    assert.equal(own.length, 90)
    assert.ok(isAscending(seqs(own)))
  }
  assert.deepEqual(scene.errors, [])
})

test('what * leaves out comes to who names it', async () => {
  await using scene = await openWebhookScene('sqlite')
  const { receiver } = scene
  await scene.create({ events: ['*'] })
  await scene.create({ events: ['token.*', 'webhook.created'] })
  scene.start()
  await scene.emit(1, 'token.issued')
  await scene.emit(1)
  await scene.until(() => receiver.received.length === 3)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(receiver.received.map(({ type }) => type).sort(), [
    'token.issued',
    'user.created',
    'webhook.created',
  ])
})

test('receivers that hang hold up their own webhooks only', async () => {
  await using scene = await openWebhookScene('sqlite')
  await using other = await startReceiver()
  const { receiver } = scene
  receiver.answer(() => ({ status: 0 }))
  for (let made = 0; made < 6; made++) await scene.create()
  await scene.create({ url: other.url })
  const stop = scene.start()
  await scene.emit(20)
  await scene.until(() => other.received.length === 20)
  assert.equal(receiver.received.length, 4, 'as many as one host may hold up')
  const begun = performance.now()
  await stop()
  assert.ok(performance.now() - begun < 2000, 'the end does not wait for receivers')
})
