// Checks lists of events of several tenants.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { EventTable } from '#database/tables/log.ts'
import { PLATFORM } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { failure, runOperation } from '#testing/run-operation.ts'
import { openTestServices, type TestServices } from '#testing/services.ts'
import type { Reach } from '../actor.ts'
import { partnerCreate } from '../partner/partner.operations.ts'
import { tenantCreate, tenantDelete } from '../tenant/tenant.operations.ts'
import { userCreate, userDelete } from '../user/user.operations.ts'
import { eventGet, eventList } from './event.operations.ts'
import { typesAbout } from './event.ts'

const MINUTE = 60_000

interface Fixture {
  readonly services: TestServices
  readonly partnerId: string
  /** Of the partner; the last of them was deleted. */
  readonly tenants: readonly string[]
}

/** Some tenants with events, among them those of a partner. */
async function createFixture(database: (typeof DIALECTS)[number]): Promise<Fixture> {
  const services = await openTestServices({ database })
  const context = services.contextFor()
  const { id: partnerId } = await runOperation(partnerCreate, context, { name: 'Acme', slug: 'acme' })
  const tenants: string[] = []
  for (const slug of ['one', 'two', 'gone']) {
    tenants.push((await runOperation(tenantCreate, context, { name: slug, slug, partnerId })).id)
  }
  for (let round = 0; round < 60; round++) {
    services.clock.advance(MINUTE)
    const tenantId = [services.tenantId, ...tenants][round % 4] ?? ''
    const origin = { ip: `192.0.2.${round % 3}`, userAgent: null, requestId: 'r', surface: 'native' }
    const actor = { id: round % 2 === 0 ? 'ann' : 'bob', origin }
    await services.contextFor({ tenantId, realm: null, actor }).write((unit) => {
      unit.emit('token.issued', { subject: { type: 'issuance', id: `t${round}` } })
      unit.emit('client.created', { subject: { type: 'client', id: `c${round % 5}` } })
      if (round % 7 === 0) unit.emit('access.denied', { subject: { type: 'operation', id: 'x' }, result: 'failure' })
    })
  }
  await runOperation(tenantDelete, context, { id: tenants[2] })
  return { services, partnerId, tenants }
}

/** The ids of the events of some tenants that pass a filter, newest first. */
async function expected(
  { services }: Fixture,
  tenants: readonly string[],
  passes: (row: EventTable) => boolean,
): Promise<string[]> {
  const rows = await services.database.read.kysely.selectFrom('event').selectAll().execute()
  const own = rows.filter((row) => tenants.includes(row.tenant_id) && passes(row))
  return own
    .map(({ id }) => id)
    .sort()
    .reverse()
}

const isListed = ({ type }: EventTable) => type !== 'token.issued'

