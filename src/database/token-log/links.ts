// Reads the links that tokens make in a tenant's chain of events, and the tokens of links as events.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '../database.ts'
import { prepared } from '../prepared.ts'
import type { EventTable } from '../tables/log.ts'
import type { TokenLinkTable } from '../tables/tokens.ts'
import { bytesToId, bytesToText, idToBytes, ipToBytes, isUuid, timeOfId } from './bytes.ts'
import { IS_LINKED, IS_UNPLACED, joinTokens, linkSeqOf, PLACE } from './linked.ts'
import { type FullRow, type TokenEventRow, toTokenEvent } from './token-row.ts'

/** Links that are read at once: some thousand rows at most under load. */
const LINKS = 64

/** A row with the hash of its link. */
export type LinkedRow = FullRow & LinkHash

interface LinkHash {
  readonly link_seq: number
  readonly link_hash: string
}

/** Which issued tokens of a tenant to read as events. */
export interface TokenEventFilter {
  readonly actorIds?: readonly string[] | undefined
  readonly subjectId?: string | undefined
  readonly realmId?: string | undefined
  readonly ip?: string | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** The text whose MAC is a link's hash. No event has the same text, for it has other members. */
export function linkText(
  previousHash: string,
  link: Pick<TokenLinkTable, 'tenant_id' | 'seq' | 'count' | 'digest'>,
): string {
  return JSON.stringify([previousHash, 'token.issued', link.tenant_id, link.seq, link.count, bytesToText(link.digest)])
}

const after = prepared<{ tenant_id: string; seq: number; limit: number }, TokenLinkTable>(
  'token_link_after',
  (kysely, value) =>
    kysely
      .selectFrom('token_link')
      .selectAll()
      .where('tenant_id', '=', value('tenant_id'))
      .where('seq', '>', value('seq'))
      .orderBy('seq')
      .limit(value('limit')),
)

/** The links of a tenant in the order of the chain, after a seq. */
export function linksAfter(
  connection: Connection,
  tenantId: string,
  seq: number,
  limit: number,
): Promise<TokenLinkTable[]> {
  return connection.run(after, { tenant_id: tenantId, seq, limit })
}

type LinkExtent = Pick<TokenLinkTable, 'seq' | 'count'>

/** The links that have tokens in a span of seqs, the newest first. */
const extentsBefore = prepared<{ tenant_id: string; from: number; before: number; limit: number }, LinkExtent>(
  'token_link_extents_before',
  (kysely, value) =>
    kysely
      .selectFrom('token_link')
      .select(['seq', 'count'])
      .where('tenant_id', '=', value('tenant_id'))
      // A link that ends after the span may begin within it.
      .where('seq', '>=', value('from'))
      .where((row) => row(sql<number>`seq - count + 1`, '<', value('before')))
      .orderBy('seq', 'desc')
      .limit(value('limit')),
)

/** The columns of {@link TokenEventRow}, but the place. */
const EVENT_COLUMNS = sql`token.id, token.delay, token.ip, token.request_id, token.user_id, token.parent_id,
  profile.tenant_id, profile.realm_id, profile.client_id, profile.client_name, profile.client_label,
  profile.grant_type, profile.audience, profile.scopes, profile.surface, user_agent.text as user_agent`

const COLUMNS = sql`${EVENT_COLUMNS}, token.seq, token.hash, token.expires_at, token.session_id, token.family_id,
  token.confirmation, token.act, profile.kid`

/** Tokens with what they refer to. @param tokens a table or query named `token`, and what is joined to it */
export function fullRows(tokens: RawBuilder<unknown>, rest: RawBuilder<unknown>): RawBuilder<FullRow> {
  return sql`select ${COLUMNS}, revoked.revoked_at from ${tokens}
    join token_profile as profile on profile.id = token.profile
    left join user_agent on user_agent.id = token.agent
    left join revoked_token as revoked on revoked.id = token.id ${rest}`
}

/** Which tokens of a span of links to read. */
interface LinkSpan {
  readonly from: number
  readonly to: number
  readonly conditions?: readonly RawBuilder<unknown>[]
  readonly descending?: boolean
  readonly limit?: number
}

/** The tokens of the links of a tenant that have no place in its chain, with what they refer to. */
export async function rowsOfUnplaced(
  connection: Connection,
  tenantId: string,
): Promise<(FullRow & { readonly link_number: number; readonly part: number })[]> {
  const { rows } = await sql<FullRow & { readonly link_number: number; readonly part: number }>`
    select ${COLUMNS}, token.part, link.number as link_number from unplaced_link as link
    ${joinTokens(connection)}
    join token_profile as profile on profile.id = token.profile
    left join user_agent on user_agent.id = token.agent
    where link.tenant_id = ${tenantId} and profile.tenant_id = ${tenantId}
      and ${IS_UNPLACED} order by token.seq`.execute(connection.kysely)
  return rows
}

/** The tokens of a span of links, in the order of the chain. */
export async function rowsOfLinks(
  connection: Connection,
  tenantId: string,
  span: LinkSpan,
): Promise<(LinkedRow & { readonly part: number })[]> {
  const columns = sql`${COLUMNS}, token.part`
  return selectOfLinks<LinkedRow & { readonly part: number }>(connection, columns, tenantId, span)
}

/** The tokens of a span of links as events, in the order of the chain. */
async function eventsOfLinks(connection: Connection, tenantId: string, span: LinkSpan): Promise<EventTable[]> {
  const columns = sql`${EVENT_COLUMNS}, ${PLACE} as seq`
  const rows = await selectOfLinks<TokenEventRow & LinkHash>(connection, columns, tenantId, span)
  return rows.map((row) => toTokenEvent(row, row.link_hash))
}

async function selectOfLinks<Row>(
  connection: Connection,
  columns: RawBuilder<unknown>,
  tenantId: string,
  { from, to, conditions = [], descending = false, limit }: LinkSpan,
): Promise<Row[]> {
  const direction = sql.raw(descending ? 'desc' : 'asc')
  const all = [
    sql`link.tenant_id = ${tenantId} and link.seq between ${from} and ${to} and profile.tenant_id = ${tenantId}`,
    ...conditions,
  ]
  const { rows } = await sql<Row>`
    select ${columns}, link.seq as link_seq, link.hash as link_hash from token_link as link
    ${joinTokens(connection)}
    join token_profile as profile on profile.id = token.profile
    left join user_agent on user_agent.id = token.agent
    where ${sql.join(all, sql` and `)} and ${IS_LINKED}
    order by link.seq ${direction}, token.seq ${direction}
    ${limit === undefined ? sql`` : sql`limit ${limit}`}`.execute(connection.kysely)
  return rows
}

/** Issued tokens as events in the order of the chain, after a seq. */
export async function tokenEventsAfter(
  connection: Connection,
  tenantId: string,
  seq: number,
  limit: number,
): Promise<EventTable[]> {
  const links = await linksAfter(connection, tenantId, seq, limit)
  const [first, last] = [links[0], links.at(-1)]
  if (!first || !last) return []
  const conditions = [sql`${PLACE} > ${seq}`]
  return eventsOfLinks(connection, tenantId, { from: first.seq, to: last.seq, conditions, limit })
}

/** A list of issued tokens as events, the newest first, which may be long: it is read some links at a time. */
export interface TokenEventQuery {
  readonly filter: TokenEventFilter
  /** Bounds of the seq: the least, and an exclusive end. */
  readonly from: number
  readonly before: number
  readonly limit: number
  /** Called with how many tokens were read. Returning false ends the list. */
  readonly onRead?: (rows: number) => boolean
}

/** Issued tokens as events, the newest first. */
export async function tokenEventsBefore(
  connection: Connection,
  tenantId: string,
  { filter, from, before, limit, onRead }: TokenEventQuery,
): Promise<EventTable[]> {
  const conditions = conditionsOf(filter)
  if (conditions === undefined) return []
  if (filter.realmId !== undefined && !(await hasProfile(connection, tenantId, filter.realmId))) return []
  if (filter.subjectId !== undefined) {
    const own = [...conditions, sql`profile.tenant_id = ${tenantId} and ${PLACE} >= ${from} and ${PLACE} < ${before}`]
    const events = await eventsOfTokens(connection, sql.join(own, sql` and `))
    return events.filter(({ occurred_at: at }) => isWithin(at, filter))
  }
  const matching: EventTable[] = []
  const isSelective = Object.values(filter).some((value) => value !== undefined)
  let end = before
  for (;;) {
    // Each link has a token, so that an unfiltered list needs no more links than tokens.
    const size = isSelective ? LINKS : Math.min(LINKS, limit - matching.length)
    const values = { tenant_id: tenantId, from, before: end, limit: size }
    const links = await connection.run(extentsBefore, values)
    const [newest, oldest] = [links[0], links.at(-1)]
    if (!newest || !oldest) return matching
    const inSpan = [...conditions, sql`${PLACE} >= ${from} and ${PLACE} < ${before}`]
    const span = { from: oldest.seq, to: newest.seq, conditions: inSpan, descending: true }
    // Times are compared after reading, so that only a list without them knows how many rows it needs.
    const isTimed = filter.since !== undefined || filter.until !== undefined
    const events = await eventsOfLinks(
      connection,
      tenantId,
      isTimed ? span : { ...span, limit: limit - matching.length },
    )
    matching.push(...events.filter(({ occurred_at: at }) => isWithin(at, filter)))
    const read = links.reduce((sum, { count }) => sum + count, 0)
    if (matching.length >= limit || links.length < size || onRead?.(read) === false) return matching.slice(0, limit)
    end = oldest.seq - oldest.count + 1
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function isWithin(moment: number, { since = 0, until = Number.MAX_SAFE_INTEGER }: TokenEventFilter): boolean {
  return moment >= since && moment < until
}

/** Undefined where no token can pass. */
function conditionsOf({ actorIds, subjectId, realmId, ip }: TokenEventFilter): RawBuilder<unknown>[] | undefined {
  const conditions: RawBuilder<unknown>[] = []
  if (subjectId !== undefined) {
    if (!isUuid(subjectId)) return undefined
    conditions.push(sql`token.id = ${idToBytes(subjectId)}`)
  }
  if (actorIds !== undefined) {
    const actors = actorIds.filter(isUuid)
    if (actors.length === 0) return undefined
    const users = sql`token.user_id in (${sql.join(actors.map(idToBytes))})`
    conditions.push(sql`(${users} or (token.user_id is null and profile.client_id in (${sql.join(actors)})))`)
  }
  if (realmId !== undefined) conditions.push(sql`profile.realm_id = ${realmId}`)
  if (ip !== undefined) conditions.push(sql`token.ip = ${ipToBytes(ip)}`)
  return conditions
}

/** Whether the tenant issued any token in a realm, so that a list for none ends at once. */
async function hasProfile({ kysely }: Connection, tenantId: string, realmId: string): Promise<boolean> {
  const profiles = kysely.selectFrom('token_profile').select('id').where('tenant_id', '=', tenantId)
  return (await profiles.where('realm_id', '=', realmId).limit(1).execute()).length > 0
}

/** The token whose event has an id; undefined where there is none. @param tenantId of any tenant by default */
export async function tokenEventById(
  connection: Connection,
  id: string,
  tenantId?: string,
): Promise<EventTable | undefined> {
  if (!isUuid(id)) return undefined
  // The event's id has the first half of the token's.
  const prefix = id.slice(0, 19)
  const [low, high] = [idToBytes(`${prefix}0000-000000000000`), idToBytes(`${prefix}ffff-ffffffffffff`)]
  const tenant = tenantId === undefined ? sql`` : sql`and profile.tenant_id = ${tenantId}`
  const events = await eventsOfTokens(connection, sql`token.id between ${low} and ${high} ${tenant}`)
  return events.find((event) => event.id === id)
}

/** Tokens as events, with the links that their seqs are in. */
async function eventsOfTokens({ kysely }: Connection, condition: RawBuilder<unknown>): Promise<EventTable[]> {
  const { rows } = await sql<TokenEventRow & LinkHash>`
    select ${EVENT_COLUMNS}, ${PLACE} as seq, link.seq as link_seq, link.hash as link_hash from issued_token as token
    join token_profile as profile on profile.id = token.profile
    left join user_agent on user_agent.id = token.agent
    join token_link as link on link.tenant_id = profile.tenant_id and link.seq = (${linkSeqOf(sql`profile.tenant_id`)})
    where ${condition}`.execute(kysely)
  return rows.map((row) => toTokenEvent(row, row.link_hash))
}

/** The first link that ends after a seq: where it begins and ends, and its newest token's time. */
export async function firstLinkAfter(
  connection: Connection,
  tenantId: string,
  seq: number,
): Promise<{ seq: number; first: number; occurredAt: number } | undefined> {
  const [link] = await linksAfter(connection, tenantId, seq, 1)
  return link && { seq: link.seq, first: link.seq - link.count + 1, occurredAt: timeOfId(link.last) }
}

/** For each of some tenants that issued tokens, a text that is not less than the id of any of their tokens' events. */
export async function newestTokenBounds(
  { kysely }: Connection,
  tenantIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ tenant_id: string; last: Uint8Array }>`
    select head.tenant_id, link.last from event_head as head
    join token_link as link on link.tenant_id = head.tenant_id and link.seq = (
      select max(newest.seq) from token_link as newest where newest.tenant_id = head.tenant_id
    ) where head.tenant_id in (${sql.join(tenantIds)})`.execute(kysely)
  // An event's id has the first half of its token's; the rest is its place.
  return new Map(rows.map(({ tenant_id: tenantId, last }) => [tenantId, `${bytesToId(last).slice(0, 19)}g`]))
}
