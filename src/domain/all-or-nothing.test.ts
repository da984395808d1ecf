import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { AnyOperation } from '#kernel/operation.ts'
import { DIALECTS, storeForTests } from '#testing/databases.ts'
import { type FailingDatabase, failingDatabase } from '#testing/failing-database.ts'
import { openHouseOver } from '#testing/house.ts'
import { call } from '#testing/neighbours.ts'
import { type Fixture, Maker, PASSWORD } from '#testing/operation-fixtures/maker.ts'
import { FIXED, fixturesOf } from '#testing/operation-fixtures.ts'
import { counted, recount } from '#testing/recount.ts'
import { isUnavailable, openRehearsal, type RehearsalHouse, type Rehearsed } from '#testing/rehearsal.ts'
import { type Described, everyOperation } from '../../tools/golden/operations.ts'
import { consumeBootstrap, INSTALLATION, renewBootstrap } from './bootstrap.ts'
import { verifyChain } from './event/event.service.ts'
import { firstBoot, isInitialized } from './first-boot.ts'
import { openContext } from './open-context.ts'
import type { Network } from './outside.ts'

// A crash between any two statements is a statement that fails and all before it undone; one during the commit is a
// commit that fails. Every operation there is goes through each of them, so a new one does, too.

const operations = await everyOperation()

/** What makes several transactions, and how its caller is told which of them do not stand. */
const SEVERAL: Readonly<Record<string, Pick<Rehearsed, 'writes' | 'told'>>> = {
  // RFC 7644 §3.7: each operation is done or fails alone, and is answered alone.
  'scim.bulk': {
    writes: 3,
    told(outcome) {
      assert(outcome.status === 'fulfilled')
      const { Operations: answers } = outcome.value as { Operations: { status: string }[] }
      assert(
        answers.some(({ status }) => status === '503'),
        JSON.stringify(answers),
      )
    },
  },
}

test('every operation can be called, and nothing else is', () => {
  const names = new Set<string>(operations.map(({ name }) => name))
  const missing = operations.filter(({ name, input }) => !FIXED.includes(name) && !input.safeParse({}).success)
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
    'these need something in src/testing/operation-fixtures',
  )
  assert.deepEqual(
    FIXED.filter((name) => !names.has(name)),
    [],
  )
})

/** Mails are written down; nobody sends them. */
const MAIL: Network['mail'] = { send: () => Promise.reject(new Error('nothing is sent')) }

// All rows of a house are looked at after each failure, so none gets too many.
const PART = 30
const parts = Array.from({ length: Math.ceil(operations.length / PART) }, (_, at) =>
  operations.slice(at * PART, (at + 1) * PART),
)

for (const [dialect, part] of DIALECTS.flatMap((name) => parts.map((some) => [name, some] as const))) {
  describe(`from ${part[0]?.name} to ${part.at(-1)?.name}, all or nothing on ${dialect}`, () => {
    let house: RehearsalHouse
    let maker: Maker
    before(async () => {
      house = await openRehearsal({ database: dialect, network: { mail: MAIL } })
      maker = new Maker(house)
    })
    after(() => house.close())

    for (const operation of part) {
      for (const [way, fixture] of fixturesOf(operation.name).entries()) {
        test(way === 0 ? operation.name : `${operation.name} (${way + 1})`, async () => {
          await rehearse(operation, fixture)
        })
      }
    }

    async function rehearse(operation: Described, fixture: Fixture): Promise<void> {
      const writes = await house.rehearsal.run({
        async prepare() {
          const { input, at } = await fixture(maker)
          const context = house.contextFor(at)
          if ('run' in operation) return () => call(operation as AnyOperation, context, input)
          return () =>
            operation.follow(context, operation.input.parse(input), AbortSignal.abort())[Symbol.asyncIterator]().next()
        },
        writes: 1,
        ...SEVERAL[operation.name],
      })
      assert(writes > 0 || operation.events.length === 0, 'it has events, but wrote nothing')
    }

    test('the chains of events verify, and the counters are true', async () => {
      const { kysely } = house.database.read
      const heads = await kysely.selectFrom('event_head').select('tenant_id').execute()
      assert(heads.length > 1)
      const { actor } = house.contextFor()
      for (const { tenant_id: tenantId } of heads) {
        const { ok, firstBad } = await verifyChain(openContext(house, actor, { tenantId }))
        assert(ok, JSON.stringify(firstBad))
      }
      const now = house.clock.now()
      assert.deepEqual(await counted(house.database, now), await recount(house.database, now))
    })
  })
}

for (const dialect of DIALECTS) {
  describe(`an installation begins or does not on ${dialect}`, () => {
    test('the first boot', async (t) => {
      const store = await storeForTests(dialect)
      t.after(() => store.close())
      let failing: FailingDatabase | undefined
      const house = await openHouseOver(store, {
        openDatabase: async (open, appenders) => {
          failing = await failingDatabase(open, appenders)
          return failing.database
        },
      })
      let statement = 1
      for (; ; statement++) {
        failing?.fail({ statement })
        const [outcome] = await Promise.allSettled([firstBoot(house, { keepAdminKey: () => {} })])
        if (failing?.happened() === false) break
        isUnavailable(outcome)
        const tables = await Promise.all(
          (['setting', 'tenant', 'realm', 'api_key', 'event', 'event_head', 'one_time_token'] as const).map((table) =>
            house.database.read.kysely.selectFrom(table).selectAll().execute(),
          ),
        )
        assert.deepEqual(tables.flat(), [], `statement ${statement}`)
      }
      assert(statement > 20, 'all that it writes was made to fail')
      assert(await isInitialized(house.database))
    })

    test('the first administrator, and another link to become one', async (t) => {
      const house = await openRehearsal({ database: dialect })
      t.after(() => house.close())
      const context = house.contextFor()
      const initial = await context.read.settings.find(INSTALLATION)
      const anew = async () => {
        await context.write((unit) => unit.settings.replace(INSTALLATION, initial))
        return renewBootstrap(context)
      }
      const administrator = async () => {
        const given = { secret: await anew(), email: `${house.random.id()}@example.com`, password: PASSWORD }
        return () => consumeBootstrap(context, given)
      }
      assert.equal(await house.rehearsal.run({ prepare: administrator, writes: 1 }), 1)
      const renewal = async () => {
        await anew()
        return () => renewBootstrap(context)
      }
      assert.equal(await house.rehearsal.run({ prepare: renewal, writes: 1 }), 1)
    })
  })
}
