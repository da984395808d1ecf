import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { groupCreate } from '#domain/group/group.operations.ts'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { call } from '#testing/neighbours.ts'
import { isUnavailable, openRehearsal, type RehearsalHouse, succeeds } from '#testing/rehearsal.ts'
import { onlyOnce } from './idempotency.ts'

for (const dialect of DIALECTS) {
  describe(`requests with an Idempotency-Key on ${dialect}`, () => {
    let house: RehearsalHouse
    before(async () => {
      house = await openRehearsal({ database: dialect })
    })
    after(() => house.close())

    test('what was done is answered, even where the answer cannot be kept, and is not done again', async () => {
      let made = 0
      const writes = await house.rehearsal.run({
        async prepare() {
          const name = `group ${++made}`
          const request = { method: 'POST', path: '/groups', query: {}, body: { name } }
          const context = house.contextFor()
          return () =>
            onlyOnce(context, name, request, async (inside) => ({
              status: 201,
              body: await call(groupCreate, inside, { name }),
            }))
        },
        writes: 2,
        told: (outcome, begun) => (begun ? succeeds : isUnavailable)(outcome),
        retry(outcome) {
          assert(outcome.status === 'rejected' && outcome.reason instanceof Failure)
          assert.equal(outcome.reason.code, 'idempotency_conflict')
          assert.match(outcome.reason.message, /was carried out/)
        },
      })
      assert.equal(writes, 2)
    })
  })
}
