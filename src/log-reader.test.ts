// Checks the thread that reads logs: when it is there, what ends a read, and what its failure does.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Context } from '#domain/context.ts'
import { eventExport } from '#domain/event/event.operations.ts'
import type { Event, Verification } from '#domain/event/event.ts'
import { isLogRead } from '#domain/log-reads.ts'
import { macKey } from '#outside/derived-key.ts'
import type { LogThread } from '#outside/log-thread.ts'
import { makeAdminClient, tokenFor } from '#testing/admin-realm.ts'
import { loadTokens } from '#testing/bulk/tokens.ts'
import { DIALECTS } from '#testing/databases.ts'
import { type EventLog, openEventLog } from '#testing/event-log.ts'
import { startServer } from '#testing/server.ts'
import { MASTER_KEY } from '#testing/services.ts'
import { tokenBurst } from '#testing/token-burst.ts'
import { until } from '#testing/until.ts'
import { logThreadOver } from '#testing/verifier.ts'
import { everyOperation } from '../tools/golden/operations.ts'

const EVENTS = 20_000
const TOKENS = 100_000

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

for (const dialect of DIALECTS) {
  describe(`the thread that reads logs on ${dialect}`, () => {
    let log: EventLog
    let large: Context
    let thread: LogThread
    before(async () => {
      log = await openEventLog(dialect)
      large = log.tenant()
      for (let made = 0; made < EVENTS; made += 2000) await log.emit(large, 2000)
      thread = logThreadOver(log.store)
    })
    after(async () => {
      await thread.close()
      await log.close()
    })

    const outputs = (of: LogThread, name: string, context: Context, signal = new AbortController().signal) =>
      of.outputs({ name, tenantId: context.scope.tenantId, input: {} }, signal)
    const verify = async (of: LogThread, context: Context, signal?: AbortSignal): Promise<Verification> => {
      for await (const output of outputs(of, 'event.verify', context, signal)) return output as Verification
      throw new Error('there was no output')
    }

    test('it is started by the first read, ends some time after the last one, and is started again', async () => {
      const own = logThreadOver(log.store, { idle: 50 })
      assert.equal(own.isRunning, false)
      for (let round = 0; round < 2; round++) {
        const found = await Promise.all([verify(own, large), verify(own, large)])
        for (const { ok, checked } of found) assert.deepEqual([ok, checked], [true, EVENTS])
        assert.equal(own.isRunning, true)
        await until(() => !own.isRunning)
      }
      assert.deepEqual(own.progress, { reads: 0, entries: 4 * EVENTS })
    })

    test('an export has the events that it has here, in their order, with tokens among them', async () => {
      const context = log.tenant()
      await log.emit(context, 250)
      const token = { clientId: log.id(), userId: null, audience: 'https://api' }
      await tokenBurst(context, Array(150).fill(token))
      await log.emit(context, 3)
      const here: unknown[] = []
      const there: unknown[] = []
      for await (const event of eventExport.follow(context, {}, new AbortController().signal)) here.push(event)
      for await (const event of outputs(thread, 'event.export', context)) there.push(event)
      assert.equal(there.length, 403)
      assert.deepEqual(there, here)
    })

    test('an export reads no further than its caller takes, and ends where the caller leaves', async () => {
      const before = thread.progress.entries
      for await (const output of outputs(thread, 'event.export', large)) {
        assert.equal((output as Event).seq, EVENTS)
        await pause(300)
        break
      }
      await pause(300)
      assert.equal(thread.progress.reads, 0)
      const read = thread.progress.entries - before
      assert.ok(read <= 1000, `${read} events were read`)
    })

    test('a read ends where its caller hangs up, and others go on', async () => {
      const before = thread.progress.entries
      const hangUp = new AbortController()
      const ended = assert.rejects(verify(thread, large, hangUp.signal), { code: 'invalid_request' })
      hangUp.abort()
      await ended
      await assert.rejects(verify(thread, large, hangUp.signal), { code: 'invalid_request' })
      await verify(thread, log.tenant())
      await pause(300)
      const read = thread.progress.entries - before
      assert.ok(read < EVENTS, `${read} events were read`)
      assert.equal((await verify(thread, large)).checked, EVENTS)
    })

    test('where the thread fails, its reads fail with it, and the next one works', async () => {
      const reported: unknown[] = []
      const file = new URL('testing/crashing-log-reader.ts', import.meta.url)
      const failing = logThreadOver(log.store, { file, report: (error) => reported.push(error) })
      for (const name of ['test.exit', 'test.throw']) {
        const unavailable = { code: 'temporarily_unavailable' }
        const verified = assert.rejects(verify(failing, large), unavailable)
        await assert.rejects(outputs(failing, name, large).next(), unavailable)
        await verified
        assert.equal((await verify(failing, large)).ok, true)
      }
      assert.match(String(reported), /^Error: The thread of the test failed\.$/)
      await failing.close()
    })

    test('closing it ends its reads, and it takes no others', async () => {
      const own = logThreadOver(log.store)
      const verified = assert.rejects(verify(own, large), { code: 'temporarily_unavailable' })
      await pause(100)
      await own.close()
      await verified
      await assert.rejects(verify(own, large), { code: 'temporarily_unavailable' })
      assert.equal(own.isRunning, false)
    })

    test('where the database cannot be opened, a read says so and the thread goes on', async () => {
      const location =
        dialect === 'sqlite'
          ? { dialect, path: `${log.store.url}-nowhere` }
          : { dialect, url: log.store.url.replace(/[^/]+$/, 'nowhere') }
      const data = { location, chainKey: macKey(MASTER_KEY, 'event-chain') }
      const own = logThreadOver(log.store, { data })
      for (let round = 0; round < 2; round++) {
        await assert.rejects(verify(own, large), { code: 'temporarily_unavailable' })
        assert.equal(own.isRunning, true)
      }
      await own.close()
    })

    test('a read that it does not know is an error', async () => {
      await assert.rejects(outputs(thread, 'event.unknown', large).next(), /event\.unknown is not a read of a log/)
    })
  })
}

