import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parse } from '#kernel/parse.ts'
import { createCrypto } from '#outside/crypto.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type EventLog, openEventLog } from '#testing/event-log.ts'
import type { Context } from '../context.ts'
import { eventList, eventVerify } from './event.operations.ts'
import { EventQuery } from './event.ts'

const list = (context: Context, query: object) => eventList.run(context, parse(EventQuery, query))
const verify = (context: Context) => eventVerify.run(context, {})
const rows = (context: Context) => context.read.events.rowsAfter(0, 100)

for (const dialect of DIALECTS) {
  describe(`the chain of events on ${dialect}`, () => {
    let log: EventLog
    before(async () => {
      log = await openEventLog(dialect)
    })
    after(() => log.close())

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
      assert.deepEqual(await verify(context), { ok: true, checked: 0, head: { seq: 0, hash: '' }, firstBad: null })
      await context.write((unit) => {
        for (let made = 0; made < 1203; made++)
          unit.emit('user.created', { subject: { type: 'user', id: String(made) } })
      })
      const last = (await list(context, { limit: 1 })).data[0]
      const head = { seq: 1203, hash: last?.hash }
      assert.deepEqual(await verify(context), { ok: true, checked: 1203, head, firstBad: null })
    })

    test('a change of any column is found in its row', async () => {
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

    test('two rows that changed places are reordered, neighbours or not, first and last ones too', async () => {
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
      assert.deepEqual((await verify(stranger)).firstBad, { seq: 1, reason: 'changed' })
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
        { ok: true, checked: 83, head: undefined, firstBad: null },
      )
    })
  })
}
