// Checks the delivery of webhooks against real receivers.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { webhookGet, webhookReplay, webhookRotateSecret, webhookUpdate } from '#domain/webhook/webhook.operations.ts'
import { parseId } from '#kernel/id.ts'
import { createNetwork } from '#outside/network.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation, eventsAbout } from '#testing/domain-fixtures.ts'
import { type Received, startReceiver } from '#testing/receiver.ts'
import { openServicesOver } from '#testing/services.ts'
import { openWebhookFixture } from '#testing/webhook-fixture.ts'
import { isGenuine } from '#testing/webhook-signature.ts'

const verified = (one: Received, secret: string, now: number) => isGenuine(one, 'countersign-signature', secret, now)
const seqs = (received: readonly Received[]) => received.map(({ seq }) => seq)
const isAscending = (list: readonly number[]) => list.every((seq, index) => seq > (list[index - 1] ?? 0))

for (const dialect of DIALECTS) {
  describe(`webhooks on ${dialect}`, () => {
    test('what is subscribed to is delivered once and in order, signed, and is what the log says', async () => {
      await using fixture = await openWebhookFixture(dialect)
      const { services, receiver } = fixture
      await fixture.emit(3)
      const { id, secret } = await fixture.create()
      fixture.start()
      await fixture.emit(70)
      await fixture.emit(5, 'client.created')
      await fixture.emit(60)
      await fixture.until(async () => (await fixture.deliveries(id, { status: 'delivered' })).length >= 130)
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(receiver.received.length, 130)
      assert.ok(isAscending(seqs(receiver.received)))
      assert.deepEqual(new Set(receiver.received.map(({ type }) => type)), new Set(['user.created']))
      for (const request of receiver.received) assert.ok(verified(request, secret, services.clock.now()))
      const [first] = receiver.received
      assert.ok(first)
      assert.equal(verified({ ...first, body: `${first.body} ` }, secret, services.clock.now()), false)
      assert.equal(verified(first, `${secret}x`, services.clock.now()), false)
      assert.equal(first.headers['countersign-event-type'], 'user.created')
      const event = await services.contextFor().read.events.find(parseId('event', JSON.parse(first.body).id) ?? '')
      assert.equal(event?.seq, first.seq)
      assert.equal(parseId('webhook', String(first.headers['countersign-webhook-id'])), id)
      const log = await fixture.deliveries(id, { status: 'delivered' })
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
          settledAt: services.clock.now(),
        },
      )
      assert.deepEqual(fixture.errors, [])
    })

    test('a receiver that is down, then fails, then is slow, gets every event, in order', async () => {
      await using fixture = await openWebhookFixture(dialect)
      const { receiver, services } = fixture
      const { id, secret } = await fixture.create()
      await receiver.down()
      fixture.start()
      await fixture.emit(4)
      await fixture.until(async () => (await fixture.deliveries(id)).some(({ attempts }) => attempts >= 2), 300)
      const waiting = await fixture.deliveries(id)
      assert.deepEqual(waiting.map(({ status, error }) => [status, error]).reverse()[0], ['failed', 'unreachable'])
      assert.ok(
        waiting.slice(0, -1).every(({ attempts }) => attempts === 0),
        'later ones wait for the first',
      )
      receiver.answer((count) => (count <= 3 ? { status: 500 } : { status: 200, delay: 30 }))
      await receiver.up()
      await fixture.emit(6)
      await fixture.until(() => receiver.taken().length === 10, 3000)
      assert.ok(isAscending(receiver.taken()))
      assert.ok(receiver.received.slice(0, 3).every(({ seq }) => seq === receiver.taken()[0]))
      for (const request of receiver.received.slice(-3)) assert.ok(verified(request, secret, services.clock.now()))
      await fixture.until(async () => (await fixture.deliveries(id, { status: 'delivered' })).length === 10)
      const log = await fixture.deliveries(id)
      assert.equal(log.length, 10)
      assert.equal(log.at(-1)?.eventSeq, receiver.taken()[0])
    })

    test('tries are as far apart as the schedule says, then the delivery is dead and the next one has its turn', async () => {
      await using fixture = await openWebhookFixture(dialect, 4)
      const { receiver, services } = fixture
      const { id } = await fixture.create()
      const begun = services.clock.now()
      const at: number[] = []
      receiver.answer(() => {
        at.push((services.clock.now() - begun) / 1000)
        return { status: 503 }
      })
      fixture.start()
      await fixture.emit(1)
      await fixture.until(async () => (await fixture.deliveries(id, { status: 'dead' })).length === 1, 100)
      const gaps = at.map((time, index) => time - (at[index - 1] ?? 0)).slice(1)
      assert.equal(at.length, 4)
      for (const [index, wait] of [1, 5, 25].entries()) {
        const gap = gaps[index] ?? 0
        assert.ok(gap >= wait * 0.8 && gap <= wait * 1.2 + 2, `${gap} s where ${wait} s were due`)
      }
      receiver.answer(() => ({ status: 204 }))
      await fixture.emit(1)
      await fixture.until(async () => (await fixture.deliveries(id, { status: 'delivered' })).length === 1)
      const [dead] = await fixture.deliveries(id, { status: 'dead' })
      assert.deepEqual([dead?.attempts, dead?.responseStatus, dead?.error], [4, 503, 'status'])
    })

    test('a webhook that fails for too long is switched off, and told of; switched on it goes on where it was', async () => {
      await using fixture = await openWebhookFixture(dialect, 1)
      const { receiver, services } = fixture
      const { id } = await fixture.create()
      receiver.answer(() => ({ status: 410 }))
      fixture.start()
      await fixture.emit(8)
      const context = services.contextFor({ realm: null })
      await fixture.until(async () => !(await callOperation(webhookGet, context, { id })).active)
      const events = await eventsAbout(context, id)
      const disabled = events.find(({ type }) => type === 'webhook.disabled')
      assert.deepEqual(disabled?.data, { deadInRow: 5, error: 'status' })
      assert.equal(disabled?.actor.kind, 'system')
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(receiver.received.length, 5)
      receiver.answer(() => ({ status: 200 }))
      await fixture.emit(2)
      await callOperation(webhookUpdate, context, { id, active: true })
      await fixture.until(() => receiver.taken().length === 5)
      assert.deepEqual(seqs(receiver.received.slice(0, 8)), [...new Set(seqs(receiver.received))].slice(0, 8))
      assert.ok(isAscending(seqs(receiver.received)))
    })

    test('everything is delivered again from an event on, or one delivery alone', async () => {
      await using fixture = await openWebhookFixture(dialect)
      const { receiver, services } = fixture
      const { id } = await fixture.create()
      const context = services.contextFor({ realm: null })
      // What is on its way is not made again, so each step waits for what was received to be written down, too.
      const settled = async (count: number) =>
        receiver.received.length === count && (await fixture.deliveries(id, { status: 'pending' })).length === 0
      fixture.start()
      await fixture.emit(5)
      await fixture.until(() => settled(5))
      const first = seqs(receiver.received)
      await callOperation(webhookReplay, context, { id, fromSeq: first[2] ?? 0 })
      await fixture.until(() => settled(8))
      assert.deepEqual(seqs(receiver.received.slice(5)), first.slice(2))
      const [newest] = await fixture.deliveries(id)
      await callOperation(webhookReplay, context, { id, deliveryId: newest?.id ?? '' })
      await fixture.until(() => settled(9))
      assert.equal(receiver.received[8]?.seq, newest?.eventSeq)
      assert.equal((await fixture.deliveries(id))[0]?.kind, 'replay')
      for (const wrong of [{}, { fromSeq: 1, deliveryId: newest?.id ?? '' }, { fromSeq: 10_000 }]) {
        await assert.rejects(callOperation(webhookReplay, context, { id, ...wrong }), { code: 'invalid_request' })
      }
    })

    test('a rotated secret signs at once, beside the old one while they overlap', async () => {
      await using fixture = await openWebhookFixture(dialect)
      const { receiver, services } = fixture
      const { id, secret: old } = await fixture.create()
      const context = services.contextFor({ realm: null })
      fixture.start()
      const { secret } = await callOperation(webhookRotateSecret, context, { id, overlapSeconds: 60 })
      await fixture.emit(1)
      await fixture.until(() => receiver.received.length === 1)
      services.clock.advance(61_000)
      await fixture.emit(1)
      await fixture.until(() => receiver.received.length === 2)
      const signedBy = receiver.received.map((one) =>
        [old, secret].map((key) => verified(one, key, services.clock.now())),
      )
      assert.deepEqual(signedBy, [
        [true, true],
        [false, true],
      ])
    })

    test('a queue whose holder is gone is taken over when its time is over, and nothing is lost', async () => {
      await using fixture = await openWebhookFixture(dialect)
      const { receiver, services } = fixture
      const { id } = await fixture.create()
      const context = services.contextFor({ realm: null })
      await context.write((unit) =>
        unit.webhookQueues.claim(id, 'gone', services.clock.now(), services.clock.now() + 30_000),
      )
      await fixture.emit(3)
      // Over another database handle, so that it is no process that may free what it finds held.
      const other = {
        ...services,
        database: { ...services.database, dialect: 'postgres' as const, read: services.database.read },
      }
      Object.setPrototypeOf(other.database, services.database)
      fixture.start(other)
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(receiver.received.length, 0)
      services.clock.advance(30_000)
      await fixture.until(() => receiver.taken().length === 3)
      assert.ok(isAscending(receiver.taken()))
    })
  })
}

