// The circuit breaker of an upstream: while it fails, requests are refused at once instead of waiting for it.
import type { Clock } from '#domain/outside.ts'

export type BreakerState = 'closed' | 'open' | 'half_open'

export interface BreakerOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Failures in a row that open it. */
  readonly failures: number
  /** Milliseconds until one request is tried again. */
  readonly rest: number
}

/** Successes in a row that close it after it was open: the first one makes it half open. */
const SUCCESSES = 2

/** Counts the failures of one upstream. */
export class Breaker {
  readonly #options: BreakerOptions
  #state: BreakerState = 'closed'
  #failures = 0
  #successes = 0
  #openedAt = 0
  #trying = false
  lastCheckAt: number | null = null
  lastLatency = 0
  lastStatus = 0

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  get state(): BreakerState {
    return this.#state
  }

  get failures(): number {
    return this.#failures
  }

  /** Seconds until the next try; for `Retry-After`. */
  get retryAfter(): number {
    const { clock, rest } = this.#options
    return Math.max(1, Math.ceil((this.#openedAt + rest - clock.now()) / 1000))
  }

  /** Whether a request may go to the upstream now. While it is not closed, one at a time may, to try. */
  admit(): boolean {
    if (this.#state === 'closed') return true
    if (this.#trying) return false
    const { clock, rest } = this.#options
    if (this.#state === 'open' && clock.now() < this.#openedAt + rest) return false
    this.#trying = true
    return true
  }

  /** The upstream answered. @param status of its response @param milliseconds until its head */
  succeeded(status: number, milliseconds: number): void {
    this.#checked(status, milliseconds)
    this.#failures = 0
    if (this.#state === 'closed') return
    this.#successes += 1
    this.#state = this.#successes >= SUCCESSES ? 'closed' : 'half_open'
  }

  /** The upstream could not be reached, or did not answer in time. @param status 0 where there was no response */
  failed(status: number, milliseconds: number): void {
    this.#checked(status, milliseconds)
    this.#failures += 1
    this.#successes = 0
    if (this.#state === 'closed' && this.#failures < this.#options.failures) return
    this.#state = 'open'
    this.#openedAt = this.#options.clock.now()
  }

  /** The request that tried ended without telling anything of the upstream. */
  gaveUp(): void {
    this.#trying = false
  }

  #checked(status: number, milliseconds: number): void {
    this.#trying = false
    this.lastCheckAt = this.#options.clock.now()
    this.lastLatency = Math.round(milliseconds)
    this.lastStatus = status
  }
}
