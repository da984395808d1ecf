// Deletes old tokens, a bounded number at once.
import { sql } from 'kysely'
import { floorId } from '#kernel/id.ts'
import type { Connection } from '../database.ts'
import { IS_LINKED, joinTokens } from './linked.ts'
import { linksAfter } from './links.ts'

/** Links that are read at once, so that those with few tokens do not take a write each. */
const LINKS = 64

/** What a step of a purge of a chain did. */
export interface PurgeStep {
  readonly deleted: number
  /** The last entry that was deleted, or whose tokens were; the next step goes on after it. Undefined if there are no more. */
  readonly last: number | undefined
}

/** Which links of a tenant's chain to take. */
export interface LinkSpan {
  /** The link after which to begin. */
  readonly after: number
  /** The last link. */
  readonly through: number
  /** Whether the links go with their tokens. */
  readonly links: boolean
}

/** Deletes the tokens of the next links of a tenant's chain. @param limit about how many tokens */
export async function purgeLinkedTokens(
  connection: Connection,
  tenantId: string,
  span: LinkSpan,
  limit: number,
): Promise<PurgeStep> {
  const { kysely } = connection
  let last: number | undefined
  let tokens = 0
  for (const link of await linksAfter(connection, tenantId, span.after, LINKS)) {
    if (link.seq > span.through || tokens >= limit) break
    tokens += link.count
    last = link.seq
  }
  if (last === undefined) return { deleted: 0, last }
  // PostgreSQL would compile the statements, which takes longer than they do, and a pooler keeps no setting of a connection.
  if (connection.remote) await sql`set local jit = off`.execute(kysely)
  const { rows } = await sql<{ id: Uint8Array }>`
    select token.id from token_link as link
    ${joinTokens(connection)}
    where link.tenant_id = ${tenantId} and link.seq > ${span.after} and link.seq <= ${last} and ${IS_LINKED}
      and (select tenant_id from token_profile as profile where profile.id = token.profile) = ${tenantId}`.execute(
    kysely,
  )
  const ids = rows.map(({ id }) => id)
  if (ids.length > 0) {
    await kysely.deleteFrom('issued_token').where('id', 'in', ids).execute()
    await kysely.deleteFrom('revoked_token').where('id', 'in', ids).execute()
  }
  if (span.links) {
    await kysely
      .deleteFrom('token_link')
      .where('tenant_id', '=', tenantId)
      .where('seq', '>', span.after)
      .where('seq', '<=', last)
      .execute()
  }
  return { deleted: ids.length, last }
}

/**
 * Looks for the next link of a tenant's chain that has tokens: those before it were purged by an earlier round.
 * @param after the link after which to begin
 * @param through the last link
 * @param limit how many links to look at
 * @returns the link after which to go on, and whether one with tokens follows it; undefined if there are no more links
 */
export async function nextLinkedToken(
  { kysely }: Connection,
  tenantId: string,
  { after, through }: Pick<LinkSpan, 'after' | 'through'>,
  limit: number,
): Promise<{ after: number; found: boolean } | undefined> {
  const { rows } = await sql<{ last: number | null; found: number | null }>`
    select max(link.seq) as last, min(case when exists (
      select 1 from issued_token as token where ${IS_LINKED}
        and (select tenant_id from token_profile as profile where profile.id = token.profile) = ${tenantId}
    ) then link.seq end) as found from (
      select * from token_link where tenant_id = ${tenantId} and seq > ${after} and seq <= ${through}
      order by seq limit ${limit}
    ) as link`.execute(kysely)
  const [{ last = null, found = null } = {}] = rows
  if (last === null) return undefined
  return found === null ? { after: last, found: false } : { after: found - 1, found: true }
}

/** How many tokens the links of a tenant have, after one link and through another. */
export async function countLinkedTokens(
  { kysely }: Connection,
  tenantId: string,
  after: number,
  through: number,
): Promise<number> {
  const { sum } = await kysely
    .selectFrom('token_link')
    .select(({ fn }) => fn.sum('count').as('sum'))
    .where('tenant_id', '=', tenantId)
    .where('seq', '>', after)
    .where('seq', '<=', through)
    .executeTakeFirstOrThrow()
  return Number(sum ?? 0)
}

/** Deletes tokens of earlier versions that were issued before a time, in milliseconds since 1970. @returns how many */
export async function purgePreviousTokens({ kysely }: Connection, before: number, limit: number): Promise<number> {
  const old = kysely.selectFrom('issuance').select('id').where('id', '<', floorId(before)).orderBy('id').limit(limit)
  const { numDeletedRows } = await kysely.deleteFrom('issuance').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
}
