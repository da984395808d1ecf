// Revokes tokens, and with each of them the tokens that it was exchanged for.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '../database.ts'
import { prepared } from '../prepared.ts'
import { idToBytes } from './bytes.ts'
import { ownedBy } from './owner-condition.ts'
import { RECENT_MAX } from './partitions.ts'
import type { TokenClient, TokenSelection } from './token-log.ts'

/** Recent partitions are looked through where a selection has more profiles than this. */
const PROFILES_PROBED = 8
/** Below every id. */
const NO_BOUND = Buffer.alloc(16)

/**
 * Keeps the tenant's tokens from being exchanged until the transaction ends. Whoever exchanges a token holds the same lock
 * together with others, so that a revocation finds every token that was made from the ones it revokes. SQLite has one
 * writer, which writes tokens at the end of a transaction that several works may share: those of earlier works are written
 * now.
 */
async function lockTokens(connection: Connection, tenantId: string): Promise<void> {
  const { kysely, remote } = connection
  await connection.flushTokens?.()
  if (remote) await sql`select pg_advisory_xact_lock(hashtextextended(${tenantId}, 0))`.execute(kysely)
}

const isValid = prepared<{ id: Uint8Array; tenant_id: string; now: number }, { id: Uint8Array }>(
  'issued_token_valid',
  (kysely, value) =>
    kysely
      .selectFrom('issued_token')
      .innerJoin('token_profile', 'token_profile.id', 'issued_token.profile')
      .leftJoin('revoked_token', 'revoked_token.id', 'issued_token.id')
      .select('issued_token.id')
      .where('issued_token.id', '=', value('id'))
      .where('token_profile.tenant_id', '=', value('tenant_id'))
      .where('revoked_token.id', 'is', null)
      .where('expires_at', '>', value('now')),
)

/** Keeps a valid token from being revoked until the transaction ends. @returns whether it is valid */
export async function holdToken(connection: Connection, tenantId: string, id: string, now: number): Promise<boolean> {
  if (connection.remote) {
    await sql`select pg_advisory_xact_lock_shared(hashtextextended(${tenantId}, 0))`.execute(connection.kysely)
  }
  return (await connection.run(isValid, { id: idToBytes(id), tenant_id: tenantId, now })).length === 1
}

interface Above {
  readonly id: Uint8Array
  readonly tenant_id: string
  readonly limit: number
}

type Build = Parameters<typeof prepared<Above, never>>[1]

/** The beginning of a query over the tokens above one of the tenant, each with its distance. */
const tokensAbove = (kysely: Parameters<Build>[0], value: Parameters<Build>[1]) =>
  kysely
    .withRecursive('above(id, number)', (query) =>
      query
        .selectFrom('issued_token')
        .innerJoin('token_profile', 'token_profile.id', 'issued_token.profile')
        .select(['parent_id as id', sql<number>`1`.as('number')])
        .where('issued_token.id', '=', value('id'))
        .where('token_profile.tenant_id', '=', value('tenant_id'))
        .where('parent_id', 'is not', null)
        .unionAll(
          query
            .selectFrom('above')
            .innerJoin('issued_token', 'issued_token.id', 'above.id')
            .select(['parent_id as id', sql<number>`above.number + 1`.as('number')])
            .where('parent_id', 'is not', null)
            .where('above.number', '<', value('limit')),
        ),
    )
    .selectFrom('above')

const above = prepared<Above, { number: number | null }>(
  'issued_token_above',
  (kysely, value) => tokensAbove(kysely, value).select(({ fn }) => fn.max('number').as('number')) as never,
)

/** How many tokens are above one: that which it was exchanged for, and so on. @param limit is not counted above */
export async function countAbove(connection: Connection, tenantId: string, id: string, limit: number): Promise<number> {
  const [row] = await connection.run(above, { id: idToBytes(id), tenant_id: tenantId, limit })
  return row?.number ?? 0
}

