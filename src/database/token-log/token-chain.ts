// What a verification reads of the tokens in a tenant's chain: the links, their rows, and rows that no link covers.
import { createHash } from 'node:crypto'
import type { Connection } from '../database.ts'
import type { TokenLinkTable, UnplacedLinkTable } from '../tables/tokens.ts'
import { linksAfter, linkText, rowsOfLinks, rowsOfUnplaced } from './links.ts'
import { digestFormOf, digestOfRows, type FullRow, profileText } from './token-row.ts'
import { uncoveredToken, uncoveredWithin, type WalkedLinks } from './uncovered-token.ts'
import { inOrder, unplacedText } from './unplaced.ts'
import { WriterNumbers } from './writers.ts'

/** A link, and what was found of its tokens. */
export interface CheckedLink {
  readonly link: TokenLinkTable
  /** The first place of the link that has no token; undefined where each place has one. */
  readonly missing: number | undefined
  /** Whether the digest of the rows is the one that the link has. */
  readonly isDigestRight: boolean
  /** The place of a token that lists do not find, because no partition leads to it; undefined where there is none. */
  readonly hidden: number | undefined
}

/** A link that has no place in the chain yet, and what was found of its tokens. */
export interface CheckedUnplacedLink {
  readonly link: UnplacedLinkTable
  readonly isMissing: boolean
  readonly isRight: boolean
}

export type TokenChain = ReturnType<typeof tokenChain>

/** The tokens of one tenant's chain. */
export function tokenChain(connection: Connection, tenantId: string) {
  return {
    /** The text whose MAC is a link's hash. */
    linkText,
    /** What finds gaps in the numbers of writers. @param isWhole whether the chain is walked from its beginning */
    writerNumbers: (isWhole: boolean) => new WriterNumbers(isWhole),
    /** The text whose HMAC protects a link without a place. */
    unplacedText,

    /** Links in the order of the chain, after a seq. */
    linksAfter: (seq: number, limit: number) => linksAfter(connection, tenantId, seq, limit),

    /** Reads the tokens of links that follow one another, and compares them with the links. */
    async check(links: readonly TokenLinkTable[]): Promise<CheckedLink[]> {
      const [first, last] = [links[0], links.at(-1)]
      if (!first || !last) return []
      const rows = await rowsOfLinks(connection, tenantId, { from: first.seq, to: last.seq })
      const byLink = Map.groupBy(rows, ({ link_seq: seq }) => seq)
      const hidden = await hiddenAmong(connection, rows)
      const digestOf = profileDigests()
      return links.map((link) => checked(link, byLink.get(link.seq) ?? [], { hidden, digestOf }))
    },

    /** Reads the links that have no place in the chain, each writer's in its order, and compares them with their tokens. */
    async checkUnplaced(): Promise<CheckedUnplacedLink[]> {
      const links = await connection.kysely
        .selectFrom('unplaced_link')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .execute()
      if (links.length === 0) return []
      const rows = await rowsOfUnplaced(connection, tenantId)
      const byLink = Map.groupBy(rows, ({ link_number: number }) => number)
      const hidden = await hiddenAmong(connection, rows)
      const digestOf = profileDigests()
      return inOrder(links).map((link) => {
        const placed = { ...link, seq: link.number, hash: '' }
        const {
          isDigestRight,
          missing,
          hidden: one,
        } = checked(placed, byLink.get(link.number) ?? [], { hidden, digestOf })
        return { link, isRight: isDigestRight && one === undefined, isMissing: missing !== undefined }
      })
    },

    /**
     * The place that a token claims which no link covers; undefined where there is none.
     * @param isWhole whether the whole chain was walked
     */
    uncovered: (walked: WalkedLinks, isWhole: boolean, rest: () => Promise<void>): Promise<number | undefined> =>
      (isWhole ? uncoveredToken : uncoveredWithin)(connection, { tenantId, walked, rest }),
  }
}

/** The SHA-256 of the profiles of rows, each made once. */
function profileDigests(): (row: FullRow) => Buffer {
  const digests = new Map<string, Buffer>()
  return (row) => {
    const text = profileText(row)
    const digest = digests.get(text) ?? createHash('sha256').update(text).digest()
    digests.set(text, digest)
    return digest
  }
}

function checked(
  link: TokenLinkTable,
  rows: readonly FullRow[],
  { hidden, digestOf }: { readonly hidden: ReadonlySet<number>; readonly digestOf: (row: FullRow) => Buffer },
): CheckedLink {
  // The rows have places, or numbers of a writer.
  const last = link.number ?? link.seq
  const placeOf = (seq: number | undefined) => (seq === undefined ? undefined : seq - last + link.seq)
  const seqs = new Set(rows.map(({ seq }) => seq))
  const expected = Array.from({ length: link.count }, (_, index) => last - link.count + 1 + index)
  const digest = digestOfRows(rows, digestOf, digestFormOf(link.digest))
  const isDigestRight = rows.length === link.count && Buffer.compare(digest, link.digest) === 0
  return {
    link,
    missing: placeOf(expected.find((seq) => !seqs.has(seq))),
    isDigestRight,
    hidden: placeOf(rows.find(({ seq }) => hidden.has(seq))?.seq),
  }
}

/** The seqs of the tokens that are in no partition. A token may be moved to another one at any time. */
async function hiddenAmong(
  { kysely, remote }: Connection,
  rows: readonly { readonly id: Uint8Array; readonly seq: number; readonly part: number }[],
): Promise<ReadonlySet<number>> {
  const parts = [...new Set(rows.map(({ part }) => part))]
  if (parts.length === 0) return new Set()
  const known = remote
    ? [{ part: 0 }]
    : await kysely.selectFrom('token_partition').select('part').where('part', 'in', parts).execute()
  const unknown = new Set(parts).difference(new Set(known.map(({ part }) => part)))
  if (unknown.size === 0) return new Set()
  let query = kysely
    .selectFrom('issued_token')
    .select('seq')
    .where(
      'id',
      'in',
      rows.filter(({ part }) => unknown.has(part)).map(({ id }) => id),
    )
  query = remote
    ? query.where('part', '<>', 0)
    : query.where('part', 'not in', kysely.selectFrom('token_partition').select('part'))
  return new Set((await query.execute()).map(({ seq }) => seq))
}
