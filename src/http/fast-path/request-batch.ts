// Owns the batches of requests that arrive together: they are worked on together, and their replies leave together
// (decisions/0035). Each step then finds its code and data in the processor's caches, and a waiting reader wakes once.
import type { ServerResponse } from 'node:http'

/** How many requests a batch has at most; in a larger one the first would wait too long for its reply. */
const BATCH_MAX = 64

interface ReadyReply {
  readonly response: ServerResponse
  readonly send: () => void
}

interface Gate {
  readonly opened: Promise<void>
  waiting: number
}

/** The batches of one listener's fast path. */
export class RequestBatch {
  readonly #report: (error: unknown) => void
  #gate: Gate | undefined
  #replies: ReadyReply[] = []

  /** @param report called with the error if a reply could not be sent; its connection is closed */
  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  /** Resolves when everything that arrived together with a request was read; at once if it is alone. */
  joined(): Promise<void> {
    const gate = this.#gate ?? this.#openGate()
    gate.waiting += 1
    if (gate.waiting === BATCH_MAX) this.#gate = undefined
    return gate.opened
  }

  /** Sends a reply together with the others that become ready in the same turn of the event loop. */
  reply(response: ServerResponse, send: () => void): void {
    if (this.#replies.push({ response, send }) === 1) process.nextTick(() => this.#sendAll())
  }

  #openGate(): Gate {
    const opened = new Promise<void>((resolve) => {
      setImmediate(() => {
        if (this.#gate === gate) this.#gate = undefined
        resolve()
      })
    })
    const gate: Gate = { opened, waiting: 0 }
    this.#gate = gate
    return gate
  }

  #sendAll(): void {
    const replies = this.#replies
    this.#replies = []
    for (const { response, send } of replies) {
      try {
        send()
      } catch (error) {
        // Nothing awaits this: an error would end the process.
        this.#report(error)
        response.destroy()
      }
    }
  }
}
