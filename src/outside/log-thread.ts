// Runs reads of logs in a thread of its own, which is there only while there are any.
import { Worker, type WorkerOptions } from 'node:worker_threads'
import type { LogRead, LogReads } from '#domain/outside.ts'
import { Failure } from '#kernel/error.ts'
import { type FromThread, fromThrown, type ToThread } from './log-thread-messages.ts'
import { brokenOff } from './pace.ts'

/** Milliseconds without a read after which the thread ends. */
const IDLE = 10_000
/** Megabytes. A read holds some thousand rows; a thread that takes more ends, and the server goes on. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 } as const

export interface LogThreadOptions {
  /** The file that the thread runs, and what it is started with. */
  readonly file: URL
  readonly data: WorkerOptions['workerData']
  /** Called with the error that ended the thread. */
  readonly report: (error: unknown) => void
  /** Milliseconds without a read after which the thread ends; 10,000 by default. */
  readonly idle?: number
}

/**
 * The thread that reads logs. It is started by the first read, and ends some seconds after the last one. If it fails, the
 * reads that it ran fail, and the next one starts another thread.
 */
export class LogThread implements LogReads {
  readonly #options: LogThreadOptions
  readonly #reads = new Map<number, Inbox>()
  #worker: Worker | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #started = 0
  #entries = 0
  #isClosed = false

  constructor(options: LogThreadOptions) {
    this.#options = options
  }

  /** The number of reads under way, and of the entries that all reads so far have read. */
  get progress(): { readonly reads: number; readonly entries: number } {
    return { reads: this.#reads.size, entries: this.#entries }
  }

  /** Whether the thread is there. */
  get isRunning(): boolean {
    return this.#worker !== undefined
  }

  async *outputs(read: LogRead, signal: AbortSignal): AsyncGenerator<unknown> {
    if (this.#isClosed) throw new Failure('temporarily_unavailable')
    if (signal.aborted) throw brokenOff(signal)
    const id = ++this.#started
    const inbox = new Inbox()
    const abort = () => inbox.fail(brokenOff(signal))
    signal.addEventListener('abort', abort, { once: true })
    clearTimeout(this.#idleTimer)
    this.#worker ??= this.#start()
    const worker = this.#worker
    const send = (message: ToThread) => worker.postMessage(message)
    this.#reads.set(id, inbox)
    let isOver = false
    try {
      send({ id, read })
      while (!isOver) {
        const message = await inbox.take()
        isOver = 'thrown' in message || message.isLast
        if ('thrown' in message) throw fromThrown(message.thrown)
        // The next outputs are read while these are sent.
        if (!isOver) send({ id, next: true })
        yield* message.outputs
      }
    } finally {
      signal.removeEventListener('abort', abort)
      this.#reads.delete(id)
      if (!isOver) send({ id, cancel: true })
      if (this.#reads.size === 0) this.#endSoon()
    }
  }

  /** Ends the thread and the reads that it runs. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#failAll()
    await this.#end()
  }

  #start(): Worker {
    const { file, data, report } = this.#options
    const worker = new Worker(file, { workerData: data, resourceLimits: MEMORY })
    worker.on('message', (message: FromThread) => {
      if ('entries' in message) this.#entries += message.entries
      else this.#reads.get(message.id)?.put(message)
    })
    worker.on('error', report)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#failAll()
    })
    // It does not keep the process running.
    worker.unref()
    return worker
  }

  #failAll(): void {
    for (const inbox of this.#reads.values()) inbox.fail(new Failure('temporarily_unavailable'))
  }

  #endSoon(): void {
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => this.#end(), this.#options.idle ?? IDLE)
    this.#idleTimer.unref()
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idleTimer)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}

type Answer = Exclude<FromThread, { readonly entries: number }>

/** What a read got from the thread and did not take yet. After a failure, it gives nothing else. */
class Inbox {
  readonly #answers: Answer[] = []
  #failure: Failure | undefined
  #wake: (() => void) | undefined

  put(answer: Answer): void {
    this.#answers.push(answer)
    this.#wake?.()
  }

  fail(failure: Failure): void {
    this.#failure ??= failure
    this.#wake?.()
  }

  async take(): Promise<Answer> {
    for (;;) {
      if (this.#failure) throw this.#failure
      const answer = this.#answers.shift()
      if (answer) return answer
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
