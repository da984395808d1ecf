// Checks that tampering with the chain of events is detected.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parse } from '#kernel/parse.ts'
import { createCrypto } from '#outside/crypto.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type EventLog, openEventLog } from '#testing/event-log.ts'
import { openVerifier, type Verifier } from '#testing/verifier.ts'
import type { Context } from '../context.ts'
import { eventList } from './event.operations.ts'
import { verifyChain } from './event.service.ts'
import { EventQuery, VerifyRange } from './event.ts'

const list = (context: Context, query: object) => eventList.run(context, parse(EventQuery, query))
const rows = (context: Context) => context.read.events.rowsAfter(0, 100)

for (const dialect of DIALECTS) {
  describe(`the chain of events on ${dialect}`, () => {
    let log: EventLog
    let verifier: Verifier
    before(async () => {
      log = await openEventLog(dialect)
      verifier = openVerifier(log.store)
    })
    after(async () => {
      await verifier.close()
      await log.close()
    })

    const verify = (context: Context, range = {}) => verifier.verify(context, parse(VerifyRange, range))

    const setHead = (context: Context, head: { seq?: number; hash?: string }) =>
      log.database.write(async ({ kysely }) => {
        await kysely.updateTable('event_head').set(head).where('tenant_id', '=', context.scope.tenantId).execute()
      })
    const change = (context: Context, seq: number, column: string, value: unknown) =>
      log.database.write(async ({ kysely }) => {
        const table = kysely.updateTable('event').set({ [column]: value } as never)
        await table.where('tenant_id', '=', context.scope.tenantId).where('seq', '=', seq).execute()
      })
    const remove = (context: Context, seq: number) =>
      log.database.write(async ({ kysely }) => {
        await kysely
          .deleteFrom('event')
          .where('tenant_id', '=', context.scope.tenantId)
          .where('seq', '=', seq)
          .execute()
      })
    const swap = async (context: Context, left: number, right: number) => {
      await change(context, left, 'seq', 1_000_000)
      await change(context, right, 'seq', left)
      await change(context, 1_000_000, 'seq', right)
    }

    test('a chain that nobody touched verifies, page after page, and its head is its last event', async () => {
      const context = log.tenant()
      assert.deepEqual(await verify(context), {
        ok: true,
        checked: 0,
        purgedThrough: 0,
        head: { seq: 0, hash: '' },
        firstBad: null,
      })
      await context.write((unit) => {
        for (let made = 0; made < 1203; made++)
          unit.emit('user.created', { subject: { type: 'user', id: String(made) } })
      })
      const last = (await list(context, { limit: 1 })).data[0]
      const head = { seq: 1203, hash: last?.hash }
      assert.deepEqual(await verify(context), { ok: true, checked: 1203, purgedThrough: 0, head, firstBad: null })
    })

    test('AD-19 a change of any column is found in its row', async () => {
      const context = log.tenant()
      await log.emit(context, 5)
      const [, , third] = await rows(context)
      assert.ok(third)
      for (const [column, value] of Object.entries(third)) {
        if (column === 'tenant_id' || column === 'seq') continue
        await change(context, 3, column, typeof value === 'number' ? value + 1 : `${value ?? ''}x`)
        const { ok, checked, firstBad } = await verify(context)
        assert.deepEqual(
          { ok, checked, firstBad },
          { ok: false, checked: 2, firstBad: { seq: 3, reason: 'changed' } },
          column,
        )
        await change(context, 3, column, value)
      }
      assert.equal((await verify(context)).ok, true)
    })

    test('a row removed from the beginning or the middle is missing', async () => {
      const context = log.tenant()
      await log.emit(context, 5)
      await remove(context, 3)
      assert.deepEqual((await verify(context)).firstBad, { seq: 3, reason: 'missing' })
      await remove(context, 1)
      assert.deepEqual((await verify(context)).firstBad, { seq: 1, reason: 'missing' })
    })

    test('a row that was removed and its gap closed is found where the gap was', async () => {
      const context = log.tenant()
      await log.emit(context, 5)
      await remove(context, 3)
      await change(context, 4, 'seq', 3)
      await change(context, 5, 'seq', 4)
      assert.equal((await verify(context)).firstBad?.seq, 3)
    })

    test('a tail cut off is found by the head, and so is a head set back', async () => {
      const context = log.tenant()
      await log.emit(context, 5)
      await remove(context, 5)
      await remove(context, 4)
      assert.deepEqual((await verify(context)).firstBad, { seq: 4, reason: 'truncated' })

      const other = log.tenant()
      await log.emit(other, 5)
      await setHead(other, { seq: 3 })
      assert.deepEqual((await verify(other)).firstBad, { seq: 4, reason: 'truncated' })
      await setHead(other, { seq: 5, hash: 'x' })
      assert.deepEqual((await verify(other)).firstBad, { seq: 5, reason: 'truncated' })
      await log.database.write(async ({ kysely }) => {
        await kysely.deleteFrom('event_head').where('tenant_id', '=', other.scope.tenantId).execute()
      })
      assert.deepEqual((await verify(other)).firstBad, { seq: 1, reason: 'truncated' })
    })

    test('two rows that changed places are reordered, otherTenants or not, first and last ones too', async () => {
      for (const [left, right] of [
        [2, 4],
        [3, 4],
        [1, 5],
        [1, 2],
        [4, 5],
      ] as const) {
        const context = log.tenant()
        await log.emit(context, 5)
        await swap(context, left, right)
        assert.deepEqual((await verify(context)).firstBad, { seq: left, reason: 'reordered' }, `${left} and ${right}`)
      }
    })

    test('a row moved forward with the others closing up is reordered', async () => {
      const context = log.tenant()
      await log.emit(context, 5)
      await change(context, 4, 'seq', 1_000_000)
      await change(context, 3, 'seq', 4)
      await change(context, 2, 'seq', 3)
      await change(context, 1_000_000, 'seq', 2)
      assert.deepEqual((await verify(context)).firstBad, { seq: 2, reason: 'reordered' })
    })

    test('a forged row is found wherever it is put in', async () => {
      const forge = async (context: Context, seq: number) => {
        const [first] = await rows(context)
        assert.ok(first)
        await log.database.write(async ({ kysely }) => {
          await kysely
            .insertInto('event')
            .values({ ...first, id: log.id(), seq })
            .execute()
        })
      }
      const context = log.tenant()
      await log.emit(context, 5)
      await forge(context, 6)
      assert.deepEqual((await verify(context)).firstBad, { seq: 6, reason: 'changed' })
      await remove(context, 6)
      await remove(context, 3)
      await forge(context, 3)
      await change(context, 3, 'data', '{"forged":true}')
      assert.deepEqual((await verify(context)).firstBad, { seq: 3, reason: 'changed' })

      const other = log.tenant()
      await log.emit(other, 2)
      await forge(other, 0)
      assert.equal((await verify(other)).firstBad?.seq, 0)
    })

    test('a chain made with another key does not verify', async () => {
      const context = log.tenant()
      await log.emit(context, 3)
      const stranger = { ...context, crypto: createCrypto({ masterKey: new Uint8Array(32).fill(8) }) }
      assert.deepEqual((await verifyChain(stranger)).firstBad, { seq: 1, reason: 'changed' })
    })

    test('a part of a chain verifies, and finds what was changed in it and nothing else', async () => {
      const context = log.tenant()
      const start = log.clock.now()
      await log.emit(context, 300)
      const [{ hash } = {}] = (await rows(context)).slice(49)
      assert.deepEqual(await verify(context, { fromSeq: 11, toSeq: 50 }), {
        ok: true,
        checked: 40,
        purgedThrough: 0,
        head: { seq: 50, hash },
        firstBad: null,
      })
      const since = new Date(start + 100_000).toISOString()
      const until = new Date(start + 200_000).toISOString()
      const during = await verify(context, { since, until })
      assert.deepEqual([during.ok, during.checked > 100, during.checked < 130], [true, true, true])
      await change(context, 30, 'data', '{"changed":true}')
      const firstBad = { seq: 30, reason: 'changed' }
      for (const range of [{}, { fromSeq: 11, toSeq: 50 }, { fromSeq: 30 }, { toSeq: 30 }]) {
        assert.deepEqual((await verify(context, range)).firstBad, firstBad, JSON.stringify(range))
      }
      for (const range of [{ fromSeq: 31 }, { toSeq: 29 }, { since, until }]) {
        assert.equal((await verify(context, range)).ok, true, JSON.stringify(range))
      }
      await remove(context, 40)
      assert.deepEqual((await verify(context, { fromSeq: 35, toSeq: 40 })).firstBad, { seq: 40, reason: 'missing' })
      assert.deepEqual((await verify(context, { fromSeq: 41 })).firstBad, { seq: 40, reason: 'missing' })
      assert.equal((await verify(context, { fromSeq: 42 })).checked, 259)
      await remove(context, 300)
      assert.deepEqual((await verify(context, { fromSeq: 290 })).firstBad, { seq: 300, reason: 'truncated' })
      assert.equal((await verify(context, { fromSeq: 290, toSeq: 299 })).ok, true)
      const beyond = { code: 'invalid_request' }
      await assert.rejects(verify(context, { fromSeq: 301 }), beyond)
      for (const range of [{ fromSeq: 5, toSeq: 4 }, { fromSeq: 0 }, { toSeq: 1.5 }, { fromSeq: '1' }]) {
        assert.throws(() => parse(VerifyRange, range), { code: 'invalid_input' }, JSON.stringify(range))
      }
    })

    test('a chain verifies while it grows', async () => {
      const context = log.tenant()
      await log.emit(context, 3)
      const growing = Promise.all(Array.from({ length: 40 }, () => log.emit(context, 2)))
      const found = await Promise.all([verify(context), verify(context), verify(context)])
      await growing
      assert.deepEqual(
        found.map(({ firstBad }) => firstBad),
        [null, null, null],
      )
      assert.deepEqual(
        { ...(await verify(context)), head: undefined },
        { ok: true, checked: 83, purgedThrough: 0, head: undefined, firstBad: null },
      )
    })
  })
}
