// Gives the tokens that were written without the lock of their tenant's chain their places in it.
import { sql } from 'kysely'
import type { Connection, TokenBatch } from '../database.ts'
import { prepared } from '../prepared.ts'
import type { TokenLinkTable, UnplacedLinkTable } from '../tables/tokens.ts'
import { bytesToText } from './bytes.ts'
import { linkText } from './links.ts'
import { beginningOf, NUMBERS, writerOf } from './writers.ts'

// A token that is issued alone needs no lock, so that processes do not wait for each other. Its link has a number of its
// writer, which has no gap, and an HMAC. Whoever next locks the head of the chain puts the links that have no place at its
// end, before anything else. So a link has a place before an event that comes later, and within a moment if nobody comes.

/** The end of a tenant's chain. */
interface Head {
  readonly seq: number
  readonly hash: string
}

/** The text whose HMAC protects a link without a place. No other text has the same members. */
export function unplacedText({
  tenant_id: tenantId,
  number,
  count,
  digest,
}: Pick<UnplacedLinkTable, 'tenant_id' | 'number' | 'count' | 'digest'>): string {
  return JSON.stringify(['token.unplaced', tenantId, number, count, bytesToText(digest)])
}

/** Links that get their places at once, at most. */
export const TAKEN_MAX = 5000

/** Forged links that a process remembers, at most. */
const REMEMBERED_MAX = 1000

/** The links that somebody else has put in, as far as one process has met them. It leaves them where they are. */
export class ForgedLinks {
  readonly #byTenant = new Map<string, UnplacedLinkTable[]>()
  #count = 0

