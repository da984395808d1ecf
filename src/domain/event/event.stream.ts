// Events as they happen. What was committed is handed on from memory; whoever begins in the past, reads slowly or
// shares the database with other processes is served from the log, so that nobody misses one and none waits in memory.
import type { Commit } from '#database/database.ts'
import type { Context } from '../context.ts'
import type { EventStore } from './event.store.ts'
import { type Event, type EventFilter, matches } from './event.ts'
import { toEvent } from './event-row.store.ts'

const PAGE = 200
/** How many events may wait in memory for one follower; one that is further behind reads them from the log. */
const QUEUE_MAX = 1000

export interface FollowOptions {
  /** Calls a listener after each commit until the function it returned is called. */
  readonly subscribe: (listener: (commit: Commit) => void) => () => void
  readonly filter?: EventFilter
  /** Begin after this event, with what was missed; with the next one unless told. */
  readonly afterSeq?: number | undefined
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The events of a context’s tenant that pass a filter, in the order of the chain, each once, as they happen. Ends when
 * the signal says so; a caller that lets go of the iterator while it waits ends it with the next event only.
 */
export async function* followEvents(
  { read, scope }: Pick<Context, 'read' | 'scope'>,
  { subscribe, filter = {}, afterSeq, signal }: FollowOptions,
): AsyncGenerator<Event, void> {
  const inbox = new Inbox(scope.tenantId)
  const unsubscribe = subscribe((commit) => inbox.hear(commit))
  const close = () => inbox.close()
  signal?.addEventListener('abort', close)
  if (signal?.aborted) close()
  try {
    let last = afterSeq ?? (await read.events.head()).seq
    while (!inbox.closed) {
      for (const event of inbox.take(last) ?? (await readLog(read.events, inbox, last))) {
        last = event.seq
        if (matches(event, filter)) yield event
        if (inbox.closed) return
      }
      await inbox.news(last)
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

/** What arrived for one follower and was not handed on yet, or the knowledge that the log has to be asked. */
class Inbox {
  readonly #tenantId: string
  #queue: Event[] = []
  /** The log has events that the queue does not have. */
  #missed = true
  #wake: (() => void) | undefined
  closed = false

  constructor(tenantId: string) {
    this.#tenantId = tenantId
  }

  hear(commit: Commit): void {
    if ('missed' in commit) return this.miss()
    const own = commit.events.filter(({ tenant_id: tenantId }) => tenantId === this.#tenantId)
    if (own.length === 0) return
    if (this.#missed || this.#queue.length + own.length > QUEUE_MAX) return this.miss()
    for (const row of own) this.#queue.push(toEvent(row))
    this.#ring()
  }

  /** Forgets the queue; the log is asked next. */
  miss(): void {
    this.#missed = true
    this.#queue = []
    this.#ring()
  }

  /** The log is about to be asked: from now on what arrives is news. */
  expect(): void {
    this.#missed = false
    this.#queue = []
  }

  /** What waits after a seq, without a gap; undefined where the log has to be asked. */
  take(last: number): Event[] | undefined {
    if (this.#missed) return undefined
    const waiting = this.#queue.filter(({ seq }) => seq > last)
    const whole = waiting.every(({ seq }, index) => seq === last + 1 + index)
    if (!whole) return undefined
    this.#queue = []
    return waiting
  }

  /** Resolves when there may be something after a seq. */
  async news(last: number): Promise<void> {
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
