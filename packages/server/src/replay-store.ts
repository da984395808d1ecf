// Remembers which DPoP proofs were used, so that none is used twice (RFC 9449 §11.1).

/** Where used proofs are remembered. Several processes share one, for example Redis with `SET … NX PXAT …`. */
export interface ReplayStore {
  /**
   * Remembers a key, at once for all processes.
   * @param expiresAt milliseconds since 1970, after which it may be forgotten
   * @returns whether it was new
   */
  add(key: string, expiresAt: number): boolean | Promise<boolean>
}

const TURN = 1_000

/** Remembers used proofs in the memory of this process. It refuses new ones when it is full of ones that are still valid. */
export class MemoryReplayStore implements ReplayStore {
  readonly #capacity: number
  readonly #now: () => number
  readonly #expiries = new Map<string, number>()
  #swept = 0

  constructor({ capacity = 1_000_000, now = Date.now }: { capacity?: number; now?: () => number } = {}) {
    this.#capacity = capacity
    this.#now = now
  }

  add(key: string, expiresAt: number): boolean {
    this.#sweep()
    if (this.#expiries.has(key) || this.#expiries.size >= this.#capacity) return false
    this.#expiries.set(key, expiresAt)
    return true
  }

  // Keys expire nearly in the order in which they came, so the first that is valid ends a turn.
  #sweep(): void {
    const now = this.#now()
    if (now - this.#swept < TURN) return
    this.#swept = now
    for (const [key, expiresAt] of this.#expiries) {
      if (expiresAt > now) return
      this.#expiries.delete(key)
    }
  }
}
