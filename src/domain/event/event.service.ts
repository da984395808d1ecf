import type { EventTable } from '#database/tables/log.ts'
import type { Context } from '../context.ts'
import type { EventStore } from './event.store.ts'
import { chainText, GENESIS, type Verification } from './event.ts'

const PAGE = 200
// Below the first seq there is, so that a row pushed in before the beginning is seen.
const BEGINNING = -Number.MAX_SAFE_INTEGER

type Bad = NonNullable<Verification['firstBad']>

/** Where a walk is: the last row that is what it was. */
interface Position {
  seq: number
  hash: string
  checked: number
}

/**
 * Walks a tenant’s whole chain of events and says whether every row is what was written, where it was written, and
 * none is missing. Only someone with the master key can make a chain that passes; who sets the database back to an
 * earlier state as a whole is found by comparing the head with one kept elsewhere.
 */
export async function verifyChain({ crypto, read }: Pick<Context, 'crypto' | 'read'>): Promise<Verification> {
  const mac = (text: string) => crypto.mac('event-chain', text)
  const position: Position = { seq: 0, hash: GENESIS, checked: 0 }
  const bad = await walk(read.events, mac, position)
  const firstBad = bad ?? (await checkHead(read.events, mac, position))
  return { ok: !firstBad, checked: position.checked, head: { seq: position.seq, hash: position.hash }, firstBad }
}

async function walk(events: EventStore, mac: (text: string) => string, position: Position): Promise<Bad | null> {
  for await (const page of pagesFrom(events, position.seq || BEGINNING)) {
    for (const row of page) {
      if (row.seq > position.seq + 1) return { seq: position.seq + 1, reason: 'missing' }
      if (mac(chainText(position.hash, row)) !== row.hash) {
        return { seq: row.seq, reason: (await isDisplaced(events, mac, row)) ? 'reordered' : 'changed' }
      }
      position.seq = row.seq
      position.hash = row.hash
      position.checked += 1
    }
  }
  return null
}

/** Compares the end of the chain with the head that is moved as events are added, perhaps while this walks. */
async function checkHead(events: EventStore, mac: (text: string) => string, position: Position): Promise<Bad | null> {
  const head = await events.head()
  if (head.seq < position.seq) return { seq: head.seq + 1, reason: 'truncated' }
  if (head.seq > position.seq) {
    const bad = await walk(events, mac, position)
    if (bad) return bad
    if (head.seq > position.seq) return { seq: position.seq + 1, reason: 'truncated' }
    return null
  }
  return head.hash === position.hash ? null : { seq: head.seq, reason: 'truncated' }
}

/**
 * Whether a row that does not belong where it stands was written elsewhere in its chain: whether its hash is right for
 * the place after some row, whose own place may be where it stands, the one in question, or the one before.
 */
async function isDisplaced(events: EventStore, mac: (text: string) => string, row: EventTable): Promise<boolean> {
  const fits = (previousHash: string, seq: number) => mac(chainText(previousHash, { ...row, seq })) === row.hash
  if (fits(GENESIS, 1)) return true
  const follows = ({ seq, hash }: EventTable) => [seq + 1, row.seq + 1, seq].some((place) => fits(hash, place))
  for await (const page of pagesFrom(events, BEGINNING)) if (page.some(follows)) return true
  return false
}

/** The rows of a chain in its order. Between pages everybody else has a turn. */
async function* pagesFrom(events: EventStore, seq: number): AsyncGenerator<EventTable[]> {
  let last = seq
  for (;;) {
    const rows = await events.rowsAfter(last, PAGE)
    yield rows
    const end = rows.at(-1)
    if (!end || rows.length < PAGE) return
    last = end.seq
    await new Promise((resolve) => setImmediate(resolve))
  }
}
