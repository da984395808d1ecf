// Has the tokens that were written without the lock of a chain get their places in it.
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds after which tokens get their places where nobody asked for them. */
const SOON = 50
/** Milliseconds between two looks for tokens that a process which ended has left. */
const SWEEP = 1000
/** For how many looks a tenant is left out for which somebody has put in links: they stay, and would be found each time. */
const REST = 60
/** Tenants whose chains are locked at once. */
const TENANTS = 8
/** How often a read asks again for places in a chain whose head another transaction holds, and milliseconds in between. */
const ATTEMPTS = 25
const AGAIN = 20

/** What a transaction that gives tokens their places leaves. */
export interface Placed {
  /** The tenants that may have tokens without a place yet: another transaction holds the chain, or there were many. */
  readonly unplaced: readonly string[]
  /** The tenants for which somebody has put in links, which get no place. */
  readonly forged: readonly string[]
}

export interface PlacerOptions {
  /** The tenants that have tokens without a place. @param among only of these; undefined for all */
  readonly find: (among?: readonly string[]) => Promise<string[]>
  /** Gives the tokens of tenants their places, in one transaction. It waits for no lock, and reports where it fails. */
  readonly place: (tenantIds: readonly string[]) => Promise<Placed>
}

const NOTHING: Placed = { unplaced: [], forged: [] }

/**
 * Gives tokens their places: some moments after they were issued, and before a log is read. One transaction of a process
 * does it at a time, whoever asks, so that a chain that somebody holds keeps no connection from others.
 */
export class PostgresPlacer {
  readonly #options: PlacerOptions
  #noted = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #sweep: NodeJS.Timeout | undefined
  /** What is asked of the next round, which begins after the one under way. */
  #asked = new Set<string>()
  #next: Promise<ReadonlySet<string>> | undefined
  #running: Promise<unknown> = Promise.resolve()
  #isLooking = false
  /** The tenants that are left out of looks, and of how many. */
  readonly #resting = new Map<string, number>()
  #stopped = false

  constructor(options: PlacerOptions) {
    this.#options = options
  }

  /** Begins to look for what ended processes have left. */
  start(): void {
    this.#sweep = setInterval(() => void this.#look(), SWEEP)
    this.#sweep.unref()
  }

  /** Notes that tenants have tokens without a place. */
  note(tenantIds: readonly string[]): void {
    for (const tenantId of tenantIds) this.#noted.add(tenantId)
    if (this.#timer !== undefined || this.#noted.size === 0 || this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#placeNoted()
    }, SOON)
    this.#timer.unref()
  }

  /** Waits until what was committed before has its place, but not for long where another transaction holds the chain. Does not throw. */
  async settle(among?: readonly string[]): Promise<void> {
    let left = await this.#found(among)
    for (let attempt = 0; left.length > 0; attempt++) {
      const unplaced = await this.#ask(left)
      left = left.filter((tenantId) => unplaced.has(tenantId))
      if (left.length === 0 || attempt === ATTEMPTS || this.#stopped) return
      await pause(AGAIN)
    }
  }

  /** Gives what this process has committed its places. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#sweep)
    await this.#placeNoted()
  }

  /** One look at a time. */
  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    for (const [tenantId, looks] of this.#resting) {
      if (looks === 0) this.#resting.delete(tenantId)
      else this.#resting.set(tenantId, looks - 1)
    }
    const found = (await this.#found()).filter((tenantId) => !this.#resting.has(tenantId))
    if (!this.#stopped) await this.#ask(found)
    this.#isLooking = false
  }

  /** What fails is tried again by the next look, and a log can be read without its newest tokens. */
  async #found(among?: readonly string[]): Promise<string[]> {
    return this.#options.find(among).catch(() => [])
  }

  #placeNoted(): Promise<unknown> {
    const tenantIds = [...this.#noted]
    this.#noted = new Set()
    return this.#ask(tenantIds)
  }

  /** Has the next round place the tokens of tenants. @returns which of its tenants may have some left */
  #ask(tenantIds: readonly string[]): Promise<ReadonlySet<string>> {
    for (const tenantId of tenantIds) this.#asked.add(tenantId)
    if (this.#next === undefined) {
      const before = this.#running
      this.#next = (async () => {
        await before
        return this.#round()
      })()
      this.#running = this.#next
    }
    return this.#next
  }

  /** Never rejects. */
  async #round(): Promise<ReadonlySet<string>> {
    const tenantIds = [...this.#asked]
    this.#asked = new Set()
    this.#next = undefined
    const left = new Set<string>()
    for (let start = 0; start < tenantIds.length; start += TENANTS) {
      // Where it fails, others may still get their places; the next look tries these again.
      const asked = tenantIds.slice(start, start + TENANTS)
      const { unplaced, forged } = await this.#options.place(asked).catch(() => NOTHING)
      for (const tenantId of unplaced) left.add(tenantId)
      for (const tenantId of forged) this.#resting.set(tenantId, REST)
    }
    return left
  }
}
