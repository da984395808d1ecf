// Finds and deletes authorizations that no refresh token came from, and that are of no more use.
import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'

/** Where to go on: after a row. */
export interface AuthorizationCursor {
  readonly createdAt: number
  readonly id: string
}

/** What a step did. */
export interface AuthorizationStep {
  readonly deleted: number
  /** The last row that was looked at; undefined where there is none after it. */
  readonly last: AuthorizationCursor | undefined
}

/** Which authorizations: those from before a time, at a time, in milliseconds since 1970. */
interface Times {
  readonly before: number
  readonly now: number
}

/**
 * That an authorization is of no more use: its client need not be told that the session ends, because that has ended, or
 * because a later authorization of the session names the client.
 */
function isSpent(now: number) {
  return sql<number>`(family.revoked_at is not null
    or not exists (select 1 from session where session.id = family.session_id
      and session.ended_at is null and session.expires_at > ${now})
    or exists (select 1 from token_family as later where later.session_id = family.session_id
      and later.client_id = family.client_id and later.id > family.id))`
}

/** How many there are. @param most counting stops there */
export async function countSpent({ kysely }: Connection, { before, now }: Times, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from (
    select 1 as one from token_family as family
    where refreshed_at is null and created_at < ${before} and ${isSpent(now)} limit ${most}) as spent`.execute(kysely)
  return Number(rows[0]?.count ?? 0)
}

/** Looks at the next authorizations, the oldest first, and deletes those that are of no more use. @param limit how many to look at */
export async function deleteSpent(
  { kysely }: Connection,
  { before, now }: Times,
  after: AuthorizationCursor,
  limit: number,
): Promise<AuthorizationStep> {
  const { rows } = await sql<{ id: string; created_at: number; spent: number }>`
    select family.id, family.created_at, ${isSpent(now)} as spent from token_family as family
    where refreshed_at is null and created_at < ${before}
      and (created_at, id) > (${after.createdAt}, ${after.id})
    order by created_at, id limit ${limit}`.execute(kysely)
  const ids = rows.filter(({ spent }) => Boolean(spent)).map(({ id }) => id)
  if (ids.length > 0) await kysely.deleteFrom('token_family').where('id', 'in', ids).execute()
  const last = rows.length < limit ? undefined : rows.at(-1)
  return { deleted: ids.length, last: last && { createdAt: Number(last.created_at), id: last.id } }
}