const clientsAbove = prepared<Above, ClientAbove>(
  'issued_token_clients_above',
  (kysely, value) =>
    tokensAbove(kysely, value)
      .innerJoin('issued_token', 'issued_token.id', 'above.id')
      .innerJoin('token_profile', 'token_profile.id', 'issued_token.profile')
      .select(['token_profile.client_id', 'token_profile.client_name'])
      .where('token_profile.tenant_id', '=', value('tenant_id'))
      .distinct() as never,
)

interface ClientAbove {
  readonly client_id: string
  readonly client_name: string
}

/** The clients that got the tokens above one, by their rows' ids and their names. @param limit how far above */
export async function readClientsAbove(
  connection: Connection,
  tenantId: string,
  id: string,
  limit: number,
): Promise<TokenClient[]> {
  const rows = await connection.run(clientsAbove, { id: idToBytes(id), tenant_id: tenantId, limit })
  return rows.map(({ client_id: id, client_name: clientId }) => ({ id, clientId }))
}

/** What is revoked together: the tokens of selections, and single ones by their ids. */
export interface TokenSet {
  readonly selections: readonly TokenSelection[]
  readonly ids: readonly string[]
}

/**
 * The beginning of a query over the tokens that end with a set: `seed` has the valid ones of the set, `below` these and what
 * they were exchanged for. A revocation walks the same way.
 */
export async function treeOf(
  connection: Connection,
  tenantId: string,
  { selections, ids }: TokenSet,
  { now, oldest }: { readonly now: number; readonly oldest: Uint8Array },
): Promise<RawBuilder<unknown>> {
  const valid = validOf(tenantId, now, oldest)
  const seeds = ids.map((id) => oneToken(id))
  for (const which of selections) seeds.push(...(await seedsOf(connection, tenantId, which, oldest)))
  const all = seeds.map((seed) => sql`${seed} and ${valid}`)
  const none = sql`select id from issued_token where 1 = 0`
  return sql`with recursive seed (id) as materialized (${all.length === 0 ? none : sql.join(all, sql` union `)}),
    below (id) as materialized (select id from seed union ${childrenOf(now)})`
}

function validOf(tenantId: string, now: number, oldest: Uint8Array): RawBuilder<unknown> {
  return sql`token.id >= ${oldest} and token.expires_at > ${sql.lit(now)} and profile.tenant_id = ${tenantId}
    and not exists (select 1 from revoked_token as revoked where revoked.id = token.id)`
}

function oneToken(id: string): RawBuilder<unknown> {
  return sql`select token.id from issued_token as token
    join token_profile as profile on profile.id = token.profile where token.id = ${idToBytes(id)}`
}

/** One step down from `below`. What was revoked has nothing below it that is valid. */
function childrenOf(now: number): RawBuilder<unknown> {
  return sql`select child.id from below cross join issued_token as child
    where child.parent_id = below.id and child.expires_at > ${sql.lit(now)}
    and not exists (select 1 from revoked_token as revoked where revoked.id = child.id)`
}

/** Revokes one token with what it was exchanged for. @returns whether it was not revoked before */
export async function revokeToken(connection: Connection, tenantId: string, id: string, now: number): Promise<boolean> {
  await lockTokens(connection, tenantId)
  const seed = sql`${oneToken(id)} and profile.tenant_id = ${tenantId}
      and not exists (select 1 from revoked_token as revoked where revoked.id = token.id)`
  return (await revokeTree(connection, seed, now)) > 0
}

/** Revokes the tokens that were issued by a delegation grant with what they were exchanged for. @returns how many that were */
export async function revokeUnder(
  connection: Connection,
  tenantId: string,
  grantId: string,
  now: number,
): Promise<number> {
  await lockTokens(connection, tenantId)
  const seed = sql`select id from delegated_token where grant_id = ${grantId} and tenant_id = ${tenantId}
    and expires_at > ${now}`
  return revokeTree(connection, seed, now)
}

/** Revokes a valid token with what it was exchanged for. @returns how many tokens that were */
export async function revokeOne(connection: Connection, tenantId: string, id: string, now: number): Promise<number> {
  await lockTokens(connection, tenantId)
  return revokeTree(connection, sql`${oneToken(id)} and ${validOf(tenantId, now, NO_BOUND)}`, now)
}

