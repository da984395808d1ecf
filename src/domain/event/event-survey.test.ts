import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { EventTable } from '#database/tables/log.ts'
import { PLATFORM } from '#kernel/id.ts'
import { DIALECTS } from '#testing/databases.ts'
import { openTestHouse, type TestHouse } from '#testing/house.ts'
import { failure, run } from '#testing/run.ts'
import type { Reach } from '../context.ts'
import { partnerCreate } from '../partner/partner.operations.ts'
import { tenantCreate, tenantDelete } from '../tenant/tenant.operations.ts'
import { userCreate, userDelete } from '../user/user.operations.ts'
import { eventInspect, eventSurvey } from './event.operations.ts'
import { typesAbout } from './event.ts'

const MINUTE = 60_000

interface Scenery {
  readonly house: TestHouse
  readonly partnerId: string
  /** Of the partner; the last of them was deleted. */
  readonly tenants: readonly string[]
}

/** Some tenants, among them those of a partner, in which things happened in turns. */
async function setScenery(database: (typeof DIALECTS)[number]): Promise<Scenery> {
  const house = await openTestHouse({ database })
  const context = house.contextFor()
  const { id: partnerId } = await run(partnerCreate, context, { name: 'Acme', slug: 'acme' })
  const tenants: string[] = []
  for (const slug of ['one', 'two', 'gone']) {
    tenants.push((await run(tenantCreate, context, { name: slug, slug, partnerId })).id)
  }
  for (let round = 0; round < 60; round++) {
    house.clock.advance(MINUTE)
    const tenantId = [house.tenantId, ...tenants][round % 4] ?? ''
    const origin = { ip: `192.0.2.${round % 3}`, userAgent: null, requestId: 'r', surface: 'native' }
    const actor = { id: round % 2 === 0 ? 'ann' : 'bob', origin }
    await house.contextFor({ tenantId, realm: null, actor }).write((unit) => {
      unit.emit('token.issued', { subject: { type: 'issuance', id: `t${round}` } })
      unit.emit('client.created', { subject: { type: 'client', id: `c${round % 5}` } })
      if (round % 7 === 0) unit.emit('access.denied', { subject: { type: 'operation', id: 'x' }, result: 'failure' })
    })
  }
  await run(tenantDelete, context, { id: tenants[2] })
  return { house, partnerId, tenants }
}

/** What the log has within a reach, newest first, that passes. */
async function expected(
  { house }: Scenery,
  tenants: readonly string[],
  passes: (row: EventTable) => boolean,
): Promise<string[]> {
  const rows = await house.database.read.kysely.selectFrom('event').selectAll().execute()
  const own = rows.filter((row) => tenants.includes(row.tenant_id) && passes(row))
  return own
    .map(({ id }) => id)
    .sort()
    .reverse()
}

const told = ({ type }: EventTable) => type !== 'token.issued'

for (const dialect of DIALECTS) {
  describe(`a survey of events on ${dialect}`, async () => {
    const scenery = await setScenery(dialect)
    const { house, partnerId, tenants } = scenery
    after(() => house.close())
    const platform: Reach = { kind: 'platform' }
    const partner: Reach = { kind: 'partner', partnerId }
    const one: Reach = { kind: 'tenant', tenantId: tenants[0] ?? '' }
    const first = house.tenantId

    const survey = (reach: Reach, query: object, perPage = 100) =>
      run(eventSurvey, house.contextFor({ reach, tenantId: PLATFORM, realm: null }), { ...query, perPage })

    /** All pages, one after the other. */
    async function whole(reach: Reach, query: object): Promise<{ ids: string[]; totals: Set<number> }> {
      const ids: string[] = []
      const totals = new Set<number>()
      for (let page = 1; ; page++) {
        const { data, total } = await survey(reach, { ...query, page }, 7)
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
    const moment = house.clock.now() - 20 * MINUTE
    const since = new Date(moment).toISOString()
    const filters: [string, object, (row: EventTable) => boolean][] = [
      ['nothing', {}, told],
      ['a type', { types: ['client.created'] }, ({ type }) => type === 'client.created'],
      ['tokens', { types: ['token.issued'] }, ({ type }) => type === 'token.issued'],
      [
        'tokens of an actor',
        { types: ['token.issued'], actorId: 'ann' },
        (row) => !told(row) && row.actor_id === 'ann',
      ],
      ['an actor', { actorId: 'bob' }, (row) => told(row) && row.actor_id === 'bob'],
      ['an address', { ip: '192.0.2.1' }, (row) => told(row) && row.ip === '192.0.2.1'],
      ['a thing', { subjectId: 'c3' }, ({ subject_id }) => subject_id === 'c3'],
      ['a kind of thing', { subjectType: 'operation' }, ({ subject_type }) => subject_type === 'operation'],
      ['failures', { result: 'failure' }, ({ result }) => result === 'failure'],
      ['successes', { result: 'success' }, (row) => told(row) && row.result === 'success'],
      ['since', { since }, (row) => told(row) && row.occurred_at >= moment],
      ['until', { until: since }, (row) => told(row) && row.occurred_at < moment],
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
      ['what nothing is called', { types: ['x'] }, () => false],
    ]
    for (const [who, reach, within] of reaches) {
      for (const [what, query, passes] of filters) {
        test(`${who} sees its own, newest first, and how many, by ${what}`, async () => {
          const ids = await expected(scenery, within, passes)
          const found = await whole(reach, query)
          assert.deepEqual(found.ids, ids)
          assert.deepEqual([...found.totals], ids.length === 0 ? [] : [ids.length])
        })
      }
    }

    test('one tenant or one partner’s of those within reach', async () => {
      const ids = await expected(scenery, [tenants[1] ?? ''], told)
      assert.deepEqual((await whole(partner, { tenantId: tenants[1] })).ids, ids)
      assert.deepEqual((await whole(platform, { partnerId, tenantId: tenants[1] })).ids, ids)
      await assert.rejects(survey(one, { tenantId: tenants[1] }), failure('access_denied'))
      await assert.rejects(survey(partner, { tenantId: first }), failure('access_denied'))
      await assert.rejects(survey(partner, { partnerId: house.random.id() }), failure('access_denied'))
      assert.deepEqual((await survey({ kind: 'none' }, {})).data, [])
    })

    test('the page after the last one is empty; pages do not lead on for ever', async () => {
      assert.deepEqual((await survey(platform, { page: 900, result: 'failure' })).data, [])
      await assert.rejects(survey(platform, { page: 1001 }), failure('invalid_request'))
    })

    test('by the address of whoever acted, who may have been deleted since', async () => {
      const ada = await run(userCreate, house.contextFor(), { email: 'Ada@example.com' })
      const actor = { kind: 'user' as const, id: ada.id, label: 'Ada@example.com' }
      await house.contextFor({ tenantId: tenants[0] ?? '', realm: null, actor }).write((unit) => {
        unit.emit('client.updated', { subject: { type: 'client', id: 'by ada' } })
      })
      const asked = async () => (await survey(platform, { actorEmail: 'ada@example.com' })).data
      const [event] = await asked()
      assert.deepEqual(
        [event?.subject.id, event?.actorEmail, event?.partnerId],
        ['by ada', 'Ada@example.com', partnerId],
      )
      await run(userDelete, house.contextFor(), { id: ada.id })
      assert.equal((await asked())[0]?.id, event?.id)
      assert.deepEqual((await survey(platform, { actorEmail: 'nobody@example.com' })).total, 0)
      const shown = await run(eventInspect, house.contextFor({ tenantId: tenants[0] ?? '', realm: null }), {
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
