// Keeps what a database suffers from, tells the operator once, and finds out when it is over.
import type { Trouble } from './database.ts'
import { TroubleError, unavailable } from './errors.ts'

export interface ConditionOptions {
  /** The sentence for the operator about each trouble. */
  readonly words: Readonly<Partial<Record<Trouble, string>>>
  /** The sentence for the operator where it is over. */
  readonly over: string
  /** Whether the database writes again, found out by writing. A rejection means that it does not. */
  readonly probe: (trouble: Trouble) => Promise<boolean>
  readonly report: (error: unknown) => void
}

/** Milliseconds between two probes. */
const PROBE_EVERY = 500

/**
 * The condition of a database. A write that succeeds proves nothing: on a full disk, a small one may still find room. So
 * only a probe ends a trouble, and it needs no request: none is sent to a server that is not ready.
 */
export class Condition {
  readonly #options: ConditionOptions
  #trouble: Trouble | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: ConditionOptions) {
    this.#options = options
  }

  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /** Records a problem, which is logged once. */
  enter(trouble: Trouble): void {
    if (this.#trouble === trouble || this.#stopped) return
    this.#trouble = trouble
    this.#options.report(this.#errorOf(trouble))
    clearTimeout(this.#timer)
    this.#probeLater()
  }

  /** The trouble is over, if the database suffers from it. */
  leave(trouble: Trouble): void {
    if (this.#trouble !== trouble) return
    this.#trouble = undefined
    clearTimeout(this.#timer)
    this.#options.report(new Error(this.#options.over))
  }

  /** @throws Failure `temporarily_unavailable` while there is a trouble */
  mustBeGood(): void {
    if (this.#trouble === undefined) return
    throw unavailable(this.#errorOf(this.#trouble))
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #errorOf(trouble: Trouble): TroubleError {
    return new TroubleError(trouble, this.#options.words[trouble] ?? trouble)
  }

  #probeLater(): void {
    this.#timer = setTimeout(() => void this.#probe(), PROBE_EVERY)
    this.#timer.unref()
  }

  async #probe(): Promise<void> {
    const trouble = this.#trouble
    if (trouble === undefined) return
    const isOver = await this.#options.probe(trouble).catch(() => false)
    if (isOver) this.leave(trouble)
    else if (this.#trouble === trouble && !this.#stopped) this.#probeLater()
  }
}