/** Revokes the valid tokens of a selection with what they were exchanged for. @returns how many tokens that were */
export async function revokeSelected(
  connection: Connection,
  tenantId: string,
  which: TokenSelection,
  now: number,
  oldest: Uint8Array,
): Promise<number> {
  await lockTokens(connection, tenantId)
  const valid = validOf(tenantId, now, oldest)
  const seeds = await seedsOf(connection, tenantId, which, oldest)
  let revoked = 0
  for (const seed of seeds) revoked += await revokeTree(connection, sql`${seed} and ${valid}`, now)
  return revoked
}

/** Queries that make up the tokens of a selection, each ending in a condition. */
async function seedsOf(
  { kysely, remote }: Connection,
  tenantId: string,
  which: TokenSelection,
  oldest: Uint8Array,
): Promise<RawBuilder<unknown>[]> {
  const parts = sql`token_partition as bucket`
  if ('userId' in which) {
    const rest = [sql`token.user_id = ${idToBytes(which.userId)}`]
    if ('sessionId' in which) rest.push(sql`token.session_id = ${idToBytes(which.sessionId)}`)
    if ('familyId' in which) rest.push(sql`token.family_id = ${idToBytes(which.familyId)}`)
    if ('clientId' in which) rest.push(sql`profile.client_id = ${which.clientId}`)
    const joined = sql`join token_profile as profile on profile.id = token.profile`
    const conditions = sql.join(rest, sql` and `)
    if (remote)
      return [sql`select token.id from issued_token as token ${joined} where token.part = 0 and ${conditions}`]
    return [
      sql`select token.id from ${parts} cross join issued_token as token on token.part = bucket.part
        cross ${joined} where bucket.newest >= ${oldest} and ${conditions}`,
    ]
  }
  const own = profileCondition(tenantId, which)
  const profile = sql`profile.tenant_id = ${tenantId} and ${own}`
  if (remote) {
    return [
      sql`select token.id from token_profile as profile join issued_token as token on token.profile = profile.id
        where token.part = 0 and ${profile}`,
    ]
  }
  const byProfile = sql`select token.id from ${parts} cross join token_profile as profile
    cross join issued_token as token on token.part = bucket.part and token.profile = profile.id
    where bucket.newest >= ${oldest} and ${profile}`
  const { rows } =
    await sql`select id from token_profile as profile where ${profile} limit ${PROFILES_PROBED + 1}`.execute(kysely)
  if (rows.length <= PROFILES_PROBED) return [byProfile]
  // A recent partition is read through: a step for each of many profiles would be more.
  return [
    sql`select token.id from ${parts} cross join issued_token as token on token.part = bucket.part
      cross join token_profile as profile on profile.id = token.profile
      where bucket.part <= ${sql.lit(RECENT_MAX)} and bucket.newest >= ${oldest} and ${profile}`,
    sql`${byProfile} and bucket.part > ${sql.lit(RECENT_MAX)}`,
  ]
}

const PROFILE_COLUMNS = { realmId: 'profile.realm_id', clientId: 'profile.client_id' } as const

function profileCondition(tenantId: string, which: Exclude<TokenSelection, { userId: string }>): RawBuilder<unknown> {
  if ('audience' in which) return sql`profile.audience = ${which.audience}`
  if ('tenant' in which) return sql`1 = 1`
  const own = ownedBy(tenantId, which, (member) => sql.ref(PROFILE_COLUMNS[member as keyof typeof PROFILE_COLUMNS]))
  return sql.join(own, sql` and `)
}

/** One walk down from some tokens, and one insert. @returns how many tokens were revoked */
async function revokeTree({ kysely }: Connection, seed: RawBuilder<unknown>, now: number): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into revoked_token (id, revoked_at)
    with recursive below (id) as (
      select id from (${seed}) as seed
      union ${childrenOf(now)}
    ) select id, ${sql.lit(now)} from below where true
    on conflict do nothing`.execute(kysely)
  return Number(numAffectedRows ?? 0)
}
