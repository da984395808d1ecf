// Runs reads inside the thread that reads logs, and sends what they output.
import { platform, setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { MessagePort } from 'node:worker_threads'
import type { LogRead } from '#domain/outside.ts'
import type { Reading } from '#kernel/operation.ts'
import { type FromThread, type ToThread, toThrown } from './log-thread-messages.ts'

/** Outputs in one message, at most. */
const OUTPUTS = 100
/** Milliseconds between two messages that tell how far a read is. */
const PROGRESS_EVERY = 200
/** The thread's place among the others, from 0 to 19: the system lets them work first. */
const NICE = 10

type Run = (read: LogRead, reading: Reading) => AsyncIterable<unknown>

/**
 * Runs the reads that messages on a port ask for, several at a time in turns.
 * @param run starts a read
 */
export function serveLogReads(port: MessagePort, run: Run): void {
  const running = new Map<number, Task>()
  port.on('message', (message: ToThread) => {
    if ('cancel' in message) running.get(message.id)?.cancel()
    else if ('next' in message) running.get(message.id)?.allow()
    else {
      const task = new Task(message.id, port)
      running.set(message.id, task)
      void task.run(run, message.read).then(() => running.delete(message.id))
    }
  })
}

/** Lets all other threads of the process work first. Only Linux gives each thread a priority of its own. */
export function lowerPriority(): void {
  if (platform() !== 'linux') return
  try {
    setPriority(NICE)
  } catch {
    // Where it may not be lowered, the thread works as the others.
  }
}

class Cancelled extends Error {}

class Task implements Reading {
  readonly #id: number
  readonly #port: MessagePort
  #isCancelled = false
  /** How many messages with outputs may be sent now. */
  #allowed = 1
  #wake: (() => void) | undefined
  #entries = 0
  #postedAt = performance.now()

  constructor(id: number, port: MessagePort) {
    this.#id = id
    this.#port = port
  }

  /** Runs the read to its end. Does not throw. */
  async run(run: Run, read: LogRead): Promise<void> {
    try {
      let outputs: unknown[] = []
      for await (const output of run(read, this)) {
        outputs.push(output)
        if (outputs.length < OUTPUTS) continue
        await this.#send(outputs, false)
        outputs = []
      }
      this.#postProgress()
      await this.#send(outputs, true)
    } catch (error) {
      if (!(error instanceof Cancelled)) this.#post({ id: this.#id, thrown: toThrown(error) })
    }
  }

  cancel(): void {
    this.#isCancelled = true
    this.#wake?.()
  }

  allow(): void {
    this.#allowed += 1
    this.#wake?.()
  }

  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    if (this.#isCancelled) throw new Cancelled()
  }

  progress(entries: number): void {
    this.#entries += entries
    if (performance.now() - this.#postedAt >= PROGRESS_EVERY) this.#postProgress()
  }

  #postProgress(): void {
    this.#postedAt = performance.now()
    this.#post({ id: this.#id, entries: this.#entries })
    this.#entries = 0
  }

  async #send(outputs: readonly unknown[], isLast: boolean): Promise<void> {
    while (this.#allowed === 0 && !this.#isCancelled) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#isCancelled) throw new Cancelled()
    this.#allowed -= 1
    this.#post({ id: this.#id, outputs, isLast })
  }

  #post(message: FromThread): void {
    this.#port.postMessage(message)
  }
}