for (const dialect of DIALECTS) {
  describe(`events of several tenants on ${dialect}`, async () => {
    const fixture = await createFixture(dialect)
    const { services, partnerId, tenants } = fixture
    after(() => services.close())
    const platform: Reach = { kind: 'platform' }
    const partner: Reach = { kind: 'partner', partnerId }
    const one: Reach = { kind: 'tenant', tenantId: tenants[0] ?? '' }
    const first = services.tenantId

    const list = async (
      reach: Reach,
      { page = 1, ...query }: { page?: number; [filter: string]: unknown },
      limit = 100,
    ) => {
      const { data, count } = await runOperation(
        eventList,
        services.contextFor({ reach, tenantId: PLATFORM, realm: null }),
        {
          ...query,
          limit,
          offset: (page - 1) * limit,
        },
      )
      return { data, total: count?.value ?? -1, isBound: count?.isBound }
    }

    /** The ids of all pages. */
    async function allPages(reach: Reach, query: object): Promise<{ ids: string[]; totals: Set<number> }> {
      const ids: string[] = []
      const totals = new Set<number>()
      for (let page = 1; ; page++) {
        const { data, total } = await list(reach, { ...query, page }, 7)
        if (data.length === 0) return { ids, totals }
        ids.push(...data.map(({ id }) => id))
        totals.add(total)
      }
    }

    const reaches: [string, Reach, string[]][] = [
      ['the platform', platform, [PLATFORM, first, ...tenants]],
      ['a partner', partner, [...tenants]],
      ['a tenant', one, tenants.slice(0, 1)],
    ]
    const moment = services.clock.now() - 20 * MINUTE
    const since = new Date(moment).toISOString()
    const filters: [string, object, (row: EventTable) => boolean][] = [
      ['nothing', {}, isListed],
      ['a type', { types: ['client.created'] }, ({ type }) => type === 'client.created'],
      ['tokens', { types: ['token.issued'] }, ({ type }) => type === 'token.issued'],
      [
        'tokens of an actor',
        { types: ['token.issued'], actorId: 'ann' },
        (row) => !isListed(row) && row.actor_id === 'ann',
      ],
      ['an actor', { actorId: 'bob' }, (row) => isListed(row) && row.actor_id === 'bob'],
      ['an address', { ip: '192.0.2.1' }, (row) => isListed(row) && row.ip === '192.0.2.1'],
      ['a thing', { subjectId: 'c3' }, ({ subject_id }) => subject_id === 'c3'],
      ['a kind of thing', { subjectType: 'operation' }, ({ subject_type }) => subject_type === 'operation'],
      ['failures', { result: 'failure' }, ({ result }) => result === 'failure'],
      ['successes', { result: 'success' }, (row) => isListed(row) && row.result === 'success'],
      ['since', { since }, (row) => isListed(row) && row.occurred_at >= moment],
      ['until', { until: since }, (row) => isListed(row) && row.occurred_at < moment],
      [
        'several',
        { actorId: 'ann', ip: '192.0.2.0', types: ['client.created'], since },
        (row) =>
          row.actor_id === 'ann' &&
          row.ip === '192.0.2.0' &&
          row.type === 'client.created' &&
          row.occurred_at >= moment,
      ],
      ['a type of another thing', { types: ['client.created'], subjectType: 'user' }, () => false],
      ['a type that no event has', { types: ['x'] }, () => false],
      ['a realm', { realmId: services.random.id() }, () => false],
    ]
    for (const [who, reach, within] of reaches) {
      for (const [what, query, passes] of filters) {
        test(`TN-03 TN-04 ${who} sees its own, newest first, and how many, by ${what}`, async () => {
          const ids = await expected(fixture, within, passes)
          const found = await allPages(reach, query)
          assert.deepEqual(found.ids, ids)
          assert.deepEqual([...found.totals], ids.length === 0 ? [] : [ids.length])
        })
      }
    }

    test('one tenant or one partner’s of those within reach', async () => {
      const ids = await expected(fixture, [tenants[1] ?? ''], isListed)
      assert.deepEqual((await allPages(partner, { tenantId: tenants[1] })).ids, ids)
      assert.deepEqual((await allPages(platform, { partnerId, tenantId: tenants[1] })).ids, ids)
      await assert.rejects(list(one, { tenantId: tenants[1] }), failure('access_denied'))
      await assert.rejects(list(partner, { tenantId: first }), failure('access_denied'))
      await assert.rejects(list(partner, { partnerId: services.random.id() }), failure('access_denied'))
      assert.deepEqual((await list({ kind: 'none' }, {})).data, [])
    })

    test('without an offset: the log of the tenant by cursor, or all tenants of a partner', async () => {
      const run = (reach: Reach, tenantId: string, query: object) =>
        runOperation(eventList, services.contextFor({ reach, tenantId, realm: null }), query)
      const tenantId = tenants[0] ?? ''
      const newest = await run(platform, tenantId, { limit: 1 })
      assert.equal(newest.data[0]?.tenantId, tenantId)
      const next = await run(platform, tenantId, { limit: 1, cursor: newest.nextCursor })
      assert.equal(next.data[0]?.seq, (newest.data[0]?.seq ?? 0) - 1)
      assert.ok((await run(platform, PLATFORM, {})).data.every((event) => event.tenantId === PLATFORM))
      assert.deepEqual(
        new Set((await run(partner, PLATFORM, { limit: 200 })).data.map((event) => event.tenantId)),
        new Set(tenants),
      )
      assert.ok((await run(platform, tenantId, { offset: 0 })).data.every((event) => event.tenantId === tenantId))
      for (const query of [
        { cursor: newest.nextCursor, offset: 1 },
        { cursor: newest.nextCursor, partnerId },
      ]) {
        await assert.rejects(run(platform, tenantId, query), failure('invalid_request'))
      }
    })

    test('the page after the last one is empty; pages do not lead on for ever', async () => {
      assert.deepEqual((await list(platform, { page: 900, result: 'failure' })).data, [])
      await assert.rejects(list(platform, { page: 1001 }), failure('invalid_request'))
    })

    test('by the address of whoever acted, who may have been deleted since', async () => {
      const ada = await runOperation(userCreate, services.contextFor(), { email: 'Ada@example.com' })
      const actor = { kind: 'user' as const, id: ada.id, label: 'Ada@example.com' }
      await services.contextFor({ tenantId: tenants[0] ?? '', realm: null, actor }).write((unit) => {
        unit.emit('client.updated', { subject: { type: 'client', id: 'by ada' } })
      })
      const asked = async () => (await list(platform, { actorEmail: 'ada@example.com' })).data
      const [event] = await asked()
      assert.deepEqual(
        [event?.subject.id, event?.actorEmail, event?.partnerId],
        ['by ada', 'Ada@example.com', partnerId],
      )
      await runOperation(userDelete, services.contextFor(), { id: ada.id })
      assert.equal((await asked())[0]?.id, event?.id)
      assert.deepEqual((await list(platform, { actorEmail: 'nobody@example.com' })).total, 0)
      const shown = await runOperation(eventGet, services.contextFor({ tenantId: tenants[0] ?? '', realm: null }), {
        id: event?.id,
      })
      assert.deepEqual(shown, event)
    })
  })
}

test('what a kind of thing is told of by', () => {
  assert.deepEqual(typesAbout('nothing'), [])
  assert.ok(typesAbout('user').includes('sign_in.failed') && typesAbout('user').includes('user.created'))
  assert.deepEqual(typesAbout('operation'), ['access.denied'])
})
