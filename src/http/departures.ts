// When answers leave. Each write to a socket may wake whoever reads it, which costs more than the answer itself; answers
// that are ready at about the same time leave one right after the other, so that a reader is woken once for many.

import type { ServerResponse } from 'node:http'

/** Answers that wait for their companions; more than these do not wait longer. */
const MOST = 64

interface Departure {
  readonly response: ServerResponse
  readonly send: () => void
}

/** The answers of one listener that are served past its router. */
export class Departures {
  readonly #report: (error: unknown) => void
  #turn = 0
  #turning = false
  #ticking = false
  #waiting: Departure[] = []

  /** @param report told of an answer that could not be sent; its connection is closed */
  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  /** Notes that a request arrived. @returns the turn of the event loop, for {@link send} */
  arrival(): number {
    if (!this.#turning) {
      this.#turning = true
      setImmediate(() => {
        this.#turning = false
        this.#turn += 1
        this.#leave()
      })
    }
    return this.#turn
  }

  /**
   * Sends an answer: with the others of its turn, once all that had arrived was taken; or, where it waited for something
   * since, with those that waited for the same.
   * @param arrived what {@link arrival} said
   */
  send(arrived: number, response: ServerResponse, send: () => void): void {
    const count = this.#waiting.push({ response, send })
    if (count >= MOST) this.#leave()
    else if (arrived !== this.#turn && !this.#ticking) {
      this.#ticking = true
      process.nextTick(() => {
        this.#ticking = false
        this.#leave()
      })
    }
  }

  #leave(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { response, send } of waiting) {
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