test('two processes on one PostgreSQL deliver each event, in order, one at a time', async () => {
  await using fixture = await openWebhookFixture('postgres')
  const { receiver, services } = fixture
  const ids = await Promise.all([
    fixture.create(),
    fixture.create({ events: ['*'] }),
    fixture.create({ events: ['user.*'] }),
  ])
  const network = createNetwork({ allowLoopback: true })
  const second = await openServicesOver(services.store, { network, now: services.clock.now() })
  fixture.start()
  fixture.start(second)
  for (let round = 0; round < 30; round++) {
    await fixture.emit(3)
    if (round % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 40))
  }
  await fixture.until(() => receiver.received.length >= 270)
  for (const { id } of ids) {
    const own = receiver.received.filter(
      (one) => parseId('webhook', String(one.headers['countersign-webhook-id'])) === id,
    )
    assert.equal(own.length, 90)
    assert.ok(isAscending(seqs(own)))
  }
  assert.deepEqual(fixture.errors, [])
})

test('what * leaves out comes to who names it', async () => {
  await using fixture = await openWebhookFixture('sqlite')
  const { receiver } = fixture
  await fixture.create({ events: ['*'] })
  await fixture.create({ events: ['token.*', 'webhook.created'] })
  fixture.start()
  await fixture.emit(1, 'token.issued')
  await fixture.emit(1)
  await fixture.until(() => receiver.received.length === 3)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(receiver.received.map(({ type }) => type).sort(), [
    'token.issued',
    'user.created',
    'webhook.created',
  ])
})

test('receivers that hang hold up their own webhooks only', async () => {
  await using fixture = await openWebhookFixture('sqlite')
  await using other = await startReceiver()
  const { receiver } = fixture
  receiver.answer(() => ({ status: 0 }))
  for (let made = 0; made < 6; made++) await fixture.create()
  await fixture.create({ url: other.url })
  const stop = fixture.start()
  await fixture.emit(20)
  await fixture.until(() => other.received.length === 20)
  assert.equal(receiver.received.length, 4, 'as many as one host may hold up')
  const begun = performance.now()
  await stop()
  assert.ok(performance.now() - begun < 2000, 'the end does not wait for receivers')
})
