// Owns the work that replies leave for later: when it starts, and that none is lost when the server stops.
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '#kernel/error.ts'
import type { Log } from '#outside/log.ts'

/** Milliseconds after which a reply has left. */
const AFTER_REPLY = 20
/** How long a stop waits for work that does not end, in milliseconds. */
const LONGEST = 10_000

/** The work after replies that is not done yet. */
export class AfterReply {
  readonly #log: Pick<Log, 'warn' | 'error'>
  readonly #stopping: AbortSignal
  readonly #pending = new Set<Promise<void>>()

  /** @param stopping aborted when the server stops: work then starts at once */
  constructor(log: Pick<Log, 'warn' | 'error'>, stopping: AbortSignal) {
    this.#log = log
    this.#stopping = stopping
  }

  /** Does work in a turn of the event loop after the one in which the reply is sent. It may fail. */
  add(work: () => Promise<void>): void {
    const pending = this.#run(work).finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }

  /** Waits until all work is done, or does not end. */
  async settle(): Promise<void> {
    const given = new AbortController()
    const end = wait(LONGEST, undefined, { signal: given.signal }).catch(() => {})
    while (this.#pending.size > 0) {
      const all = Promise.all(this.#pending).then(() => true)
      if (await Promise.race([all, end])) continue
      this.#log.warn('Work after replies was given up, because the server stops.', { works: this.#pending.size })
      break
    }
    given.abort()
  }

  async #run(work: () => Promise<void>): Promise<void> {
    await wait(AFTER_REPLY, undefined, { signal: this.#stopping }).catch(() => {})
    try {
      await work()
    } catch (error) {
      if (error instanceof Failure) this.#log.warn('The work after a reply was not done.', { error: error.code })
      else this.#log.error('The work after a reply failed.', error)
    }
  }
}
