// Finds the ids of the newest tokens of a list, through the indexes by profile and by user.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '../database.ts'
import type { TokenPartitionTable } from '../tables/tokens.ts'
import { periodPartitions, recentPartitions } from './partitions.ts'

/** What the tokens of a list have in common, and the bounds of their ids: the least, and an exclusive end. */
export interface NewestQuery {
  readonly tenantId: string
  readonly realmId: string
  readonly clientId?: string | undefined
  readonly userId?: Uint8Array | undefined
  readonly audience?: string | undefined
  readonly from: Uint8Array
  readonly before: Uint8Array
  readonly limit: number
}

// How many partitions one statement reads: a few at first, for what is asked for may be in all of them, then twice as
// many each time, for it may be in none; and not so many that others wait.
const FIRST_PARTITIONS = 4
const PARTITIONS_MAX = 64
/** Rows that are read in the order of the ids before the indexes are used. */
const SCAN_ROWS = 1000
/** Profiles whose newest tokens are read by one statement. */
const PROFILES_PER_STATEMENT = 100

const LEAST = new Uint8Array(0)

/** The ids of the newest tokens, the newest first. */
export async function newestTokens(connection: Connection, query: NewestQuery): Promise<Uint8Array[]> {
  const scanned = await scanNewest(connection, query)
  if (scanned !== undefined) return scanned
  return connection.remote ? newestOfAll(connection, query) : newestByPartition(connection, query)
}

/** That a token, or one of its profiles, is of the list. */
function profileConditions({ tenantId, realmId, clientId, audience }: NewestQuery): RawBuilder<unknown> {
  const conditions = [sql`profile.tenant_id = ${tenantId} and profile.realm_id = ${realmId}`]
  if (clientId !== undefined) conditions.push(sql`profile.client_id = ${clientId}`)
  if (audience !== undefined) conditions.push(sql`profile.audience = ${audience}`)
  return sql.join(conditions, sql` and `)
}

/** Most lists are found among the newest tokens of all. Undefined where this one is not. */
async function scanNewest({ kysely }: Connection, query: NewestQuery): Promise<Uint8Array[] | undefined> {
  const { from, before, userId, limit } = query
  const user = userId === undefined ? sql`` : sql`and token.user_id = ${userId}`
  const { rows } = await sql<{ id: Uint8Array; own: number }>`
    select token.id, ${profileConditions(query)} ${user} as own from (
      select id, profile, user_id from issued_token
      where id >= ${from} and id < ${before} order by id desc limit ${SCAN_ROWS}
    ) as token join token_profile as profile on profile.id = token.profile order by token.id desc`.execute(kysely)
  const own = rows.filter((row) => row.own).map(({ id }) => id)
  return rows.length < SCAN_ROWS || own.length >= limit ? own.slice(0, limit) : undefined
}

/** From the partition with the newest token on, until no further one can have a token that belongs on the page. */
async function newestByPartition(connection: Connection, query: NewestQuery): Promise<Uint8Array[]> {
  const profiles = query.userId === undefined ? await profilesOf(connection, query) : []
  if (query.userId === undefined && profiles.length === 0) return []
  let ids: Uint8Array[] = []
  // Tokens are moved from recent partitions to those of periods, so a list reads the recent ones first.
  for (const read of [recentPartitions, periodPartitions]) {
    const seen = new Set<number>()
    let left = await read(connection, FIRST_PARTITIONS)
    for (let size = FIRST_PARTITIONS; ; size = Math.min(2 * size, PARTITIONS_MAX)) {
      left = left.filter((partition) => reaches(partition, query, ids))
      if (left.length === 0) break
      const partitions = left.slice(0, size)
      ids = newestOf([...ids, ...(await idsIn(connection, query, profiles, partitions))], query.limit)
      for (const { part } of partitions) seen.add(part)
      await new Promise((resolve) => setImmediate(resolve))
      // Only what was read is left out: a partition may have been filled anew meanwhile, and its older rows remain.
      left =
        size === FIRST_PARTITIONS ? (await read(connection)).filter(({ part }) => !seen.has(part)) : left.slice(size)
    }
  }
  return ids
}

function reaches({ newest }: TokenPartitionTable, { from, limit }: NewestQuery, found: readonly Uint8Array[]): boolean {
  return Buffer.compare(newest, from) >= 0 && Buffer.compare(newest, found[limit - 1] ?? LEAST) >= 0
}

