// The thread that reads logs: verifies and exports logs with connections of its own, which only read.
import type { KeyObject } from 'node:crypto'
import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type { Location } from '#database/database-url.ts'
import { unavailable } from '#database/errors.ts'
import { openReader } from '#database/reader.ts'
import { eventStore } from '#domain/event/event.store.ts'
import { eventPurgeStore } from '#domain/event/event-purge.store.ts'
import { runLogRead } from '#domain/log-reads.ts'
import type { LogRead } from '#domain/outside.ts'
import type { Reading } from '#kernel/operation.ts'
import { macWith } from '#outside/derived-key.ts'
import { lowerPriority, serveLogReads } from '#outside/log-thread-work.ts'

/** What the thread is started with. */
export interface ReaderData {
  readonly location: Location
  /** The key of the chain of events. The master key stays in the main thread. */
  readonly chainKey: KeyObject
}

const { location, chainKey } = workerData as ReaderData

async function* run({ name, tenantId, input }: LogRead, reading: Reading): AsyncGenerator<unknown> {
  const reader = await openReader(location).catch((error) => {
    throw unavailable(error)
  })
  try {
    const { read } = reader
    const stores = { events: eventStore(read, tenantId), eventPurges: eventPurgeStore(read, tenantId) }
    const crypto = { mac: (_purpose: string, text: string) => macWith(chainKey, text) }
    yield* runLogRead(name, { read: stores, crypto }, input, reading)
  } finally {
    await reader.close()
  }
}

// A sudden end of the thread would lose what was compiled.
flushCompileCache()
lowerPriority()
if (parentPort) serveLogReads(parentPort, run)
