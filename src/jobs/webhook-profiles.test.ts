// Checks the forms in which webhooks are delivered.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { webhookRotateSecret, webhookTest } from '#domain/webhook/webhook.operations.ts'
import { renderId } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import type { Received } from '#testing/receiver.ts'
import { openWebhookFixture, type WebhookFixture } from '#testing/webhook-fixture.ts'
import { isGenuine } from '#testing/webhook-signature.ts'

// The forms of other products’ webhooks, as their descriptions have them, by what a receiver reads.

type Body = Readonly<Record<string, unknown>>

interface Form {
  readonly profile: 'scaikey' | 'zautha'
  /** What all of its headers begin with. */
  readonly prefix: string
  /** An event’s id as the body writes it, and the member that has it. */
  readonly id: (id: string) => string
  readonly idMember: string
  /** What arrives besides for an event about a user, that the server itself made. */
  readonly rest: (about: { tenantId: string; partnerId: string; userId: string }) => Body
  readonly headers: readonly string[]
}

const FORMS: readonly Form[] = [
  {
    profile: 'scaikey',
    prefix: 'x-scaikey-',
    id: (id) => renderId('event', id),
    idMember: 'event_id',
    rest: ({ tenantId, partnerId, userId }) => ({
      event_type: 'user.created',
      resource: { type: 'user', id: renderId('user', userId) },
      data: {},
      tenant_id: renderId('tenant', tenantId),
      partner_id: renderId('partner', partnerId),
    }),
    headers: ['event-id', 'event-type', 'signature', 'timestamp', 'webhook-id'],
  },
  {
    profile: 'zautha',
    prefix: 'x-zautha-',
    id: (id) => id,
    idMember: 'id',
    rest: ({ tenantId, userId }) => ({
      event_type: 'user.created',
      tenant_id: tenantId,
      resource_type: 'user',
      resource_id: userId,
      metadata: {},
    }),
    headers: ['delivery-id', 'event-id', 'event-type', 'signature', 'webhook-id'],
  },
]

const bodyOf = ({ body }: Received): Body => JSON.parse(body)

/** The ids of the tenant’s events of users that were created, in the order of the log, as a form writes them. */
async function logged({ services }: WebhookFixture, form: Form): Promise<string[]> {
  const { data } = await services.contextFor({ realm: null }).read.events.list({ limit: 200, types: ['user.created'] })
  return data.map(({ id }) => form.id(id)).reverse()
}

for (const dialect of DIALECTS) {
  describe(`webhooks of other forms on ${dialect}`, () => {
    for (const form of FORMS) {
      const signedBy = (fixture: WebhookFixture, secret: string) => (one: Received) =>
        isGenuine(one, `${form.prefix}signature`, secret, fixture.services.clock.now())
      const idOf = (one: Received) => String(bodyOf(one)[form.idMember])

      test(`${form.profile}: a receiver that is down, hangs, fails and is slow gets every event, in order, and holds up nobody who writes`, async () => {
        await using fixture = await openWebhookFixture(dialect)
        const { receiver } = fixture
        const { id, secret } = await fixture.create({ profile: form.profile })
        await receiver.down()
        fixture.start()
        await fixture.emit(3)
        await fixture.until(async () => (await fixture.deliveries(id)).some(({ attempts }) => attempts >= 1), 300)
        receiver.answer(() => ({ status: 0 }))
        await receiver.up()
        await fixture.until(() => receiver.received.length === 1, 300)
        await fixture.emit(3)
        const waiting = await fixture.deliveries(id)
        assert.ok(waiting.length >= 3 && waiting.every(({ settledAt }) => settledAt === null))
        await receiver.down()
        receiver.answer((count) => (count <= 2 ? { status: 500 } : { status: 200, delay: 20 }))
        await receiver.up()
        await fixture.emit(4)
        await fixture.until(async () => (await fixture.deliveries(id, { status: 'delivered' })).length === 10, 500)
        const taken = receiver.received.filter(({ status }) => status === 200)
        const all = await logged(fixture, form)
        assert.equal(all.length, 10)
        assert.deepEqual([...new Set(taken.map(idOf))], all)
        assert.ok(taken.slice(-3).every(signedBy(fixture, secret)))
        assert.deepEqual(new Set(receiver.received.slice(0, 2).map(idOf)), new Set([all[0]]))
        assert.deepEqual(fixture.errors, [])
      })

      test(`${form.profile}: body and headers are as described; the signature holds after a rotation and for a test`, async () => {
        await using fixture = await openWebhookFixture(dialect)
        const { receiver, services } = fixture
        const context = services.contextFor({ realm: null })
        const { id, secret: old } = await fixture.create({ profile: form.profile })
        fixture.start()
        const { secret } = await callOperation(webhookRotateSecret, context, { id, overlapSeconds: 60 })
        await fixture.emit(1)
        await fixture.until(() => receiver.received.length === 1)
        services.clock.advance(61_000)
        await callOperation(webhookTest, context, { id })
        await fixture.emit(1)
        await fixture.until(() => receiver.received.length === 3)
        const [first, tested, last] = receiver.received as [Received, Received, Received]
        const signers = [first, tested, last].map((one) => [old, secret].map((key) => signedBy(fixture, key)(one)))
        assert.deepEqual(signers, [
          [true, true],
          [false, true],
          [false, true],
        ])
        assert.ok(!signedBy(fixture, secret)({ ...last, body: last.body.replace('user', 'uzer') }))
        assert.equal(bodyOf(tested).event_type, 'webhook.test')

        const [event] = (await context.read.events.list({ limit: 1, types: ['user.created'] })).data
        const tenant = await context.read.acrossTenants.tenants.find({ kind: 'platform' }, services.tenantId)
        assert.ok(event && tenant)
        const about = { tenantId: tenant.id, partnerId: tenant.partnerId, userId: event.subject.id }
        const expected = { [form.idMember]: form.id(event.id), ...form.rest(about) }
        const told = bodyOf(last)
        assert.deepEqual({ ...told, ...expected }, told)
        const time = new Date(event.occurredAt).toISOString()
        assert.ok(Object.values(told).includes(time))
        const own = Object.keys(last.headers).filter((name) => name.startsWith(form.prefix))
        assert.deepEqual(own.map((name) => name.slice(form.prefix.length)).sort(), form.headers)
        assert.equal(last.headers[`${form.prefix}event-id`], form.id(event.id))
        assert.equal(last.headers[`${form.prefix}event-type`], 'user.created')
        assert.equal(last.headers['content-type'], 'application/json')
        assert.ok(!Object.keys(last.headers).some((name) => name.startsWith('countersign-')))
      })
    }
  })
}
