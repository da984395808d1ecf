// Checks the stream of events.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Commit, Connection } from '#database/database.ts'
import { parse } from '#kernel/parse.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type EventLog, openEventLog } from '#testing/event-log.ts'
import { tokenBurst } from '#testing/token-burst.ts'
import { eventStore } from './event.store.ts'
import { followEvents } from './event.stream.ts'
import { type Event, EventFollow, EventQuery } from './event.ts'

for (const dialect of DIALECTS) {
  describe(`the stream of events on ${dialect}`, () => {
    let log: EventLog
    const listeners = new Set<(commit: Commit) => void>()
    const subscribe = (listener: (commit: Commit) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
    before(async () => {
      log = await openEventLog(dialect)
      log.database.onCommit((commit) => {
        for (const listener of listeners) listener(commit)
      })
    })
    after(() => log.close())

    async function take(stream: AsyncGenerator<Event>, count: number): Promise<number[]> {
      const seqs: number[] = []
      while (seqs.length < count) {
        const { value, done } = await stream.next()
        if (done || !value) break
        seqs.push(value.seq)
      }
      return seqs
    }

    test('begins after what was seen last, and goes on with what happens, each once and in order', async () => {
      const context = log.tenant()
      await log.emit(context, 450)
      const stream = followEvents(context, { subscribe, afterSeq: 3 })
      assert.equal((await stream.next()).value?.seq, 4)
      const growing = Promise.all(Array.from({ length: 10 }, () => log.emit(context, 3)))
      const expected = Array.from({ length: 476 }, (_, index) => index + 5)
      assert.deepEqual(await take(stream, 476), expected)
      await growing
      await stream.return()
      assert.equal(listeners.size, 0)
    })

    test('TN-12 begins with the next event, and hears of its own tenant only', async () => {
      const [context, other] = [log.tenant(), log.tenant()]
      await log.emit(context, 3)
      const stream = followEvents(context, { subscribe })
      const next = stream.next()
      await new Promise((resolve) => setTimeout(resolve, 20))
      await log.emit(other, 2)
      await log.emit(context, 1)
      const { value } = await next
      assert.deepEqual([value?.seq, value?.tenantId], [4, context.scope.tenantId])
      await stream.return()
    })

    test('gives what its filter lets through', async () => {
      const context = log.tenant()
      await log.emit(context, 2)
      await log.emit(context, 1, 'user.updated')
      const filter = parse(EventFollow, { types: ['user.updated'] })
      const stream = followEvents(context, { subscribe, filter, afterSeq: 0 })
      assert.deepEqual(await take(stream, 1), [3])
      const next = stream.next()
      await log.emit(context, 2)
      await log.emit(context, 1, 'user.updated')
      assert.equal((await next).value?.seq, 6)
      await stream.return()
    })

    test('reads again what another process wrote, and what came too fast to be kept waiting', async () => {
      const context = log.tenant()
      const stream = followEvents(context, {
        subscribe: (listener) =>
          subscribe((commit) =>
            listener('events' in commit && (commit.events[0]?.seq ?? 0) % 2 === 0 ? { missed: true } : commit),
          ),
        afterSeq: 0,
      })
      const first = stream.next()
      for (let made = 0; made < 10; made++) await log.emit(context, 2)
      assert.equal((await first).value?.seq, 1)
      await context.write((unit) => {
        for (let made = 0; made < 1500; made++) unit.emit('user.updated', { subject: { type: 'user', id: 'u' } })
      })
      assert.deepEqual(
        await take(stream, 1519),
        Array.from({ length: 1519 }, (_, index) => index + 2),
      )
      await stream.return()
    })

    test('and lists leave out what is chained while they read tokens and events, instead of a part of it', async () => {
      const context = log.tenant()
      const token = { clientId: log.id(), userId: null, audience: 'https://api.example.com' }
      await log.emit(context, 1)
      const { read } = log.database
      const more = async () => {
        await log.emit(context, 1)
        await tokenBurst(context, [token])
        await read.placeTokens?.([context.scope.tenantId])
        await log.emit(context, 1)
      }
      const whileReading = ({ before, after }: { before?: string; after?: string }) => {
        const run: Connection['run'] = async (statement, values) => {
          const [isBefore, isAfter] = [statement.name === before, statement.name === after]
          if (isBefore) await more()
          const rows = await read.run(statement, values)
          if (isAfter) await more()
          return rows
        }
        return eventStore({ ...read, run }, context.scope.tenantId)
      }
      const numbers = (events: readonly Event[]) => events.map(({ seq }) => seq)
      assert.deepEqual(numbers(await whileReading({ before: 'token_link_after' }).after(0, 10)), [1])
      const { data } = await whileReading({ after: 'token_link_extents_before' }).list(parse(EventQuery, { limit: 10 }))
      assert.deepEqual(numbers(data), [4, 3, 2, 1])
      assert.deepEqual(numbers(await context.read.events.after(0, 10)), [1, 2, 3, 4, 5, 6, 7])
    })

    test('ends at once when it is told to, even while it waits', async () => {
      const stop = new AbortController()
      const stream = followEvents(log.tenant(), { subscribe, signal: stop.signal })
      const waiting = stream.next()
      setTimeout(() => stop.abort(), 10)
      assert.equal((await waiting).done, true)
      assert.equal(listeners.size, 0)
      const late = followEvents(log.tenant(), { subscribe, signal: AbortSignal.abort() })
      assert.equal((await late.next()).done, true)
    })
  })
}
