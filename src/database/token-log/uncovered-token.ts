// Finds a token of a tenant that no link of its chain covers. Each statement reads a bounded number of rows.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '../database.ts'
import { IS_LINKED, IS_UNPLACED, joinTokens, linkSeqOf } from './linked.ts'

/** Rows that one statement counts, and rows that one compares with their links. */
const ROWS = { counted: 20_000, compared: 1000 } as const
/** Pairs of a profile and a partition that one statement looks at: each is a search in the index. */
const SEARCHES = 20_000
const PROFILES_PER_PAGE = 10_000
/** How often the sums are compared: tokens may be written while they are counted. */
const ATTEMPTS = 3

const BELOW_IDS = new Uint8Array(0)
const BEYOND_IDS = new Uint8Array(16).fill(0xff)

/** What a walk along the chain saw of the links. */
export interface WalkedLinks {
  /** The last link whose tokens were purged, and whether none of those may be there. */
  readonly purged: number
  readonly cleared: boolean
  /** The entry before the first one that was walked, and the last one. */
  readonly after: number
  readonly through: number
  /** How many tokens the links after the purged ones have, and the least and the greatest id of these. */
  readonly count: number
  readonly oldest: Uint8Array | undefined
  readonly newest: Uint8Array | undefined
}

/** Which of a tenant's tokens to look at. */
export interface UncoveredSearch {
  readonly tenantId: string
  readonly walked: WalkedLinks
  /** Called before each statement. */
  readonly rest: () => Promise<void>
}

/** Tokens with ids that are greater than one and not greater than another one, and that a condition selects. */
interface Selection {
  readonly after: Uint8Array
  readonly through: Uint8Array
  readonly condition: RawBuilder<unknown>
}

/** A bounded number of tokens. */
interface Piece {
  readonly rows: number
  /** The tables and the condition that select them. */
  readonly from: RawBuilder<unknown>
}

/**
 * The place that a token claims which no link covers, where a whole chain was walked; undefined where there is none. The
 * sums are compared first, so that rows are read only where they differ. Tokens may be issued meanwhile.
 */
export function uncoveredToken(connection: Connection, search: UncoveredSearch): Promise<number | undefined> {
  const find = () => uncoveredOf(connection, search)
  return connection.snapshot ? connection.snapshot(find) : find()
}

async function uncoveredOf(connection: Connection, search: UncoveredSearch): Promise<number | undefined> {
  const { count, purged, cleared, newest = BELOW_IDS } = search.walked
  const condition = cleared ? sql`1 = 1` : sql`${placeOf(connection, search.tenantId, sql`token.seq`)} > ${purged}`
  // What was issued since the walk is little.
  const later = await firstUncovered(connection, search, { after: newest, through: BEYOND_IDS, condition })
  if (later !== undefined) return later
  const selection = { after: BELOW_IDS, through: newest, condition }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    let stored = 0
    for await (const { rows } of piecesOf(connection, search, selection, ROWS.counted)) stored += rows
    if (stored === count + (await countOfLaterLinks(connection, search, newest))) return undefined
    const uncovered = await firstUncovered(connection, search, selection)
    if (uncovered !== undefined) return uncovered
  }
  return undefined
}

/**
 * The place that a token claims which no link covers, where a part of a chain was walked. Only tokens are looked at that
 * were made in the time of its links.
 */
export async function uncoveredWithin(connection: Connection, search: UncoveredSearch): Promise<number | undefined> {
  const { oldest, newest, after, purged, through } = search.walked
  if (oldest === undefined || newest === undefined) return undefined
  // What no link can have is looked at, too.
  const place = placeOf(connection, search.tenantId, sql`${through}`)
  const condition = sql`${place} > ${Math.max(after, purged)} and ${place} <= ${through}`
  // A part of an id is less than the id.
  return firstUncovered(connection, search, { after: oldest.subarray(0, 15), through: newest, condition })
}

/**
 * Where a token is in the chain: its place, or where it has a number, the end of the link that should have it.
 * @param otherwise what it is where there is no such link
 */
function placeOf({ remote }: Connection, tenantId: string, otherwise: RawBuilder<unknown>): RawBuilder<number> {
  return remote ? sql<number>`coalesce(${linkSeqOf(sql`${tenantId}`)}, ${otherwise})` : sql<number>`token.seq`
}

/** Compares each of some tokens with its link. */
async function firstUncovered(
  connection: Connection,
  search: UncoveredSearch,
  selection: Selection,
): Promise<number | undefined> {
  const { tenantId, walked } = search
  for await (const { rows, from } of piecesOf(connection, search, selection, ROWS.compared)) {
    if (rows === 0) continue
    const { rows: found } = await sql<{ seq: number }>`select token.seq ${from} and not exists (
      select 1 from token_link as link where link.tenant_id = ${tenantId} and link.seq > ${walked.purged}
        and link.seq = (${linkSeqOf(sql`${tenantId}`)}) and ${IS_LINKED}
    ) and not exists (select 1 from unplaced_link as link where link.tenant_id = ${tenantId} and ${IS_UNPLACED})
    order by token.seq limit 1`.execute(connection.kysely)
    if (found[0]) return found[0].seq
  }
  return undefined
}

