// Checks that a request with an Idempotency-Key is carried out once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { groupCreate } from '#domain/group/group.operations.ts'
import { Failure } from '#kernel/error.ts'
import { DIALECTS } from '#testing/databases.ts'
import { callOperation } from '#testing/domain-fixtures.ts'
import { type FaultInjectionServices, isUnavailable, openFaultInjection, succeeds } from '#testing/fault-injection.ts'
import { runOnce } from './idempotency.ts'

for (const dialect of DIALECTS) {
  describe(`requests with an Idempotency-Key on ${dialect}`, () => {
    let services: FaultInjectionServices
    before(async () => {
      services = await openFaultInjection({ database: dialect })
    })
    after(() => services.close())

    test('what was done is answered, even where the answer cannot be kept, and is not done again', async () => {
      let made = 0
      const writes = await services.faultInjection.run({
        async prepare() {
          const name = `group ${++made}`
          const request = { method: 'POST', path: '/groups', query: {}, body: { name } }
          const context = services.contextFor()
          return () =>
            runOnce(context, name, request, async (inside) => ({
              status: 201,
              body: await callOperation(groupCreate, inside, { name }),
            }))
        },
        writes: 2,
        check: (outcome, begun) => (begun ? succeeds : isUnavailable)(outcome),
        retry(outcome) {
          assert(outcome.status === 'rejected' && outcome.reason instanceof Failure)
          // The reply may still come, until a request cannot take longer.
          assert.equal(outcome.reason.code, 'request_in_progress')
        },
      })
      assert.equal(writes, 2)
    })

    test('a repetition while the first request is in flight waits, and gets its reply', async () => {
      const request = { method: 'POST', path: '/groups', query: {}, body: { name: 'twice' } }
      const context = services.contextFor()
      let runs = 0
      const ask = () =>
        runOnce(context, 'in flight', request, async (inside) => {
          runs += 1
          return { status: 201, body: await callOperation(groupCreate, inside, { name: 'twice' }) }
        })
      const replies = await Promise.all([ask(), ask(), ask()])
      assert.equal(runs, 1)
      for (const { status, body } of replies) assert.deepEqual([status, body], [201, replies[0]?.body])
      assert.deepEqual(
        replies.map(({ headers }) => headers?.['idempotency-replayed']),
        [undefined, 'true', 'true'],
      )
      const other = { ...request, body: { name: 'other' } }
      await assert.rejects(
        runOnce(context, 'in flight', other, () => Promise.reject(new Error('was run'))),
        { code: 'idempotency_conflict' },
      )
    })

    test('a request that another process is carrying out is told to come again', async () => {
      const request = { method: 'POST', path: '/groups', query: {}, body: { name: 'elsewhere' } }
      const context = services.contextFor()
      const fingerprint = context.crypto.digest(JSON.stringify([request.method, request.path, {}, request.body]))
      await context.write((unit) =>
        unit.idempotencyKeys.claim(context.actor.id, 'elsewhere', fingerprint, context.clock.now()),
      )
      const ask = () => runOnce(context, 'elsewhere', request, () => Promise.reject(new Error('was run')))
      await assert.rejects(ask(), { code: 'request_in_progress', status: 409, detail: { retryAfter: 1 } })
      services.clock.advance(60_000)
      await assert.rejects(ask(), { code: 'idempotency_conflict', message: /was carried out/ })
    })
  })
}
