// Puts queries that read many rows to a thread of its own, so that the thread that serves requests is never held by one.
import type { SQLInputValue } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { OnWait } from './database.ts'
import { fromSqlite, unavailable } from './errors.ts'
import type { ReaderAnswer, ReaderQuery, ReaderSettings } from './sqlite-reader.thread.ts'

/** How many queries may wait for the thread. */
const WAITING_MAX = 200
/** Megabytes of rows and code that the thread may have. */
const HEAP_MAX = 128

interface Waiting {
  /** To be called where the thread takes it. */
  readonly taken: () => void
  readonly resolve: (rows: unknown[]) => void
  readonly reject: (error: unknown) => void
}

/** A connection to a SQLite file whose queries run on another thread, which starts with the first of them. */
export class SqliteReader implements DatabaseConnection {
  readonly #settings: ReaderSettings
  readonly #waiting = new Map<number, Waiting>()
  readonly #onWait: OnWait
  #thread: Worker | undefined
  #number = 0
  #isClosed = false

  constructor(settings: ReaderSettings, onWait: OnWait) {
    this.#settings = settings
    this.#onWait = onWait
  }

  /** @throws as {@link fromSqlite} says; Failure `temporarily_unavailable` where too many queries wait */
  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#isClosed) throw unavailable(new Error('The database is closed.'))
    if (this.#waiting.size >= WAITING_MAX) throw unavailable(new Error('Too many long reads wait for SQLite.'))
    this.#thread ??= this.#start()
    this.#number += 1
    const number = this.#number
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>()
    this.#waiting.set(number, { taken: this.#onWait('long_read'), resolve, reject })
    if (this.#waiting.size === 1) this.#waiting.get(number)?.taken()
    this.#thread.ref()
    const { sql, parameters } = query
    this.#thread.postMessage({ number, sql, parameters: parameters as SQLInputValue[] } satisfies ReaderQuery)
    return { rows: (await promise) as Row[] }
  }

  streamQuery(): never {
    throw new Error('Long reads do not stream; read pages.')
  }

  /** Waits for the statement under way and ends the thread; queries that wait fail. */
  async close(): Promise<void> {
    this.#isClosed = true
    const thread = this.#thread
    if (thread === undefined) return
    thread.ref()
    await thread.terminate()
  }

  #start(): Worker {
    const thread = new Worker(new URL('./sqlite-reader.thread.ts', import.meta.url), {
      name: 'sqlite-reader',
      workerData: this.#settings,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX },
    })
    thread.on('message', ({ number, rows, error }: ReaderAnswer) => {
      const waiting = this.#waiting.get(number)
      this.#waiting.delete(number)
      // It takes the queries in their order.
      const [next] = this.#waiting.values()
      next?.taken()
      // The thread does not keep the process alive while it has nothing to do.
      if (this.#waiting.size === 0) thread.unref()
      if (error === undefined) waiting?.resolve(rows as unknown[])
      else waiting?.reject(fromSqlite(Object.assign(new Error(error.message), error)))
    })
    const end = (error: unknown) => {
      if (this.#thread === thread) this.#thread = undefined
      for (const [number, { reject }] of this.#waiting) {
        this.#waiting.delete(number)
        reject(unavailable(error))
      }
    }
    thread.on('error', end)
    thread.on('exit', () => end(new Error('The thread for long reads ended.')))
    return thread
  }
}