/** How many tokens up to an id are of links after those that were walked, or of links without a place. */
async function countOfLaterLinks(
  connection: Connection,
  { tenantId, walked }: UncoveredSearch,
  newest: Uint8Array,
): Promise<number> {
  const linked = (table: RawBuilder<unknown>, isOne: RawBuilder<unknown>) => sql`(
    select count(*) from ${table} as link
    ${joinTokens(connection)}
    join token_profile as profile on profile.id = token.profile
    where link.tenant_id = ${tenantId} and link.first <= ${newest} and profile.tenant_id = ${tenantId}
      and token.id <= ${newest} and ${isOne})`
  const later = sql`${IS_LINKED} and link.seq > ${walked.through}`
  const { rows } = await sql<{ n: number }>`
    select ${linked(sql`token_link`, later)} + ${linked(sql`unplaced_link`, IS_UNPLACED)} as n`.execute(
    connection.kysely,
  )
  return Number(rows[0]?.n ?? 0)
}

/**
 * Tokens of the tenant in pieces.
 * @param limit the number of rows that a piece has at most
 */
async function* piecesOf(
  connection: Connection,
  search: UncoveredSearch,
  selection: Selection,
  limit: number,
): AsyncGenerator<Piece> {
  const { kysely, remote } = connection
  const parts = remote ? [0] : (await kysely.selectFrom('token_partition').select('part').execute()).map(partOf)
  const size = Math.max(1, Math.floor(SEARCHES / Math.max(1, parts.length)))
  const pieces = new Pieces(connection, search, { selection, parts, limit })
  for (let after = 0; ; ) {
    const page = await profilesAfter(connection, search.tenantId, after)
    for (let start = 0; start < page.length; start += size) yield* pieces.ofProfiles(page.slice(start, start + size))
    if (page.length < PROFILES_PER_PAGE) return
    after = page.at(-1) ?? after
  }
}

class Pieces {
  readonly #connection: Connection
  readonly #search: UncoveredSearch
  readonly #selection: Selection
  readonly #parts: readonly number[]
  readonly #limit: number

  constructor(
    connection: Connection,
    search: UncoveredSearch,
    options: { readonly selection: Selection; readonly parts: readonly number[]; readonly limit: number },
  ) {
    this.#connection = connection
    this.#search = search
    this.#selection = options.selection
    this.#parts = options.parts
    this.#limit = options.limit
  }

  /** The tokens of profiles that follow one another. Where they are too many, the profiles are halved. */
  async *ofProfiles(profiles: readonly number[]): AsyncGenerator<Piece> {
    const [first, last] = [profiles[0], profiles.at(-1)]
    if (first === undefined || last === undefined) return
    const tables = this.#connection.remote
      ? sql`token_profile as profile join issued_token as token on token.part = 0 and token.profile = profile.id`
      : sql`token_profile as profile cross join token_partition as bucket
          cross join issued_token as token on token.part = bucket.part and token.profile = profile.id`
    const from = this.#from(tables, sql`profile.id between ${first} and ${last}`, this.#selection.after)
    const rows = await this.#count(from)
    if (rows < this.#limit) yield { rows, from }
    else if (profiles.length === 1) for (const part of this.#parts) yield* this.#ofPart(first, part)
    else {
      const middle = profiles.length >> 1
      yield* this.ofProfiles(profiles.slice(0, middle))
      yield* this.ofProfiles(profiles.slice(middle))
    }
  }

  /** The tokens of one profile in a partition, page by page. */
  async *#ofPart(profile: number, part: number): AsyncGenerator<Piece> {
    const tables = sql`issued_token as token join token_profile as profile on profile.id = token.profile`
    const own = sql`token.part = ${part} and token.profile = ${profile}`
    for (let { after } = this.#selection; ; ) {
      const from = this.#from(tables, own, after)
      await this.#search.rest()
      const { rows } = await sql<{ id: Uint8Array }>`
        select token.id ${from} order by token.id limit 1 offset ${this.#limit - 1}`.execute(this.#connection.kysely)
      const last = rows[0]?.id
      if (last === undefined) {
        yield { rows: await this.#count(from), from }
        return
      }
      yield { rows: this.#limit, from: sql`${from} and token.id <= ${last}` }
      after = last
    }
  }

  #from(tables: RawBuilder<unknown>, own: RawBuilder<unknown>, after: Uint8Array): RawBuilder<unknown> {
    const { through, condition } = this.#selection
    return sql`from ${tables} where profile.tenant_id = ${this.#search.tenantId} and ${own}
      and token.id > ${after} and token.id <= ${through} and ${condition}`
  }

  async #count(from: RawBuilder<unknown>): Promise<number> {
    await this.#search.rest()
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from (select 1 as one ${from} limit ${this.#limit}) as bounded`.execute(
      this.#connection.kysely,
    )
    return Number(rows[0]?.n ?? 0)
  }
}

function partOf({ part }: { readonly part: number }): number {
  return part
}

async function profilesAfter({ kysely }: Connection, tenantId: string, after: number): Promise<number[]> {
  const rows = await kysely
    .selectFrom('token_profile')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(PROFILES_PER_PAGE)
    .execute()
  return rows.map(({ id }) => id)
}
