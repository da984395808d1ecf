// Verifies logs of tests as requests do: on the thread of the test, and in the thread that reads logs.
import assert from 'node:assert/strict'
import { locationOf } from '#database/database-url.ts'
import type { Context } from '#domain/context.ts'
import { eventVerify } from '#domain/event/event.operations.ts'
import type { Verification, VerifyRange } from '#domain/event/event.ts'
import { macKey } from '#outside/derived-key.ts'
import { LogThread, type LogThreadOptions } from '#outside/log-thread.ts'
import type { TestStore } from './databases.ts'
import { MASTER_KEY } from './services.ts'

const READER = new URL('../log-reader.ts', import.meta.url)

/** The thread that reads logs over a database of a test. */
export function logThreadOver(store: TestStore, options: Partial<LogThreadOptions> = {}): LogThread {
  const data = { location: locationOf(store.url), chainKey: macKey(MASTER_KEY, 'event-chain') }
  return new LogThread({ file: READER, data, report: () => {}, ...options })
}

export interface Verifier {
  /** Verifies a tenant's log on this thread and in the other one, which must find the same. */
  verify(context: Context, range?: VerifyRange): Promise<Verification>
  close(): Promise<void>
}

/** Opens what verifies the logs in a database. */
export function openVerifier(store: TestStore): Verifier {
  const thread = logThreadOver(store, { report: console.error })
  return {
    async verify(context, range = {}) {
      const read = { name: 'event.verify', tenantId: context.scope.tenantId, input: range }
      const [here, there] = await Promise.all([
        eventVerify.run(context, range),
        firstOf(thread.outputs(read, new AbortController().signal)),
      ])
      assert.deepEqual([there.ok, there.firstBad], [here.ok, here.firstBad], 'both threads find the same')
      return here
    },
    close: () => thread.close(),
  }
}

async function firstOf(outputs: AsyncIterable<unknown>): Promise<Verification> {
  for await (const output of outputs) return output as Verification
  throw new Error('The verification had no output.')
}
