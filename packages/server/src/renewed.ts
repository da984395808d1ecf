// A value that is fetched when it is needed: one fetch at a time, and none for a while after one that failed.
import { Unavailable } from './refusal.ts'

const COOL_DOWN = 5_000

/** What a fetch gave, and how long it may be used. Times are milliseconds since 1970. */
export interface Loaded<T> {
  readonly value: T
  /** Until then it is not fetched again. */
  readonly freshUntil: number
  /** Until then it is used if it cannot be fetched again. */
  readonly usableUntil: number
}

/** A fetched value that is renewed when it is no longer fresh. */
export class Renewed<T> {
  readonly #load: (previous: T | undefined) => Promise<Loaded<T>>
  readonly #now: () => number
  #loaded: (Loaded<T> & { readonly at: number }) | undefined
  #pending: Promise<T> | undefined
  #failed: { readonly error: unknown; readonly until: number } | undefined

  /** @param load fetches the value; it is given the one before */
  constructor(load: (previous: T | undefined) => Promise<Loaded<T>>, now: () => number) {
    this.#load = load
    this.#now = now
  }

  /** The value. @throws Unavailable if it cannot be fetched, and the one before is too old */
  get(): T | Promise<T> {
    const now = this.#now()
    if (this.#loaded && now < this.#loaded.freshUntil) return this.#loaded.value
    return this.#fetched(now)
  }

  /** The value, fetched again if it is older. @param age in milliseconds. @throws Unavailable as `get` */
  youngerThan(age: number): T | Promise<T> {
    const now = this.#now()
    return this.#loaded && now - this.#loaded.at < age ? this.#loaded.value : this.#fetched(now)
  }

  #fetched(now: number): T | Promise<T> {
    if (this.#failed && now < this.#failed.until) return this.#lastOr(this.#failed.error)
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #renew(): Promise<T> {
    try {
      const at = this.#now()
      this.#loaded = { at, ...(await this.#load(this.#loaded?.value)) }
      this.#failed = undefined
      return this.#loaded.value
    } catch (error) {
      this.#failed = { error, until: this.#now() + COOL_DOWN }
      return this.#lastOr(error)
    }
  }

  #lastOr(error: unknown): T {
    if (this.#loaded && this.#now() < this.#loaded.usableUntil) return this.#loaded.value
    throw error instanceof Unavailable ? error : new Unavailable('The issuer does not respond as it should.', error)
  }
}
