// Reads the entries of a chain in its order, page by page.
import type { EventTable } from '#database/tables/log.ts'
import type { TokenLinkTable } from '#database/tables/tokens.ts'
import type { EventStore } from './event.store.ts'

const EVENTS_PER_PAGE = 200
const LINKS_PER_PAGE = 64
/** Tokens that are read and hashed before others have their turn. */
const TOKENS_AT_ONCE = 500

/** An entry of the chain: an event, or the tokens that were issued together. */
export type Entry =
  | { readonly seq: number; readonly first: number; readonly event: EventTable }
  | { readonly seq: number; readonly first: number; readonly link: TokenLinkTable }

/** Entries that follow one another, and whether there may be more. */
export interface Page {
  readonly entries: readonly Entry[]
  readonly isFull: boolean
}

/** Links in pieces that have a bounded number of tokens each, or are one link. */
export function inPieces(links: readonly TokenLinkTable[]): TokenLinkTable[][] {
  const pieces: TokenLinkTable[][] = []
  let room = 0
  for (const link of links) {
    room -= link.count
    if (room < 0) {
      pieces.push([])
      room = TOKENS_AT_ONCE - link.count
    }
    pieces.at(-1)?.push(link)
  }
  return pieces
}

/** The entries of a chain in its order, as far as both events and tokens were read. */
export async function pageAfter(events: EventStore, seq: number): Promise<Page> {
  const rows = await events.rowsAfter(seq, EVENTS_PER_PAGE)
  const links = await events.tokenChain.linksAfter(seq, LINKS_PER_PAGE)
  const ends = [
    rows.length === EVENTS_PER_PAGE ? rows.at(-1)?.seq : undefined,
    links.length === LINKS_PER_PAGE ? links.at(-1)?.seq : undefined,
  ].filter((end) => end !== undefined)
  const end = Math.min(...ends, Number.MAX_SAFE_INTEGER)
  const entries: Entry[] = [
    ...rows.map((event) => ({ seq: event.seq, first: event.seq, event })),
    ...links.map((link) => ({ seq: link.seq, first: link.seq - link.count + 1, link })),
  ]
  entries.sort((left, right) => left.first - right.first)
  return { entries: entries.filter((entry) => entry.seq <= end), isFull: ends.length > 0 }
}
