// Checks how each surface shows events.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Event } from '#domain/event/event.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { checkEventForm } from '#testing/event-form.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { Maker } from '#testing/operation-fixtures/maker.ts'
import { fixturesOf } from '#testing/operation-fixtures.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import { everyOperation } from '../../tools/golden/operations.ts'
import { representation } from './native/dialect.ts'

// Each operation is called once, and each update once more with the same input: a new operation and a new noun are
// tested too.

const operations = nonEmpty(await everyOperation(), 'the operations')
const SETS = /\.(update|update_\w+|replace)$/
const written = representation(Event)

describe('what events say', () => {
  let services: TestServices
  let maker: Maker
  const repeated: { name: string; event?: unknown; from?: unknown; to?: unknown }[] = []

  before(async () => {
    services = await openTestServices({
      proxy: true,
      network: { mail: { send: () => Promise.reject(new Error('not sent')) } },
    })
    maker = new Maker(services)
    for (const operation of operations) {
      for (const fixture of fixturesOf(operation.name)) {
        const { input, at } = await fixture(maker)
        const call = () => callOperation(operation as never, services.contextFor(at), input) as Promise<unknown>
        const first = await call().catch((error: unknown) => error)
        if (!SETS.test(operation.name) || first instanceof Error) continue
        const seq = await lastSeq(at)
        const second = await call()
        const events = await services.contextFor(at).read.events.after(seq, 10)
        // Who gives a password again sets it again: every session ends.
        if (events.some(({ type }) => type === 'user.password_set')) continue
        repeated.push({ name: operation.name, event: events[0], from: versionOf(first), to: versionOf(second) })
      }
    }
  })
  after(() => services.close())

  const lastSeq = async (at: Parameters<TestServices['contextFor']>[0]) =>
    (await services.contextFor(at).read.events.head()).seq

  test('an update that changes nothing writes nothing: no event, and the version stays', () => {
    assert.ok(repeated.length >= 12, `${repeated.length} updates`)
    for (const { name, event, from, to } of repeated) {
      assert.equal(event, undefined, `${name} emitted ${JSON.stringify(event)}`)
      assert.equal(to, from, name)
    }
  })

  test('ids have the prefixes of their nouns, times are those of RFC 3339, and names are snake_case', async () => {
    const events = (await services.contextFor().read.events.after(0, 5000)).map((event) => written.encode(event))
    assert.ok(events.length > 100)
    for (const event of events) checkEventForm(event as Record<string, unknown>)
  })

  test('an update tells the values before and after of what differs, and nothing of what is secret or personal', async () => {
    const updates = (await services.contextFor().read.events.after(0, 5000))
      .filter(({ type, data }) => /\.(updated|member_updated)$/.test(type) && data.changed)
      .map((event) => written.encode(event) as { type: string; data: Record<string, Record<string, unknown>> })
    assert.ok(updates.length >= 8)
    for (const { type, data } of updates) {
      const { changed = [], before: old = {}, after: now = {} } = data as unknown as Changed
      assert.ok(changed.length > 0, type)
      assert.deepEqual(Object.keys(old), Object.keys(now), type)
      for (const name of Object.keys(now)) {
        assert.ok(changed.includes(name), `${type} tells of ${name}`)
        assert.notDeepEqual(old[name], now[name], `${type}: ${name}`)
      }
      for (const name of ['phone', 'given_name', 'client_secret', 'secret', 'url', 'attributes', 'settings'])
        assert.ok(!(name in now), `${type} tells ${name}`)
    }
  })
})

interface Changed {
  readonly changed: readonly string[]
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

function versionOf(result: unknown): unknown {
  const { version, meta } = (result ?? {}) as { version?: unknown; meta?: { version?: unknown } }
  return version ?? meta?.version
}
