// Has the tokens that were written without the lock of a chain get their places in it.

/** Milliseconds after which tokens get their places where nobody asked for them. */
const SOON = 50
/** Milliseconds between two looks for tokens that a process which ended has left. */
const SWEEP = 1000
/** Tenants whose chains are locked at once. */
const TENANTS = 100

export interface PlacerOptions {
  /** The tenants that have tokens without a place. @param among only of these; undefined for all */
  readonly find: (among?: readonly string[]) => Promise<string[]>
  /** Gives the tokens of tenants their places, in one transaction. It reports where it fails. */
  readonly place: (tenantIds: readonly string[]) => Promise<void>
}

/** Gives tokens their places: some moments after they were issued, and before a log is read. */
export class PostgresPlacer {
  readonly #options: PlacerOptions
  #noted = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #sweep: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: PlacerOptions) {
    this.#options = options
  }

  /** Begins to look for what ended processes have left. */
  start(): void {
    this.#sweep = setInterval(() => void quietly(this.#placeAll()), SWEEP)
    this.#sweep.unref()
  }

  /** Notes that tokens of tenants were committed. */
  note(tenantIds: readonly string[]): void {
    for (const tenantId of tenantIds) this.#noted.add(tenantId)
    if (this.#timer !== undefined || this.#noted.size === 0 || this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void quietly(this.#placeNoted())
    }, SOON)
    this.#timer.unref()
  }

  /** Waits until what was committed before has its place. Does not throw. */
  async settle(tenantIds?: readonly string[]): Promise<void> {
    await quietly(this.#placeAll(tenantIds))
  }

  /** Gives what this process has committed its places. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#sweep)
    await quietly(this.#running)
    await quietly(this.#placeNoted())
  }

  async #placeAll(among?: readonly string[]): Promise<void> {
    await this.#place(await this.#options.find(among))
  }

  #placeNoted(): Promise<void> {
    const tenantIds = [...this.#noted].sort()
    this.#noted = new Set()
    this.#running = this.#place(tenantIds)
    return this.#running
  }

  async #place(tenantIds: readonly string[]): Promise<void> {
    for (let start = 0; start < tenantIds.length; start += TENANTS) {
      await this.#options.place(tenantIds.slice(start, start + TENANTS))
    }
  }
}

/** What fails is tried again by the next look, and a log can be read without its newest tokens. */
async function quietly(work: Promise<void>): Promise<void> {
  await work.catch(() => {})
}