test('each operation that reads for long and changes nothing runs in the thread', async () => {
  const long = (await everyOperation()).filter(({ longRead, events }) => longRead && events.length === 0)
  const names = long.map(({ name }) => name)
  assert.deepEqual(names, ['event.export', 'event.verify'])
  assert.ok(names.every(isLogRead))
})

test('a server ends a verification whose caller hangs up, and stops while one is under way', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-reader-'))
  const first = await startServer({ dataDir })
  await tokenFor(await makeAdminClient(first))
  await first.stop()
  const masterKey = readFileSync(join(dataDir, 'master.key'), 'utf8').trim()
  await loadTokens(join(dataDir, 'countersign.sqlite'), masterKey, { count: TOKENS })

  const server = await startServer({ dataDir, env: { COUNTERSIGN_SHUTDOWN_GRACE_SECONDS: '1' } })
  const figure = async (name: string) => {
    const text = await (await fetch(`${server.adminUrl}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  }
  const hangUp = new AbortController()
  const verify = (signal?: AbortSignal) =>
    fetch(`${server.adminUrl}/v1/events/verify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.adminKey}` },
      ...(signal && { signal }),
    }).then(
      ({ status }) => status,
      () => 'no answer',
    )
  const hungUp = verify(hangUp.signal)
  await until(async () => (await figure('countersign_log_read_entries_total')) > 0)
  assert.equal(await figure('countersign_log_reads'), 1)
  hangUp.abort()
  assert.equal(await hungUp, 'no answer')
  await until(async () => (await figure('countersign_log_reads')) === 0)
  await pause(300)
  assert.ok((await figure('countersign_log_read_entries_total')) < TOKENS, 'it did not go on')

  const exported = await fetch(`${server.adminUrl}/api/v1/audit-logs/export`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' }),
  })
  assert.equal(exported.status, 200)
  const cutOff = verify()
  await until(async () => (await figure('countersign_log_reads')) === 2)
  const started = performance.now()
  assert.equal(await server.stop(), 0)
  assert.ok(performance.now() - started < 15_000)
  assert.equal(await cutOff, 503)
  await assert.rejects(exported.text(), 'an export that broke off does not seem to be complete')
  assert.ok(!server.output().includes(masterKey.slice(0, 20)), 'the master key is in no line')
  rmSync(dataDir, { recursive: true })
})
