// Reads and purges the counts.
import type { ExpressionBuilder, Kysely } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'
import type { Reach } from '../actor.ts'
import { type TenantFilter, tenantsWithin } from '../tenant/tenants-within.store.ts'
import {
  DAILY_RETENTION,
  DAY,
  daily,
  HOUR,
  HOURLY_RETENTION,
  OCCURRENCES,
  type Occurrence,
  SESSIONS,
  spanOf,
  type Total,
} from './counter.ts'

// The counts are kept per tenant, so the caller's reach limits these queries. Admin realms and deleted realms and
// tenants are not counted.

export type CounterStore = ReturnType<typeof counterStore>

/** Where to count: within a reach, and optionally within one tenant, partner, directory or realm. */
export interface CountedIn extends TenantFilter {
  readonly place?: string | undefined
}

/** The number of times that something happened in a period. */
export interface PeriodCount {
  readonly bucket: number
  readonly name: string
  readonly count: number
}

/** The counts of one tenant. */
export function counterStore({ kysely }: Connection) {
  const sumsWithin = (reach: Reach, { place, ...among }: CountedIn) => {
    const sums = kysely
      .selectFrom('counter')
      .select(['counter.name', ({ fn }) => fn.sum('counter.value').as('sum')])
      .where('counter.tenant_id', 'in', tenantsWithin(kysely, reach, among))
      .groupBy('counter.name')
    return place === undefined ? sums : sums.where('counter.place', '=', place)
  }
  return {
    /** The current number of one noun. */
    async total(name: Total, reach: Reach, within: CountedIn = {}): Promise<number> {
      return (await this.totals([name], reach, within))[name]
    },

    /** The current numbers of several nouns. */
    async totals<Name extends Total>(
      names: readonly Name[],
      reach: Reach,
      within: CountedIn = {},
    ): Promise<Record<Name, number>> {
      const rows = await sumsWithin(reach, within)
        .where('counter.name', 'in', names)
        .where('counter.bucket', '=', 0)
        .where(isInExistingRealm)
        .execute()
      return Object.fromEntries(names.map((name) => [name, sumOf(rows, name)])) as Record<Name, number>
    },

    /** The number of sessions that have neither ended nor expired. Idle sessions count until they expire. */
    async sessions(reach: Reach, now: number, within: CountedIn = {}): Promise<number> {
      const next = spanOf(now, HOUR) + HOUR
      const later = await sumsWithin(reach, within)
        .where('counter.name', '=', SESSIONS)
        .where('counter.bucket', '>=', next)
        .where(isInExistingRealm)
        .execute()
      return sumOf(later, SESSIONS) + (await sessionsUntil(kysely, reach, { now, next, within }))
    },

    /** The counts per period since a time, oldest first; periods without any are left out. */
    async happened(
      occurrences: readonly Occurrence[],
      by: 'hour' | 'day',
      since: number,
      reach: Reach,
      within: CountedIn & { readonly withoutAdministrators?: boolean } = {},
    ): Promise<PeriodCount[]> {
      const { withoutAdministrators = false, ...place } = within
      const names = occurrences.map((name) => (by === 'hour' ? name : daily(name)))
      const sums = sumsWithin(reach, place)
      const rows = await (withoutAdministrators ? sums.where(isInExistingRealm) : sums)
        .select('counter.bucket')
        .where('counter.name', 'in', names)
        .where('counter.bucket', '>=', spanOf(since, by === 'hour' ? HOUR : DAY))
        .groupBy('counter.bucket')
        .orderBy('counter.bucket')
        .execute()
      return rows.map(({ bucket, name, sum }) => ({
        bucket,
        name: occurrences[names.indexOf(name)] ?? name,
        count: Number(sum),
      }))
    },
  }
}

/** Deletes old counts, and the counts of expired sessions. @param now milliseconds since 1970 */
export async function purgeCounters({ kysely }: Connection, now: number): Promise<void> {
  const ends = [
    [SESSIONS, now - DAY],
    ...OCCURRENCES.flatMap((name) => [
      [name, now - HOURLY_RETENTION],
      [daily(name), now - DAILY_RETENTION],
    ]),
  ] as const
  for (const [name, end] of ends as readonly (readonly [string, number])[]) {
    await kysely
      .deleteFrom('counter')
      // Uses the primary key, which begins with the tenant, so that no other index is needed.
      .where('tenant_id', 'in', kysely.selectFrom('tenant').select('id'))
      .where('name', '=', name)
      .where('bucket', '<', end)
      .execute()
  }
}

function sumOf(rows: readonly { name: string; sum: string | number | bigint }[], name: string): number {
  return Number(rows.find((row) => row.name === name)?.sum ?? 0)
}

/** Condition: the count belongs to a realm that is not deleted and is no admin realm, or to the directory of one. */
function isInExistingRealm(counter: ExpressionBuilder<Schema, 'counter'>) {
  const realms = counter
    .selectFrom('realm')
    .select('realm.id')
    .whereRef('realm.tenant_id', '=', 'counter.tenant_id')
    .where(({ eb, or, ref }) =>
      or([eb('realm.id', '=', ref('counter.place')), eb('realm.directory_id', '=', ref('counter.place'))]),
    )
    .where('realm.kind', '<>', 'admin')
    .where('realm.deleted_at', 'is', null)
  return counter.exists(realms)
}

// Sessions that expire within the current hour are few, so they are counted row by row.
async function sessionsUntil(
  kysely: Kysely<Schema>,
  reach: Reach,
  { now, next, within: { place, ...among } }: { now: number; next: number; within: CountedIn },
): Promise<number> {
  let sessions = kysely
    .selectFrom('session')
    .innerJoin('realm', 'realm.id', 'session.realm_id')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('session.tenant_id', 'in', tenantsWithin(kysely, reach, among))
    .where('session.ended_at', 'is', null)
    .where('session.expires_at', '>', now)
    .where('session.expires_at', '<', next)
    .where('realm.kind', '<>', 'admin')
    .where('realm.deleted_at', 'is', null)
  if (place !== undefined) sessions = sessions.where('session.realm_id', '=', place)
  return Number((await sessions.executeTakeFirstOrThrow()).count)
}