/** An id may be there twice: it was read in its partition, moved, and read again where it went. */
function newestOf(ids: readonly Uint8Array[], limit: number): Uint8Array[] {
  const sorted = [...ids].sort((left, right) => Buffer.compare(right, left))
  return sorted
    .filter((id, index) => index === 0 || Buffer.compare(id, sorted[index - 1] as Uint8Array) !== 0)
    .slice(0, limit)
}

async function profilesOf({ kysely }: Connection, query: NewestQuery): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from token_profile as profile where ${profileConditions(query)}`.execute(kysely)
  return rows.map(({ id }) => id)
}

async function idsIn(
  connection: Connection,
  query: NewestQuery,
  profiles: readonly number[],
  partitions: readonly TokenPartitionTable[],
): Promise<Uint8Array[]> {
  if (query.userId !== undefined) return idsOfUser(connection, query, partitions)
  const ids: Uint8Array[] = []
  for (const { part } of partitions) {
    // The newest tokens of all are of the profiles that have the newest token each.
    const lead = profiles.length <= PROFILES_PER_STATEMENT ? profiles : await leading(connection, query, profiles, part)
    if (lead.length > 0) ids.push(...(await idsOfProfiles(connection, query, lead, part)))
  }
  return ids
}

async function idsOfUser(
  { kysely }: Connection,
  query: NewestQuery,
  partitions: readonly TokenPartitionTable[],
): Promise<Uint8Array[]> {
  const { userId, from, before, limit } = query
  const queries = partitions.map(
    ({ part }) => sql`select * from (
      select token.id from issued_token as token
      cross join token_profile as profile on profile.id = token.profile
      where token.part = ${part} and token.user_id = ${userId} and token.id >= ${from} and token.id < ${before}
        and ${profileConditions(query)} order by token.id desc limit ${limit})`,
  )
  const { rows } = await sql<{ id: Uint8Array }>`
    ${sql.join(queries, sql` union all `)} order by id desc limit ${limit}`.execute(kysely)
  return rows.map(({ id }) => id)
}

async function leading(
  { kysely }: Connection,
  { from, before, limit }: NewestQuery,
  profiles: readonly number[],
  part: number,
): Promise<number[]> {
  const { rows } = await sql<{ profile: number }>`
    select profile from (
      select asked.value as profile, (
        select max(id) from issued_token
        where part = ${part} and profile = asked.value and id >= ${from} and id < ${before}
      ) as newest from json_each(${JSON.stringify(profiles)}) as asked
    ) where newest is not null order by newest desc limit ${limit}`.execute(kysely)
  return rows.map(({ profile }) => profile)
}

async function idsOfProfiles(
  { kysely }: Connection,
  { from, before, limit }: NewestQuery,
  profiles: readonly number[],
  part: number,
): Promise<Uint8Array[]> {
  const ids: Uint8Array[] = []
  for (let start = 0; start < profiles.length; start += PROFILES_PER_STATEMENT) {
    const queries = profiles.slice(start, start + PROFILES_PER_STATEMENT).map(
      (profile) => sql`select * from (
        select id from issued_token where part = ${part} and profile = ${profile} and id >= ${from} and id < ${before}
        order by id desc limit ${limit})`,
    )
    const { rows } = await sql<{ id: Uint8Array }>`
      ${sql.join(queries, sql` union all `)} order by id desc limit ${limit}`.execute(kysely)
    ids.push(...rows.map(({ id }) => id))
  }
  return ids
}

/** On PostgreSQL, where there is one partition and a subquery may refer to the rows before it. */
async function newestOfAll({ kysely }: Connection, query: NewestQuery): Promise<Uint8Array[]> {
  const { userId, from, before, limit } = query
  const bounds = sql`token.id >= ${from} and token.id < ${before}`
  const ofUser = sql`select token.id from issued_token as token
    join token_profile as profile on profile.id = token.profile
    where token.part = 0 and token.user_id = ${userId} and ${bounds} and ${profileConditions(query)}`
  const ofProfiles = sql`select newest.id from token_profile as profile cross join lateral (
      select token.id from issued_token as token
      where token.part = 0 and token.profile = profile.id and ${bounds} order by token.id desc limit ${limit}
    ) as newest where ${profileConditions(query)}`
  const { rows } = await sql<{ id: Uint8Array }>`
    select id from (${userId === undefined ? ofProfiles : ofUser}) as listed order by id desc limit ${limit}`.execute(
    kysely,
  )
  return rows.map(({ id }) => id)
}
