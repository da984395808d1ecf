// Makes each statement of each protocol step fail and checks that nothing of it is stored.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { verifyChain } from '#domain/event/event.service.ts'
import { Failure } from '#kernel/error.ts'
import { type AuthorizationFixture, openAuthorizationFixture } from '#testing/authorization-fixture.ts'
import { countRows, readCounters } from '#testing/counter-check.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type FaultInjection, faultInjection, type Step } from '#testing/fault-injection.ts'
import { SILENT_MAIL } from '#testing/mailbox.ts'
import { GRANTS, PEOPLE } from '#testing/realm-steps.ts'

// The same as src/domain/all-or-nothing.test.ts has of operations, for what clients and people do at a realm.

for (const dialect of DIALECTS) {
  describe(`every step at a realm is done or not on ${dialect}`, () => {
    let fixture: AuthorizationFixture
    let injection: FaultInjection
    before(async () => {
      const failing = faultInjection()
      fixture = await openAuthorizationFixture({
        database: dialect,
        network: { mail: SILENT_MAIL },
        ...failing.options,
      })
      injection = failing.injection()
    })
    after(() => fixture.close())

    for (const { name, prepare, writes = 1, status = 200 } of [...GRANTS, ...PEOPLE]) {
      test(name, async () => {
        const step = async (): Promise<Step> => {
          const ask = await prepare(fixture)
          return async () => {
            const answer = await ask()
            if (answer.status === 503) throw new Failure('temporarily_unavailable')
            if (/[?&]error=temporarily_unavailable/.test(answer.location ?? ''))
              throw new Failure('temporarily_unavailable')
            assert.equal(answer.status, status, JSON.stringify(answer))
            return { status }
          }
        }
        // The first token of its kind adds what later ones refer to, so that only those have the same statements each time.
        await (await step())()
        assert.equal(await injection.run({ prepare: step, writes }), writes)
      })
    }

    test('the chain of events verifies, and the counters are true', async () => {
      const { services } = fixture
      const { ok, firstBad } = await verifyChain(services.contextFor())
      assert(ok, JSON.stringify(firstBad))
      const now = services.clock.now()
      assert.deepEqual(await readCounters(services.database, now), await countRows(services.database, now))
    })
  })
}
