// Finds users by a text anywhere in their addresses and names, by the index that each database has for it.
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Connection, longReadsOf } from './database.ts'
import { isTimeout } from './errors.ts'
import type { Schema } from './schema.ts'

/** The shortest text that the indexes find. */
export const INDEXED_LENGTH = 3
/** More trigrams than this do not narrow a search further. */
const TRIGRAMS_MAX = 12

/** What is searched in a user: the forms for comparison of the address, the user name and the name. */
const NAMES = sql<string>`(email_key || ' ' || coalesce(email_lookalike, '') || ' ' || coalesce(username_key, '') || ' ' || coalesce(name_key, ''))`

const CREATE_INDEX = sql`create index if not exists user_names_trigrams on "user" using gin (${NAMES} gin_trgm_ops) where deleted_at is null`

/**
 * Makes PostgreSQL’s index, where it is missing and the extension pg_trgm can be had.
 * @returns whether the index is there
 */
export async function indexUserNames(kysely: Kysely<Schema>): Promise<boolean> {
  if (await hasIndex(kysely)) return true
  try {
    await sql`create extension if not exists pg_trgm`.execute(kysely)
    await CREATE_INDEX.execute(kysely)
  } catch {
    // The extension is not installed, or this user may not create it; or another process was faster.
  }
  return hasIndex(kysely)
}

/** Whether an index finds users by a text in the middle. */
export async function hasUserNamesIndex({ remote, kysely }: Pick<Connection, 'remote' | 'kysely'>): Promise<boolean> {
  return !remote || hasIndex(kysely)
}

async function hasIndex(kysely: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`select 1 where to_regclass('user_names_trigrams') is not null`.execute(kysely)
  return rows.length > 0
}

/** That the names of a row of `user` contain one of some texts, or its id contains a part. */
export function userContains(
  { remote }: Pick<Connection, 'remote'>,
  texts: readonly string[],
  partOfId: string,
): RawBuilder<SqlBool> {
  const place = sql.raw(remote ? 'strpos' : 'instr')
  const matches = [...texts.map((text) => sql`${place}(${NAMES}, ${text}) > 0`), sql`${place}(id, ${partOfId}) > 0`]
  return sql<SqlBool>`(${sql.join(matches, sql` or `)})`
}

/** Which users are looked for. */
export interface NamesSearch {
  readonly directoryId: string
  readonly status: string | undefined
  /** At least three characters, in the form for comparison. */
  readonly text: string
  /** How many at most. */
  readonly most: number
}

/** Users of a directory that were found. */
export interface FoundUsers {
  readonly ids: string[]
  /** False where there may be more: there was too much to look at all of it. */
  readonly isComplete: boolean
}

/** The ids of rows as one text, which costs the thread that receives it little. */
export const ALL_IDS = sql<string | null>`string_agg(id, ' ')`
/** What {@link ALL_IDS} says. */
export const idsIn = (text: string | null | undefined): string[] => text?.split(' ') ?? []

/**
 * Users of a directory whose names contain a text. It costs no more for a text of many users than for one of few: the search
 * ends where it found, or looked at, too many.
 * @returns undefined where no index can tell
 */
export async function usersContaining(
  connection: Pick<Connection, 'remote' | 'kysely' | 'longReads'>,
  search: NamesSearch,
): Promise<FoundUsers | undefined> {
  const trigrams = trigramsOf(search.text)
  const { kysely, remote } = connection
  if (trigrams.length === 0 || (remote && !(await hasIndex(kysely)))) return undefined
  const longReads = longReadsOf(connection)
  return remote ? foundByPostgres(longReads, search) : foundBySqlite(longReads, search, trigrams)
}

async function foundByPostgres(kysely: Kysely<Schema>, search: NamesSearch): Promise<FoundUsers> {
  const { text, most } = search
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  try {
    const { rows } = await sql<{ ids: string | null }>`
      select ${ALL_IDS} as ids from (
        select id from "user" where deleted_at is null and ${NAMES} like ${pattern} and ${isOf(search)} limit ${most + 1}
      ) as found`.execute(kysely)
    const ids = idsIn(rows[0]?.ids)
    return { ids: ids.slice(0, most), isComplete: ids.length <= most }
  } catch (error) {
    if (!isTimeout(error)) throw error
    return { ids: [], isComplete: false }
  }
}

/** How many users that have all trigrams are read at once, and how many in all. */
const CANDIDATES = { atOnce: 2000, most: 20_000 } as const
/** How many users a part of the index covers: the first one, and the largest. */
const SPAN = { first: 50_000, largest: 400_000 } as const

interface Candidates {
  readonly count: number
  readonly last: number | null
  readonly ids: string | null
}

/** Reads the index part by part, each larger than the one before as long as it has few users, so that no statement takes long. */
async function foundBySqlite(
  kysely: Kysely<Schema>,
  search: NamesSearch,
  trigrams: readonly string[],
): Promise<FoundUsers> {
  const { text, most } = search
  const match = trigrams.map((part) => `"${part.replaceAll('"', '""')}"`).join(' AND ')
  const newest = await sql<{ n: number | null }>`select max(n) as n from user_search`.execute(kysely)
  const end = newest.rows[0]?.n ?? 0
  const ids: string[] = []
  let seen = 0
  let span: number = SPAN.first
  for (let after = 0; after < end; ) {
    const { rows } = await sql<Candidates>`
      select count(*) as count, max(n) as last, ${ALL_IDS} as ids from (
        select candidate.n, "user".id from (
          select rowid as n from user_search_index
            where user_search_index match ${match} and rowid > ${after} and rowid <= ${after + span}
            order by rowid limit ${CANDIDATES.atOnce}
        ) as candidate
          join user_search on user_search.n = candidate.n
          left join "user" on ${isOf(search)}
            and "user".id = case when instr(user_search.names, ${text}) > 0 then user_search.user_id end
      )`.execute(kysely)
    const { count = 0, last, ids: some } = rows[0] ?? {}
    ids.push(...idsIn(some))
    seen += count
    if (ids.length > most || seen > CANDIDATES.most) return { ids: ids.slice(0, most), isComplete: false }
    after = count === CANDIDATES.atOnce ? (last ?? end) : after + span
    if (count < CANDIDATES.atOnce / 4) span = Math.min(4 * span, SPAN.largest)
  }
  return { ids, isComplete: true }
}

function isOf({ directoryId, status }: NamesSearch): RawBuilder<SqlBool> {
  const isThere = sql<SqlBool>`"user".directory_id = ${directoryId}`
  return status === undefined ? isThere : sql<SqlBool>`${isThere} and "user".status = ${status}`
}

// PostgreSQL’s trigrams are of letters and digits only; a text without three in a row would be looked for in every row.
function trigramsOf(text: string): string[] {
  if (!/[\p{L}\p{N}]{3}/u.test(text)) return []
  const letters = [...text]
  const all = letters.slice(2).map((_, at) => letters.slice(at, at + INDEXED_LENGTH).join(''))
  return [...new Set(all)].slice(0, TRIGRAMS_MAX)
}
