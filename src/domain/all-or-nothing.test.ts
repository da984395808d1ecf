// Makes each statement of each operation fail and checks that nothing of it is stored.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { AnyOperation } from '#kernel/operation.ts'
import { countRows, readCounters } from '#testing/counter-check.ts'
import { DIALECTS, storeForTests } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type FailingDatabase, failingDatabase } from '#testing/failing-database.ts'
import {
  type FaultInjectionServices,
  type FaultScenario,
  isUnavailable,
  openFaultInjection,
} from '#testing/fault-injection.ts'
import { nonEmpty } from '#testing/non-empty.ts'
import { type Fixture, Maker, PASSWORD } from '#testing/operation-fixtures/maker.ts'
import { FIXED, fixturesOf } from '#testing/operation-fixtures.ts'
import { checkSealedTexts } from '#testing/sealed-texts.ts'
import { openServicesOver } from '#testing/services.ts'
import { type Described, everyOperation } from '../../tools/golden/operations.ts'
import { consumeBootstrap, INSTALLATION, renewBootstrap } from './bootstrap.ts'
import { recordOf } from './email-domain/email-domain.ts'
import { verifyChain } from './event/event.service.ts'
import { firstBoot, isInitialized } from './first-boot.ts'
import { openContext } from './open-context.ts'
import type { Network } from './outside.ts'
import { PURGE_TARGETS } from './purge/purge.ts'

// A crash between two statements is tested as a statement that fails, after which all earlier statements are undone. A
// crash during the commit is tested as a commit that fails. The test runs every operation, so a new operation is tested
// too.

const operations = nonEmpty(await everyOperation(), 'the operations')

/** Operations that make several transactions, and how their response reports the failed ones. */
const SEVERAL: Readonly<Record<string, Pick<FaultScenario, 'writes' | 'check'>>> = {
  // RFC 7644 §3.7: each operation in a bulk request succeeds or fails alone, and has its own response.
  'scim.bulk': {
    writes: 3,
    check(outcome) {
      assert(outcome.status === 'fulfilled')
      const { Operations: answers } = outcome.value as { Operations: { status: string }[] }
      assert(
        answers.some(({ status }) => status === '503'),
        JSON.stringify(answers),
      )
    },
  },
  // Each kind of row goes in writes of its own, and a purge that failed is called again. No client or user is due, and the
  // record of vended tokens is kept.
  'purge.run': { writes: PURGE_TARGETS.length - 3, check: ({ status }) => assert.equal(status, 'rejected') },
}

/** Nothing of the stage is old enough for it; purge.run makes the same writes. */
const NOTHING_DUE: readonly string[] = ['event.purge']

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

/** Mails are only written to the outbox; this test does not send them. */
const MAIL: Network['mail'] = { send: () => Promise.reject(new Error('nothing is sent')) }

/** The records of all e-mail domains, as if every owner had made them. */
async function recordsOf({ database }: Pick<FaultInjectionServices, 'database'>): Promise<string[]> {
  const rows = await database.read.kysely.selectFrom('email_domain').selectAll().execute()
  return rows.map((row) => recordOf(row).value)
}

// After each failure the test reads all rows, so the fixtures are spread over several installations.
const PART = 30
const parts = Array.from({ length: Math.ceil(operations.length / PART) }, (_, at) =>
  operations.slice(at * PART, (at + 1) * PART),
)

for (const [dialect, part] of DIALECTS.flatMap((name) => parts.map((some) => [name, some] as const))) {
  describe(`from ${part[0]?.name} to ${part.at(-1)?.name}, all or nothing on ${dialect}`, () => {
    let services: FaultInjectionServices
    let maker: Maker
    before(async () => {
      services = await openFaultInjection({
        database: dialect,
        network: { mail: MAIL, resolveTxt: () => recordsOf(services) },
      })
      maker = new Maker(services)
    })
    after(() => services.close())

    for (const operation of part) {
      for (const [way, fixture] of nonEmpty(fixturesOf(operation.name), operation.name).entries()) {
        test(way === 0 ? operation.name : `${operation.name} (${way + 1})`, async () => {
          await rehearse(operation, fixture)
        })
      }
    }

    async function rehearse(operation: Described, fixture: Fixture): Promise<void> {
      const writes = await services.faultInjection.run({
        async prepare() {
          const { input, at } = await fixture(maker)
          const context = services.contextFor(at)
          if ('run' in operation) return () => callOperation(operation as AnyOperation, context, input)
          return () =>
            operation.follow(context, operation.input.parse(input), AbortSignal.abort())[Symbol.asyncIterator]().next()
        },
        writes: 1,
        ...SEVERAL[operation.name],
      })
      const isDue = !NOTHING_DUE.includes(operation.name)
      assert(writes > 0 || operation.events.length === 0 || !isDue, 'it has events, but wrote nothing')
    }

    test('the chains of events verify, and the counters are true', async () => {
      const { kysely } = services.database.read
      const heads = await kysely.selectFrom('event_head').select('tenant_id').execute()
      assert(heads.length > 1)
      const { actor } = services.contextFor()
      for (const { tenant_id: tenantId } of heads) {
        const { ok, firstBad } = await verifyChain(openContext(services, actor, { tenantId }))
        assert(ok, JSON.stringify(firstBad))
      }
      await checkSealedTexts(services)
      const now = services.clock.now()
      assert.deepEqual(await readCounters(services.database, now), await countRows(services.database, now))
    })
  })
}

for (const dialect of DIALECTS) {
  describe(`an installation begins or does not on ${dialect}`, () => {
    test('the first boot', async (t) => {
      const store = await storeForTests(dialect)
      t.after(() => store.close())
      let failing: FailingDatabase | undefined
      const services = await openServicesOver(store, {
        openDatabase: async (open, append) => {
          failing = await failingDatabase(open, append)
          return failing.database
        },
      })
      let statement = 1
      for (; ; statement++) {
        failing?.fail({ statement })
        const [outcome] = await Promise.allSettled([firstBoot(services, { keepAdminKey: () => {} })])
        if (failing?.happened() === false) break
        isUnavailable(outcome)
        const tables = await Promise.all(
          (['setting', 'tenant', 'realm', 'api_key', 'event', 'event_head', 'one_time_token'] as const).map((table) =>
            services.database.read.kysely.selectFrom(table).selectAll().execute(),
          ),
        )
        assert.deepEqual(tables.flat(), [], `statement ${statement}`)
      }
      assert(statement > 20, 'all that it writes was made to fail')
      assert(await isInitialized(services.database))
    })

    test('the first administrator, and another link to become one', async (t) => {
      const services = await openFaultInjection({ database: dialect })
      t.after(() => services.close())
      const context = services.contextFor()
      const initial = await context.read.settings.find(INSTALLATION)
      const anew = async () => {
        await context.write((unit) => unit.settings.replace(INSTALLATION, initial))
        return new URL((await renewBootstrap(context)).url).searchParams.get('bootstrap') ?? ''
      }
      const administrator = async () => {
        const given = { secret: await anew(), email: `${services.random.id()}@example.com`, password: PASSWORD }
        return () => consumeBootstrap(context, given)
      }
      assert.equal(await services.faultInjection.run({ prepare: administrator, writes: 1 }), 1)
      const renewal = async () => {
        await anew()
        return () => renewBootstrap(context)
      }
      assert.equal(await services.faultInjection.run({ prepare: renewal, writes: 1 }), 1)
    })
  })
}
