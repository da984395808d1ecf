import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { verifyChain } from '#domain/event/event.service.ts'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { GRANTS, PEOPLE } from '#testing/realm-steps.ts'
import { counted, recount } from '#testing/recount.ts'
import { type Act, type Rehearsal, rehearsing } from '#testing/rehearsal.ts'
import { type Scene, setScene } from '#testing/scene.ts'

// The same as src/domain/all-or-nothing.test.ts has of operations, for what clients and people do at a realm.

for (const dialect of DIALECTS) {
  describe(`every step at a realm is done or not on ${dialect}`, () => {
    let scene: Scene
    let rehearsal: Rehearsal
    before(async () => {
      const rehearsed = rehearsing()
      scene = await setScene({ database: dialect, ...rehearsed.options })
      rehearsal = rehearsed.rehearsal()
    })
    after(() => scene.close())

    for (const { name, prepare, writes = 1, status = 200 } of [...GRANTS, ...PEOPLE]) {
      test(name, async () => {
        const step = async (): Promise<Act> => {
          const ask = await prepare(scene)
          return async () => {
            const answer = await ask()
            if (answer.status === 503) throw new Failure('temporarily_unavailable')
            if (/[?&]error=temporarily_unavailable/.test(answer.location ?? ''))
              throw new Failure('temporarily_unavailable')
            assert.equal(answer.status, status, JSON.stringify(answer))
            return { status }
          }
        }
        assert.equal(await rehearsal.run({ prepare: step, writes }), writes)
      })
    }

    test('the chain of events verifies, and the counters are true', async () => {
      const { house } = scene
      const { ok, firstBad } = await verifyChain(house.contextFor())
      assert(ok, JSON.stringify(firstBad))
      const now = house.clock.now()
      assert.deepEqual(await counted(house.database, now), await recount(house.database, now))
    })
  })
}
