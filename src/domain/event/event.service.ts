// Verifies the chain of a tenant's events, and exports them.
import type { EventTable } from '#database/tables/log.ts'
import type { TokenLinkTable } from '#database/tables/tokens.ts'
import type { CheckedLink } from '#database/token-log/token-chain.ts'
import type { WalkedLinks } from '#database/token-log/uncovered-token.ts'
import type { WriterNumbers } from '#database/token-log/writers.ts'
import { Failure } from '#kernel/error.ts'
import type { Reading } from '#kernel/operation.ts'
import { PAGE_LIMIT_MAX } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import { type Entry, inPieces, pageAfter } from './chain-page.ts'
import type { EventStore } from './event.store.ts'
import { chainText, type Event, type EventExport, GENESIS, type Verification, type VerifyRange } from './event.ts'
import { BEGINNING, type Checkpoint, checkpointText } from './event-checkpoint.store.ts'
import { SEQ_END } from './event-row.store.ts'
import { verifyUnplaced } from './unplaced-links.ts'

// Below the first seq there is.
const LOWEST = -Number.MAX_SAFE_INTEGER

type Bad = NonNullable<Verification['firstBad']>

/** Where a walk is: the last entry that is what it was. */
interface Position {
  seq: number
  hash: string
  checked: number
}

/** What a read needs that a thread of its own may run: it is for one tenant, and changes nothing. */
export interface LogReadContext {
  readonly crypto: Pick<Context['crypto'], 'mac'>
  readonly read: Pick<Context['read'], 'events' | 'eventPurges'>
}

/**
 * Walks a tenant’s chain of events, or a part of it, and says whether every row is what was written, where it was written,
 * and none is missing or was added. Only someone with the master key can make a chain that passes; who sets the database
 * back to an earlier state as a whole is found by comparing the head with one kept elsewhere. Tokens that were issued
 * together are one entry of the chain: of a change in one of them the first of them is named, and a part begins and ends
 * with whole entries.
 * @throws Failure `invalid_request` if the part is after the end of the chain
 */
export async function verifyChain(
  context: LogReadContext,
  range: VerifyRange = {},
  reading: Reading = YIELDING,
): Promise<Verification> {
  const { eventPurges } = context.read
  for (;;) {
    const checkpoint = await eventPurges.checkpoint()
    const verification = await verifyFrom(context, checkpoint, range, reading)
    if (verification.ok || (await eventPurges.checkpoint())?.mac === checkpoint?.mac) return verification
    // A purge took away what the walk was reading.
  }
}

