// Counts refusals in memory and writes the sums. Nobody has authenticated for them, so the rows of a minute are bounded,
// however many addresses and names the callers have.
import { printable } from '#kernel/shown-text.ts'
import type { Services } from '../open-context.ts'
import { networkOf } from '../sign-in/sign-in-limits.ts'
import { addRefusals } from './refusal.store.ts'
import { CLIENT_ID_MAX, MINUTE, type Refusals, STRANGER_REASONS } from './refusal.ts'

/** How many rows of a minute a process writes for clients that exist, for those that do not, and for what is beyond. */
const ROWS_MAX = { known: 100, unknown: 50, rest: 50 }

/** One refusal. */
export interface Refused extends Pick<Refusals, 'tenantId' | 'realmId' | 'error' | 'reason'> {
  /** As the caller sent it. */
  readonly clientId: string | undefined
  readonly ip: string | null
}

type Pool = keyof typeof ROWS_MAX

/** The refusals of one process that are not written yet. */
export class RefusalCounter {
  readonly #services: Pick<Services, 'database' | 'clock' | 'random'>
  #minute = 0
  /** Of this minute: the id of each row and what was added since the last write. */
  #rows = new Map<string, { row: Omit<Refusals, 'count'>; count: number }>()
  #sizes: Record<Pool, number> = { known: 0, unknown: 0, rest: 0 }

  constructor(services: Pick<Services, 'database' | 'clock' | 'random'>) {
    this.#services = services
  }

  /** Counts a refusal. What is beyond the rows of the minute is counted together. */
  count(refused: Refused): void {
    const now = this.#services.clock.now()
    const minute = now - (now % MINUTE)
    if (minute !== this.#minute) {
      // What cannot be written is lost: a refusal must not wait for the database.
      this.flush().catch(() => {})
      this.#minute = minute
      this.#rows = new Map()
      this.#sizes = { known: 0, unknown: 0, rest: 0 }
    }
    const { clientId = '', ip, ...place } = refused
    const own = {
      ...place,
      minute,
      clientId: printable(clientId, CLIENT_ID_MAX).replace(/[^\x20-\x7e]/g, '?'),
      network: networkOf(ip),
    }
    const pool = STRANGER_REASONS.has(place.reason) ? 'unknown' : 'known'
    if (this.#add(own, pool)) return
    this.#add({ ...own, clientId: '', network: '', reason: 'other' }, 'rest')
  }

  /** Writes what was counted since the last write. */
  async flush(): Promise<void> {
    const counted = [...this.#rows.values()].filter(({ count }) => count > 0)
    if (counted.length === 0) return
    const refusals = counted.map(({ row, count }) => ({ ...row, count }))
    for (const entry of counted) entry.count = 0
    await this.#services.database.write((connection) => addRefusals(connection, refusals))
  }

  #add(row: Omit<Refusals, 'count' | 'id'>, pool: Pool): boolean {
    const key = JSON.stringify(row)
    const known = this.#rows.get(key)
    if (known) {
      known.count += 1
      return true
    }
    if (this.#sizes[pool] >= ROWS_MAX[pool]) return false
    this.#sizes[pool] += 1
    this.#rows.set(key, { row: { ...row, id: this.#services.random.id() }, count: 1 })
    return true
  }
}