  /** Remembers a link. @returns false where there is no more room */
  add(link: UnplacedLinkTable): boolean {
    if (this.#count === REMEMBERED_MAX) return false
    this.#count += 1
    this.#byTenant.set(link.tenant_id, [...this.of(link.tenant_id), link])
    return true
  }

  /** Those that are known of a tenant. */
  of(tenantId: string): readonly UnplacedLinkTable[] {
    return this.#byTenant.get(tenantId) ?? []
  }
}

interface Take {
  tenant_id: string
  numbers: number[]
  counts: number[]
  digests: Uint8Array[]
  macs: string[]
}

// By their numbers, so that those of each writer stay in their order. One that is known as forged and was not changed since
// stays where it is.
const take = prepared<Take, UnplacedLinkTable>('unplaced_link_take', (kysely, value) => {
  const own = sql`link.tenant_id = ${value('tenant_id')} and not exists (
    select 1 from unnest(
      ${value('numbers')}::bigint[], ${value('counts')}::bigint[], ${value('digests')}::bytea[], ${value('macs')}::text[]
    ) as forged(number, count, digest, mac)
    where forged.number = link.number and forged.count = link.count and forged.digest = link.digest
      and forged.mac = link.mac)`
  return {
    compile: () =>
      sql<UnplacedLinkTable>`
        delete from unplaced_link as link where ${own} and link.number <= (
          select max(first.number) from (
            select link.number from unplaced_link as link where ${own} order by link.number limit ${sql.lit(TAKEN_MAX)}
          ) as first
        ) returning link.*`.compile(kysely),
  }
})

/**
 * Takes the first {@link TAKEN_MAX} links of a tenant that have no place. The head of the chain must be locked by a statement
 * before.
 */
export async function takeUnplaced(
  connection: Connection,
  tenantId: string,
  forged: ForgedLinks,
): Promise<UnplacedLinkTable[]> {
  if (!connection.remote) return []
  const known = forged.of(tenantId)
  return connection.run(take, {
    tenant_id: tenantId,
    numbers: known.map(({ number }) => number),
    counts: known.map(({ count }) => count),
    digests: known.map(({ digest }) => digest),
    macs: known.map(({ mac }) => mac),
  })
}

/** The greatest number that has a place in a tenant's chain, of each of some writers. */
const newestNumbers = prepared<
  { tenant_id: string; beginnings: number[] },
  { beginning: number; newest: number | null }
>('token_link_newest_numbers', (kysely, value) => ({
  compile: () =>
    sql<{ beginning: number; newest: number | null }>`
        select writer.beginning, (
          select max(link.number) from token_link as link where link.tenant_id = ${value('tenant_id')}
            and link.number >= writer.beginning and link.number < writer.beginning + ${sql.lit(NUMBERS)}
        ) as newest from unnest(${value('beginnings')}::bigint[]) as writer(beginning)`.compile(kysely),
}))

/**
 * Which of some links somebody else has put in: they have no valid HMAC, or their numbers have a place already.
 * @param mac the HMAC that makes the chain
 */
async function forgedAmong(
  connection: Connection,
  taken: readonly UnplacedLinkTable[],
  mac: (text: string) => string,
): Promise<ReadonlySet<UnplacedLinkTable>> {
  const [{ tenant_id: tenantId } = { tenant_id: '' }] = taken
  const beginnings = [...new Set(taken.map(({ number }) => beginningOf(number)))]
  const rows = await connection.run(newestNumbers, { tenant_id: tenantId, beginnings })
  const newest = new Map(rows.map((row) => [row.beginning, row.newest ?? 0]))
  return new Set(
    taken.filter((link) => {
      const isPlaced = link.number - link.count < (newest.get(beginningOf(link.number)) ?? 0)
      return isPlaced || mac(unplacedText(link)) !== link.mac
    }),
  )
}

/**
 * Puts links at the end of a chain. One that somebody else has put in goes back, where a verification finds it.
 * @param mac the HMAC that makes the chain
 * @param onForged called with each link that somebody else has put in
 */
export async function place(
  connection: Connection,
  taken: readonly UnplacedLinkTable[],
  head: Head,
  { mac, onForged }: { readonly mac: (text: string) => string; readonly onForged: (link: UnplacedLinkTable) => void },
): Promise<{ links: TokenLinkTable[]; batches: TokenBatch[] }> {
  if (taken.length === 0) return { links: [], batches: [] }
  const forged = await forgedAmong(connection, taken, mac)
  if (forged.size > 0) {
    await connection.kysely
      .insertInto('unplaced_link')
      .values([...forged])
      .execute()
    forged.forEach(onForged)
  }
  const links: TokenLinkTable[] = []
  let { seq, hash } = head
  for (const { mac: _, ...unplaced } of inOrder(taken.filter((link) => !forged.has(link)))) {
    seq += unplaced.count
    hash = mac(linkText(hash, { ...unplaced, seq }))
    links.push({ ...unplaced, seq, hash })
  }
  // Whoever wants the tokens reads them: another process may have issued them.
  return { links, batches: links.map(({ tenant_id: tenantId, ...link }) => ({ ...link, tenantId, events: undefined })) }
}

/** In the order of time, as far as that keeps each writer's order. */
export function inOrder<Link extends Pick<UnplacedLinkTable, 'number' | 'first'>>(links: readonly Link[]): Link[] {
  const byWriter = [...Map.groupBy(links, ({ number }) => writerOf(number)).values()]
  for (const own of byWriter) own.sort((left, right) => right.number - left.number)
  const ordered: Link[] = []
  while (ordered.length < links.length) {
    let next: Link[] | undefined
    for (const own of byWriter) {
      const [one, other] = [own.at(-1), next?.at(-1)]
      if (one && (!other || Buffer.compare(one.first, other.first) < 0)) next = own
    }
    const link = next?.pop()
    if (link) ordered.push(link)
  }
  return ordered
}

/** The tenants that have links without a place. @param among only of these; undefined for all */
export async function tenantsToPlace({ kysely }: Connection, among?: readonly string[]): Promise<string[]> {
  if (among?.length === 0) return []
  const all = kysely.selectFrom('unplaced_link').select('tenant_id').distinct()
  const rows = await (among ? all.where('tenant_id', 'in', among) : all).execute()
  return rows.map(({ tenant_id: tenantId }) => tenantId)
}
