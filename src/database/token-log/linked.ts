// Says in SQL which link has a token, and which place the token has in the chain.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '../database.ts'
import { FIRST_NUMBER } from './writers.ts'

/** What the tokens of a link have as their seq: up to which value, and how far that is from their places in the chain. */
const LAST = sql`coalesce(link.number, link.seq)`
/** The place of a token in the chain. */
export const PLACE = sql`(token.seq - ${LAST} + link.seq)`
/** That a token is one of a link's. */
export const IS_LINKED = sql`token.id between link.first and link.last
  and token.seq between ${LAST} - link.count + 1 and ${LAST}`

/** That a token is one of a link's that has no place. */
export const IS_UNPLACED = sql`token.id between link.first and link.last
  and token.seq between link.number - link.count + 1 and link.number`

/**
 * The tokens in the span of ids of each link, to be joined to a table of links that is named `link`. PostgreSQL does not know
 * how few these are, and would read the whole table for some links: `offset 0` has it search for each link by itself.
 */
export function joinTokens({ remote }: Connection): RawBuilder<unknown> {
  if (!remote) return sql`cross join issued_token as token`
  return sql`cross join lateral (
    select * from issued_token as one where one.id between link.first and link.last offset 0
  ) as token`
}

/**
 * The end of the link that should have a token; null where there is none. Whether it has it is said by {@link IS_LINKED}.
 * @param tenantId whose link it is, as SQL
 */
export function linkSeqOf(tenantId: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`case when token.seq < ${sql.lit(FIRST_NUMBER)}
    then (select min(next.seq) from token_link as next where next.tenant_id = ${tenantId} and next.seq >= token.seq)
    else (select next.seq from token_link as next where next.tenant_id = ${tenantId} and next.number >= token.seq
      order by next.number limit 1) end`
}