/** The events of a tenant that pass a filter, newest first, read page by page. */
export async function* exportEvents(
  { read }: Pick<LogReadContext, 'read'>,
  filter: EventExport,
  reading: Reading = YIELDING,
): AsyncGenerator<Event> {
  let cursor: string | undefined
  do {
    const { data, nextCursor } = await read.events.list({ ...filter, cursor, limit: PAGE_LIMIT_MAX })
    yield* data
    reading.progress?.(data.length)
    await reading.rest()
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
}

/** For callers inside the server, which nobody waits beside. */
const YIELDING: Reading = { rest: () => new Promise((resolve) => setImmediate(resolve)) }

async function verifyFrom(
  { crypto, read }: LogReadContext,
  stored: (Checkpoint & { readonly mac: string }) | undefined,
  range: VerifyRange,
  reading: Reading,
): Promise<Verification> {
  const mac = (text: string) => crypto.mac('event-chain', text)
  const checkpoint = stored ?? BEGINNING
  const { begin, through } = await partOf(read.events, checkpoint, range)
  const isWhole = begin.seq === checkpoint.seq && through === undefined
  const position: Position = { ...begin, checked: 0 }
  const walk = new Walk(read.events, { mac, position, purged: checkpoint.tokensSeq, through, reading })
  const isForged = stored !== undefined && mac(checkpointText(read.eventPurges.tenantId, stored)) !== stored.mac
  const firstBad = isForged
    ? ({ seq: checkpoint.seq, reason: 'changed' } as const)
    : ((isWhole ? await addedBefore(read, checkpoint) : null) ??
      (await walk.run()) ??
      (await uncoveredToken(read, walk.walked(begin.seq, checkpoint.cleared), isWhole, reading)))
  const head = { seq: position.seq, hash: position.hash }
  return { ok: !firstBad, checked: position.checked, purgedThrough: checkpoint.seq, head, firstBad }
}

/**
 * The part of the chain that a range is.
 * @returns the entry before it, whose hash is taken as it is, and the last place; undefined for the end of the chain
 */
async function partOf(
  events: EventStore,
  checkpoint: Checkpoint,
  { since, until, ...seqs }: VerifyRange,
): Promise<{ begin: { seq: number; hash: string }; through: number | undefined }> {
  const span = await events.span({ since, until })
  const from = Math.max(seqs.fromSeq ?? 1, since === undefined ? 1 : span.from)
  const through = Math.min(seqs.toSeq ?? SEQ_END, until === undefined ? SEQ_END : span.before - 1)
  const begin = from - 1 > checkpoint.seq ? await events.lastThrough(from - 1) : checkpoint
  if (seqs.fromSeq !== undefined && from > 1 && from > (await events.head()).seq) {
    throw new Failure('invalid_request', 'from_seq: the log ends before this event.')
  }
  return { begin: { seq: begin.seq, hash: begin.hash }, through: through === SEQ_END ? undefined : through }
}

/** An entry where everything was purged. */
async function addedBefore({ eventPurges }: LogReadContext['read'], checkpoint: Checkpoint): Promise<Bad | null> {
  if (checkpoint.seq === 0 || !checkpoint.cleared) return null
  const seq = await eventPurges.remains(checkpoint)
  return seq === undefined ? null : { seq, reason: 'changed' }
}

async function uncoveredToken(
  { events }: LogReadContext['read'],
  walked: WalkedLinks,
  isWhole: boolean,
  reading: Reading,
): Promise<Bad | null> {
  const seq = await events.tokenChain.uncovered(walked, isWhole, () => reading.rest())
  return seq === undefined ? null : { seq, reason: 'changed' }
}

interface WalkOptions {
  readonly mac: (text: string) => string
  readonly position: Position
  /** The last link whose tokens were purged. */
  readonly purged: number
  /** The last place to walk to; undefined for the end of the chain. */
  readonly through: number | undefined
  readonly reading: Reading
}

class Walk {
  readonly #events: EventStore
  readonly #mac: (text: string) => string
  readonly #position: Position
  readonly #purged: number
  readonly #through: number
  readonly #reading: Reading
  readonly #numbers: WriterNumbers
  #tokens = 0
  #oldest: Uint8Array | undefined
  #newest: Uint8Array | undefined

  constructor(events: EventStore, { mac, position, purged, through = SEQ_END, reading }: WalkOptions) {
    this.#purged = purged
    this.#through = through
    this.#events = events
    this.#mac = mac
    this.#position = position
    this.#reading = reading
    this.#numbers = events.tokenChain.writerNumbers(position.seq === 0)
  }

  /** What it saw of the links, once it is done. @param after the entry before the first one that it walked */
  walked(after: number, cleared: boolean): WalkedLinks {
    const [oldest, newest] = [this.#oldest, this.#newest]
    return { purged: this.#purged, cleared, after, through: this.#position.seq, count: this.#tokens, oldest, newest }
  }

  /** Walks to the end, and looks at the tokens that have no place yet. @returns the first entry that is not what it was */
  async run(): Promise<Bad | null> {
    for (;;) {
      const found = await this.#walk()
      if (found || this.#through < SEQ_END) return found
      const { mac, seq } = { mac: this.#mac, seq: this.#position.seq }
      const { bad, count, isForged } = await verifyUnplaced(this.#events.tokenChain, {
        mac,
        seq,
        numbers: this.#numbers,
      })
      // They may have got their places while they were read, but one that was put in gets none.
      if (bad && !isForged && (await this.#events.head()).seq > seq) continue
      this.#position.checked += count
      return bad
    }
  }

  /** Walks to the head, which may be moved meanwhile. */
  async #walk(): Promise<Bad | null> {
    for (;;) {
      const head = await this.#events.head()
      await this.#reading.rest()
      const page = await pageAfter(this.#events, this.#position.seq || LOWEST)
      const within = page.entries.filter(({ seq }) => seq <= head.seq)
      const wanted = within.filter(({ first }) => first <= this.#through)
      const bad = await this.#check(wanted)
      if (bad) return bad
      if (this.#position.seq >= this.#through) return null
      if (wanted.length < within.length) return { seq: this.#position.seq + 1, reason: 'missing' }
      if (within.length === page.entries.length && page.isFull) continue
      const later = await this.#events.head()
      if (later.seq > head.seq) continue
      return this.#checkEnd(head, page.entries.slice(within.length))
    }
  }

  /** Compares the end of the chain with the head. @param beyond entries that are after the head */
  async #checkEnd(head: { seq: number; hash: string }, beyond: readonly Entry[]): Promise<Bad | null> {
    const { seq, hash } = this.#position
    if (seq < head.seq) return { seq: seq + 1, reason: 'truncated' }
    const bad = await this.#check(beyond)
    if (bad) return bad
    if (beyond.length > 0) return { seq: head.seq + 1, reason: 'truncated' }
    return head.hash === hash ? null : { seq: head.seq, reason: 'truncated' }
  }

  async #check(entries: readonly Entry[]): Promise<Bad | null> {
    const links = entries.flatMap((entry) => ('link' in entry && entry.seq > this.#purged ? [entry.link] : []))
    const checked = new Map<TokenLinkTable, CheckedLink>()
    for (const some of inPieces(links)) {
      for (const result of await this.#events.tokenChain.check(some)) checked.set(result.link, result)
      await this.#reading.rest()
    }
    const before = this.#position.checked
    for (const entry of entries) {
      const { seq } = this.#position
      if (entry.first > seq + 1) return { seq: seq + 1, reason: 'missing' }
      const bad =
        'event' in entry ? await this.#checkEvent(entry.event) : this.#checkLink(entry, checked.get(entry.link))
      if (bad) return bad
      this.#position.seq = entry.seq
      this.#position.hash = 'event' in entry ? entry.event.hash : entry.link.hash
      this.#position.checked += 'event' in entry ? 1 : entry.link.count
      if ('link' in entry && entry.seq > this.#purged) this.#note(entry.link)
    }
    this.#reading.progress?.(this.#position.checked - before)
    return null
  }

  async #checkEvent(row: EventTable): Promise<Bad | null> {
    if (this.#mac(chainText(this.#position.hash, row)) === row.hash) return null
    return { seq: row.seq, reason: (await this.#isDisplaced(row)) ? 'reordered' : 'changed' }
  }

  #checkLink(
    { first, link }: { readonly first: number; readonly link: TokenLinkTable },
    found: CheckedLink | undefined,
  ): Bad | null {
    const text = this.#events.tokenChain.linkText(this.#position.hash, link)
    if (first !== this.#position.seq + 1 || this.#mac(text) !== link.hash) return { seq: first, reason: 'changed' }
    if (!this.#numbers.follows(link.number, link.count)) return { seq: first, reason: 'missing' }
    if (link.seq <= this.#purged) return null
    if (found?.missing !== undefined) return { seq: found.missing, reason: 'missing' }
    if (found?.hidden !== undefined) return { seq: found.hidden, reason: 'changed' }
    return found?.isDigestRight ? null : { seq: first, reason: 'changed' }
  }

  #note({ count, first, last }: TokenLinkTable): void {
    this.#tokens += count
    if (this.#oldest === undefined || Buffer.compare(first, this.#oldest) < 0) this.#oldest = first
    if (this.#newest === undefined || Buffer.compare(last, this.#newest) > 0) this.#newest = last
  }

  /**
   * Whether a row that does not belong where it stands was written elsewhere in its chain: whether its hash is right for
   * the place after some entry, whose own place may be where it stands, the one in question, or the one before.
   */
  async #isDisplaced(row: EventTable): Promise<boolean> {
    const fits = (previousHash: string, seq: number) => this.#mac(chainText(previousHash, { ...row, seq })) === row.hash
    if (fits(GENESIS, 1)) return true
    const follows = (entry: Entry) => {
      const { hash } = 'event' in entry ? entry.event : entry.link
      return [entry.seq + 1, row.seq + 1, entry.seq].some((place) => fits(hash, place))
    }
    let last = LOWEST
    for (;;) {
      await this.#reading.rest()
      const { entries, isFull } = await pageAfter(this.#events, last)
      if (entries.some(follows)) return true
      if (!isFull) return false
      last = entries.at(-1)?.seq ?? last
    }
  }
}
