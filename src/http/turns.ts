// Requests that arrive together are worked on together, and their answers leave together (decisions/0035): each step
// finds its code and its data in the caches where the request before left them, and a sleeping reader is woken once.

import type { ServerResponse } from 'node:http'

/** How many requests are begun at once; with more, the first would wait for its answer until the last has one. */
const MOST = 64

interface Answer {
  readonly response: ServerResponse
  readonly send: () => void
}

interface Gate {
  readonly opened: Promise<void>
  waiting: number
}

/** The requests that one listener serves past its router. */
export class Turns {
  readonly #report: (error: unknown) => void
  #gate: Gate | undefined
  #answers: Answer[] = []

  /** @param report told of an answer that could not be sent; its connection is closed */
  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  /** Resolves once everything was read that had arrived with a request: at once where it is alone. */
  gathered(): Promise<void> {
    const gate = this.#gate ?? this.#raise()
    gate.waiting += 1
    if (gate.waiting === MOST) this.#gate = undefined
    return gate.opened
  }

  /** Sends an answer right after those that became ready before it without anything having been waited for in between. */
  answer(response: ServerResponse, send: () => void): void {
    if (this.#answers.push({ response, send }) === 1) process.nextTick(() => this.#leave())
  }

  #raise(): Gate {
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

  #leave(): void {
    const answers = this.#answers
    this.#answers = []
    for (const { response, send } of answers) {
      try {
        send()
      } catch (error) {
        // Nobody waits for this: what is thrown would end the process.
        this.#report(error)
        response.destroy()
      }
    }
  }
}
