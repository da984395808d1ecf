import { Failure } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import type { Context, Reach } from '../context.ts'
import { DAY, HAPPENINGS, HOUR, spanOf, TOTALS } from '../counter/counter.ts'
import type { Stats, Trend, TrendQuery } from './dashboard.ts'

const DAY_IN_HOURS = 24
const HOURS_MAX = 7 * DAY_IN_HOURS

/** How much there is within reach, or in the scope’s tenant where there is one. */
export async function readStats(context: Context): Promise<Stats> {
  const { read, clock, actor } = context
  const reach = reachOf(context)
  const now = clock.now()
  const totals = await read.counters.totals(TOTALS, reach)
  const lately = await read.counters.happened(HAPPENINGS, 'hour', now - (DAY_IN_HOURS - 1) * HOUR, reach)
  const sum = (wanted: string) => lately.reduce((all, { name, count }) => (name === wanted ? all + count : all), 0)
  return {
    partners: actor.reach.kind === 'platform' && reach.kind === 'platform' ? await read.partners.count() : null,
    tenants: await read.tenants.count(reach),
    users: totals.users,
    activeUsers: totals.active_users,
    groups: totals.groups,
    applications: totals.applications,
    agents: totals.agents,
    activeSessions: await read.counters.sessions(reach, now),
    signIns: sum('sign_ins'),
    failedSignIns: sum('failed_sign_ins'),
  }
}

/** How often people signed in within reach, hour by hour or day by day; none are left out. @throws Failure `invalid_input` for more hours than are kept */
export async function readTrend(context: Context, { by, length }: TrendQuery): Promise<Trend> {
  if (by === 'hour' && length > HOURS_MAX) {
    const message = `at most ${HOURS_MAX} hours`
    throw new Failure('invalid_input', { message: `length: ${message}`, flaws: [{ path: 'length', message }] })
  }
  const span = by === 'hour' ? HOUR : DAY
  const last = spanOf(context.clock.now(), span)
  const first = last - (length - 1) * span
  const tallies = await context.read.counters.happened(HAPPENINGS, by, first, reachOf(context))
  const of = (bucket: number, wanted: string) =>
    tallies.find((tally) => tally.bucket === bucket && tally.name === wanted)?.count ?? 0
  const data = Array.from({ length }, (_, index) => {
    const from = first + index * span
    return { from, signIns: of(from, 'sign_ins'), failedSignIns: of(from, 'failed_sign_ins') }
  })
  return { by, data }
}

// Above all tenants the caller’s reach bounds what is counted; a tenant that is asked about bounds it further.
function reachOf({ actor, scope }: Context): Reach {
  return scope.tenantId === PLATFORM ? actor.reach : { kind: 'tenant', tenantId: scope.tenantId }
}
