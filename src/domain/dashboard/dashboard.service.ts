// Computes totals and trends for the caller's reach.
import { flawed } from '#kernel/error.ts'
import { PLATFORM } from '#kernel/id.ts'
import type { Reach } from '../actor.ts'
import type { Context } from '../context.ts'
import { DAY, HOUR, OCCURRENCES, spanOf, TOTALS } from '../counter/counter.ts'
import type { History, HistoryQuery, Overview, Stats, Trend, TrendQuery } from './dashboard.ts'

const DAY_IN_HOURS = 24
const HOURS_MAX = 7 * DAY_IN_HOURS

/** The totals within reach, or of the scope’s tenant if there is one. */
export async function readStats(context: Context): Promise<Stats> {
  const { read, clock, actor } = context
  const reach = reachOf(context)
  const now = clock.now()
  const totals = await read.acrossTenants.counters.totals(TOTALS, reach)
  const lately = await read.acrossTenants.counters.happened(OCCURRENCES, 'hour', now - (DAY_IN_HOURS - 1) * HOUR, reach)
  const sum = (occurrence: string) =>
    lately.reduce((all, { name, count }) => (name === occurrence ? all + count : all), 0)
  return {
    partners:
      actor.reach.kind === 'platform' && reach.kind === 'platform'
        ? await read.acrossTenants.partners.count(reach)
        : null,
    tenants: await read.acrossTenants.tenants.count(reach),
    users: totals.users,
    activeUsers: totals.active_users,
    groups: totals.groups,
    applications: totals.applications,
    agents: totals.agents,
    activeSessions: await read.acrossTenants.counters.sessions(reach, now),
    signIns: sum('sign_ins'),
    failedSignIns: sum('failed_sign_ins'),
  }
}

/**
 * The number of sign-ins within reach per hour or per day, without gaps.
 * @throws Failure `invalid_input` for more hours than are kept
 */
export async function readTrend(context: Context, { by, length }: TrendQuery): Promise<Trend> {
  if (by === 'hour' && length > HOURS_MAX) {
    const message = `at most ${HOURS_MAX} hours`
    throw flawed('length', message)
  }
  const span = by === 'hour' ? HOUR : DAY
  const last = spanOf(context.clock.now(), span)
  const first = last - (length - 1) * span
  const counts = await context.read.acrossTenants.counters.happened(OCCURRENCES, by, first, reachOf(context))
  const countOf = (bucket: number, occurrence: string) =>
    counts.find((row) => row.bucket === bucket && row.name === occurrence)?.count ?? 0
  const data = Array.from({ length }, (_, index) => {
    const from = first + index * span
    return { from, signIns: countOf(from, 'sign_ins'), failedSignIns: countOf(from, 'failed_sign_ins') }
  })
  return { by, data }
}

const WEEK = 7 * DAY

/** The current numbers of the tenant of the request. */
export async function readOverview(context: Context): Promise<Overview> {
  const { read, clock } = context
  const now = clock.now()
  const counted = await read.tenantFigures.count({ now, within: WEEK })
  const { users, agents, activeSessions, failedSignIns } = await readStats(context)
  const days = await history(context, 7)
  return {
    ...counted,
    users,
    agents,
    activeSessions,
    failedSignIns,
    signUps: days.reduce((sum, day) => sum + day.signUps, 0),
  }
}

/** What happened on each day, without gaps. */
export async function readHistory(context: Context, { days }: HistoryQuery): Promise<History> {
  return { data: await history(context, days) }
}

async function history(context: Context, days: number): Promise<History['data']> {
  const last = spanOf(context.clock.now(), DAY)
  const first = last - (days - 1) * DAY
  const counts = await context.read.acrossTenants.counters.happened(OCCURRENCES, 'day', first, reachOf(context), {
    withoutAdministrators: true,
  })
  const byDay = Map.groupBy(counts, ({ bucket }) => bucket)
  return Array.from({ length: days }, (_, index) => {
    const from = first + index * DAY
    const of = (name: string) => byDay.get(from)?.find((row) => row.name === name)?.count ?? 0
    const [signUps, signIns] = [of('sign_ups'), of('sign_ins')]
    return { from, signUps, signIns, failedSignIns: of('failed_sign_ins'), secondFactors: of('second_factors') }
  })
}

// A request without a tenant is limited by the caller’s reach; a tenant in the request limits it further.
function reachOf({ actor, scope }: Context): Reach {
  return scope.tenantId === PLATFORM ? actor.reach : { kind: 'tenant', tenantId: scope.tenantId }
}
