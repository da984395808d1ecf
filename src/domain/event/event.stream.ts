// Streams events as they happen. New events are served from memory. Older events are read from the log; so are all
// events if the follower is slow or several processes share the database. No event is lost, and the memory per follower
// is bounded.
import type { Commit } from '#database/database.ts'
import type { Context } from '../context.ts'
import type { EventStore } from './event.store.ts'
import { type Event, type EventFilter, matches } from './event.ts'
import { toEvent } from './event-row.store.ts'

const PAGE = 200
/** The maximum number of events in memory per follower; a slower follower reads from the log. */
const QUEUE_MAX = 1000

export interface FollowOptions {
  /** Calls a listener after each commit. Returns a function that ends this. */
  readonly subscribe: (listener: (commit: Commit) => void) => () => void
  readonly filter?: EventFilter
  /** The event to begin after, including missed events; without it the stream begins with the next event. */
  readonly afterSeq?: number | undefined
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Yields the events of the context’s tenant that match a filter, in the order of the chain, each once, as they happen.
 * The stream ends when the signal aborts. If the caller stops iterating while the stream waits, it ends at the next
 * event.
 */
export async function* followEvents(
  { read, scope }: Pick<Context, 'read' | 'scope'>,
  { subscribe, filter = {}, afterSeq, signal }: FollowOptions,
): AsyncGenerator<Event, void> {
  const inbox = new Inbox(scope.tenantId)
  const unsubscribe = subscribe((commit) => inbox.onCommit(commit))
  const close = () => inbox.close()
  signal?.addEventListener('abort', close)
  if (signal?.aborted) close()
  try {
    let last = afterSeq ?? (await read.events.head()).seq
    while (!inbox.closed) {
      for (const event of inbox.takeAfter(last) ?? (await readLog(read.events, inbox, last))) {
        last = event.seq
        if (matches(event, filter)) yield event
        if (inbox.closed) return
      }
      await inbox.waitForEvents(last)
    }
  } finally {
    signal?.removeEventListener('abort', close)
    unsubscribe()
  }
}

async function readLog(events: EventStore, inbox: Inbox, last: number): Promise<Event[]> {
  inbox.expect()
  const page = await events.after(last, PAGE)
  if (page.length === PAGE) inbox.miss()
  return page
}

/** The queue of one follower: events to yield, or the fact that the log must be read. */
class Inbox {
  readonly #tenantId: string
  #queue: Event[] = []
  /** Whether the log has events that the queue does not have. */
  #missed = true
  #wake: (() => void) | undefined
  closed = false

  constructor(tenantId: string) {
    this.#tenantId = tenantId
  }

  onCommit(commit: Commit): void {
    if ('missed' in commit) return this.miss()
    const batches = commit.tokens.filter(({ tenantId }) => tenantId === this.#tenantId)
    const events = commit.events.filter(({ tenant_id: tenantId }) => tenantId === this.#tenantId)
    if (events.length + batches.length === 0) return
    if (this.#missed || batches.some((batch) => batch.events === undefined)) return this.miss()
    const own = [...events, ...batches.flatMap((batch) => batch.events?.() ?? [])]
    if (this.#queue.length + own.length > QUEUE_MAX) return this.miss()
    own.sort((left, right) => left.seq - right.seq)
    for (const row of own) this.#queue.push(toEvent(row))
    this.#ring()
  }

  /** Clears the queue; the log is read next. */
  miss(): void {
    this.#missed = true
    this.#queue = []
    this.#ring()
  }

  /** The log will be read now; events that arrive from now on are newer. */
  expect(): void {
    this.#missed = false
    this.#queue = []
  }

  /** The queued events after a seq, if there is no gap; undefined if the log must be read. */
  takeAfter(last: number): Event[] | undefined {
    if (this.#missed) return undefined
    const waiting = this.#queue.filter(({ seq }) => seq > last)
    const isComplete = waiting.every(({ seq }, index) => seq === last + 1 + index)
    if (!isComplete) return undefined
    this.#queue = []
    return waiting
  }

  /** Resolves when there may be an event after a seq. */
  async waitForEvents(last: number): Promise<void> {
    if (this.closed || this.#missed || this.#queue.some(({ seq }) => seq > last)) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }

  close(): void {
    this.closed = true
    this.#ring()
  }

  #ring(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
