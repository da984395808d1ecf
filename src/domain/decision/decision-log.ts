// Keeps the newest decisions of this process in memory. Whoever is refused has not authenticated, so each realm has its own
// share, and in it those who name a client that does not exist have one of their own.
import type { Clock, Random } from '../outside.ts'
import { DECISION_KEPT, type Decision } from './decision.ts'
import { PROCESS_NAME, readRequestId, requestIds } from './request-id.ts'

/** How many decisions a process keeps in all: at most about 4 MB. */
const ALL_MAX = 4096
/** How many of one realm, about clients that it has, and about others. */
const SHARES = { known: 256, unknown: 64 } as const
/** How many of one error of one client from one network in a share; a further one replaces their oldest. */
const ALIKE_MAX = 16
/** How many from one network in a share; a further one replaces their oldest. */
const NETWORK_MAX = { known: 64, unknown: 32 } as const

type Share = Map<string, Decision>

/** Where there is no decision: it is too old, is another process’s, or is not kept. */
export type Missing = 'expired' | 'other_process' | 'not_kept' | 'malformed'

/** The decisions of one process. */
export class DecisionLog {
  /** The name of the process, with which the ids of its requests begin. */
  readonly process: string
  /** Makes the id of a request. */
  readonly nextId: () => string
  readonly #clock: Pick<Clock, 'now'>
  /** By realm and kind, oldest first. */
  readonly #shares = new Map<string, Share>()
  /** In which share a decision is. */
  readonly #places = new Map<string, string>()

  constructor({ clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Pick<Random, 'text'> }) {
    this.#clock = clock
    this.process = random.text(PROCESS_NAME.length, PROCESS_NAME.alphabet)
    this.nextId = requestIds(clock, this.process)
  }

  /** Keeps a decision. */
  note(decision: Decision): void {
    const kind = decision.isKnown ? 'known' : 'unknown'
    const place = `${decision.realmId} ${kind}`
    const share: Share = this.#shares.get(place) ?? new Map()
    this.#dropExpiredOf(share)
    const near = [...share.values()].filter(({ network }) => network === decision.network)
    const alike = near.filter((each) => isAlike(each, decision))
    const [oldest] =
      alike.length >= ALIKE_MAX
        ? alike
        : near.length >= NETWORK_MAX[kind]
          ? near
          : share.size >= SHARES[kind]
            ? share.values()
            : []
    if (oldest) this.#drop(oldest.id)
    else if (this.#places.size >= ALL_MAX) this.#dropFromLargest()
    share.set(decision.id, decision)
    this.#shares.set(place, share)
    this.#places.set(decision.id, place)
  }

  /** The decision about a request, or why there is none. */
  find(id: string): Decision | Missing {
    const decision = this.#shares.get(this.#places.get(id) ?? '')?.get(id)
    const now = this.#clock.now()
    if (decision && now - decision.at < DECISION_KEPT) return decision
    if (decision) this.#drop(id)
    const read = readRequestId(id)
    if (!read) return 'malformed'
    if (now - read.at >= DECISION_KEPT) return 'expired'
    return read.process === this.process ? 'not_kept' : 'other_process'
  }

  /** Drops the decisions that have been kept long enough. */
  dropExpired(): void {
    for (const share of [...this.#shares.values()]) this.#dropExpiredOf(share)
  }

  /** How many decisions are kept. */
  get size(): number {
    return this.#places.size
  }

  #dropExpiredOf(share: Share): void {
    const now = this.#clock.now()
    for (const { id, at } of share.values()) {
      if (now - at < DECISION_KEPT) return
      this.#drop(id)
    }
  }

  #drop(id: string): void {
    const place = this.#places.get(id) ?? ''
    const share = this.#shares.get(place)
    share?.delete(id)
    if (share?.size === 0) this.#shares.delete(place)
    this.#places.delete(id)
  }

  #dropFromLargest(): void {
    const shares = [...this.#shares.values()]
    const largest = shares.reduce((one, other) => (other.size > one.size ? other : one))
    const [oldest] = largest.values()
    if (oldest) this.#drop(oldest.id)
  }
}

function isAlike(one: Decision, other: Decision): boolean {
  return one.network === other.network && one.clientId === other.clientId && one.error === other.error
}
