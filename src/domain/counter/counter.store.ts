import type { ExpressionBuilder, Kysely } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'
import type { Reach } from '../context.ts'
import { type Among, tenantsWithin } from '../tenant/reached.store.ts'
import {
  DAY,
  DAYS_KEPT,
  daily,
  HAPPENINGS,
  type Happening,
  HOUR,
  HOURS_KEPT,
  SESSIONS,
  spanOf,
  type Total,
} from './counter.ts'

// Counts are kept for whole tenants, so what bounds these queries is the reach of who asks. What is in an admin realm, or
// in a realm or tenant that was deleted, counts for nothing.

export type CounterStore = ReturnType<typeof counterStore>

/** What to count in: what a reach covers, narrowed to a tenant, to a partner’s, or to a directory or realm. */
export interface CountedIn extends Among {
  readonly place?: string | undefined
}

/** How often something happened in a span of time. */
export interface Tally {
  readonly bucket: number
  readonly name: string
  readonly count: number
}

/** The counts that are kept as things happen. */
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
    /** How many there are now of one noun. */
    async total(name: Total, reach: Reach, within: CountedIn = {}): Promise<number> {
      return (await this.totals([name], reach, within))[name]
    },

    /** How many there are now, of several nouns at once. */
    async totals<Name extends Total>(
      names: readonly Name[],
      reach: Reach,
      within: CountedIn = {},
    ): Promise<Record<Name, number>> {
      const rows = await sumsWithin(reach, within)
        .where('counter.name', 'in', names)
        .where('counter.bucket', '=', 0)
        .where(isLiving)
        .execute()
      return Object.fromEntries(names.map((name) => [name, sumOf(rows, name)])) as Record<Name, number>
    },

    /** How many sessions hold: neither ended nor expired. Those that are left idle for too long count until they expire. */
    async sessions(reach: Reach, now: number, within: CountedIn = {}): Promise<number> {
      const next = spanOf(now, HOUR) + HOUR
      const later = await sumsWithin(reach, within)
        .where('counter.name', '=', SESSIONS)
        .where('counter.bucket', '>=', next)
        .where(isLiving)
        .execute()
      return sumOf(later, SESSIONS) + (await sessionsUntil(kysely, reach, { now, next, within }))
    },

    /** How often things happened in the spans from a moment on, those in which they did, oldest first. */
    async happened(
      happenings: readonly Happening[],
      by: 'hour' | 'day',
      since: number,
      reach: Reach,
      within: CountedIn = {},
    ): Promise<Tally[]> {
      const names = happenings.map((name) => (by === 'hour' ? name : daily(name)))
      const rows = await sumsWithin(reach, within)
        .select('counter.bucket')
        .where('counter.name', 'in', names)
        .where('counter.bucket', '>=', spanOf(since, by === 'hour' ? HOUR : DAY))
        .groupBy('counter.bucket')
        .orderBy('counter.bucket')
        .execute()
      return rows.map(({ bucket, name, sum }) => ({
        bucket,
        name: happenings[names.indexOf(name)] ?? name,
        count: Number(sum),
      }))
    },
  }
}

/** Forgets how often things happened long ago, and sessions that have expired. @param now milliseconds since 1970 */
export async function purgeCounters({ kysely }: Connection, now: number): Promise<void> {
  const ends = [
    [SESSIONS, now - DAY],
    ...HAPPENINGS.flatMap((name) => [
      [name, now - HOURS_KEPT],
      [daily(name), now - DAYS_KEPT],
    ]),
  ] as const
  for (const [name, end] of ends as readonly (readonly [string, number])[]) {
    await kysely
      .deleteFrom('counter')
      // Through the key, which begins with the tenant: there is no other index to keep.
      .where('tenant_id', 'in', kysely.selectFrom('tenant').select('id'))
      .where('name', '=', name)
      .where('bucket', '<', end)
      .execute()
  }
}

function sumOf(rows: readonly { name: string; sum: string | number | bigint }[], name: string): number {
  return Number(rows.find((row) => row.name === name)?.sum ?? 0)
}

/** That what is counted is in a living realm, or its directory, that is no admin realm. */
function isLiving(counter: ExpressionBuilder<Schema, 'counter'>) {
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

// What expires within the hour is few, and asked of the sessions themselves.
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
