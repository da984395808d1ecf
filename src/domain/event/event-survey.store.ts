import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { merged, pageOfMerged, type Strand } from '#database/merge.ts'
import {
  type CountBudget,
  type Criterion,
  countNarrowly,
  listNarrowly,
  type NarrowList,
  type Sieve,
} from '#database/narrow-list.ts'
import type { EventTable } from '#database/tables/log.ts'
import { Failure } from '#kernel/error.ts'
import { EVENTS } from '#kernel/event.ts'
import { floorId } from '#kernel/id.ts'
import type { NumberedPage } from '#kernel/page.ts'
import type { Reach } from '../context.ts'
import { type Event, type EventSurvey, TOKEN_ISSUED, typesAbout } from './event.ts'
import { BEYOND, SKEW, type Span, toEvent } from './event-row.store.ts'
import { actorsOf, loggedTenants, namesIn, toldIn } from './event-tenant.store.ts'

// Lists over the logs of several tenants. Each log is read through its own indexes, as a list of one tenant is, and the
// newest of all are merged; a log is not read before its newest event is among them. What filters, counts and pages may
// cost is bounded, however many events there are.

/** How far back pages lead. */
const DEPTH_MAX = 100_000
/** How many events are counted one by one, and how many are looked at for that. */
const COUNT_MAX = 10_000
const LOOK_MAX = 50_000
/** How many looks a log costs that has next to nothing to count. */
const LOG_COST = 10
/** How many tenants are asked at once for their newest event. */
const CHUNK = 500
/** How much is read of a log at once: of one that is alone, and of one among others. */
const ROWS_AT_ONCE = 1000
const PIECE = 50
// Beyond every id, and below the first.
const LAST_ID = 'g'
const FIRST_ID = ''
// What the index of a tenant’s events by their time leaves out.
const WITHOUT_TOKENS = { column: 'type', value: TOKEN_ISSUED }

type Filters = Omit<EventSurvey, 'page' | 'perPage' | 'tenantId' | 'partnerId'>

/** What an {@link EventSurvey} asks of the log of one tenant. */
interface Plan {
  /** Read by the chain, through one of these; else by the ids, which are in the order of time. */
  readonly criteria: readonly Criterion[]
  readonly sieves: readonly Sieve[]
  readonly since: number | undefined
  readonly until: number | undefined
}

/** What is asked of the event logs of several tenants at once; a reach is what bounds it. */
export function eventSurveyStore(connection: Connection) {
  return {
    namesIn: (events: readonly Event[]) => namesIn(connection, events),

    /**
     * One numbered page of events, newest first; issued tokens only where they are asked for.
     * @param firstTenantId whose administrators may act in every tenant
     * @throws Failure `invalid_request` for a page too far back
     */
    async survey(reach: Reach, survey: EventSurvey, firstTenantId: string): Promise<NumberedPage<Event>> {
      const { page, perPage, tenantId, partnerId, ...filters } = survey
      const skip = (page - 1) * perPage
      if (skip + perPage > DEPTH_MAX) {
        throw new Failure('invalid_request', `Pages lead ${DEPTH_MAX} events back; bound the time to go further.`)
      }
      const tenants = await loggedTenants(connection, reach, { tenantId, partnerId })
      const plan = await planOf(connection, filters, [...tenants, firstTenantId])
      if (plan === undefined) return { data: [], total: 0 }
      const strands = await strandsOf(connection, plan, tenants, skip + perPage)
      const rows = await pageOfMerged(
        merged(strands, ({ id }) => id),
        skip,
        perPage,
      )
      const data = rows.map(toEvent)
      if (data.length > 0 && data.length < perPage) return { data, total: skip + data.length }
      if (Object.values(filters).every((filter) => filter === undefined)) {
        return { data, total: await toldIn(connection, tenants) }
      }
      const budget: CountBudget = { rows: COUNT_MAX, looks: LOOK_MAX }
      let total = 0
      for (const strand of strands) {
        if (budget.rows < 0 || budget.looks < 0) break
        total += await strand.count(budget)
        budget.looks -= LOG_COST
      }
      const spent = budget.rows < 0 || budget.looks < 0
      return { data, total: Math.max(total, skip + data.length), ...(spent && { atLeast: true }) }
    },
  }
}

/** What is asked for by type and by kind of thing, both at once; issued tokens only by their type. */
function typesAsked(types: readonly string[] | undefined, about: readonly string[] | undefined): string[] | undefined {
  if (types === undefined) return about?.filter((type) => type !== TOKEN_ISSUED)
  return types.filter((type) => Object.hasOwn(EVENTS, type) && (about?.includes(type) ?? true))
}

/** What filters ask of each log; undefined where no event can pass them. */
async function planOf(
  connection: Connection,
  { types, actorId, actorEmail, subjectType, subjectId, result, ip, since, until }: Filters,
  tenants: readonly string[],
): Promise<Plan | undefined> {
  const criteria: Criterion[] = []
  const sieves: Sieve[] = []
  // Most events say that a token was issued, and most indexes leave them out.
  const tokensToo = types?.includes(TOKEN_ISSUED) === true
  const add = (column: string, values: readonly string[]) => {
    // Where they are asked for, the index of types is read, and everything else only sifts.
    if (tokensToo) sieves.push([column, 'in', values])
    else criteria.push({ column, values, without: WITHOUT_TOKENS })
  }
  const about = subjectType === undefined ? undefined : typesAbout(subjectType)
  const asked = typesAsked(types, about)
  const actors = actorEmail === undefined ? undefined : await actorsOf(connection, actorEmail, tenants)
  if (asked?.length === 0 || actors?.length === 0) return undefined
  if (subjectId !== undefined) add('subject_id', [subjectId])
  if (actorId !== undefined) add('actor_id', [actorId])
  if (actors !== undefined) add('actor_id', actors)
  if (ip !== undefined) add('ip', [ip])
  if (result === 'failure') criteria.push({ column: 'result', values: [result], literal: true })
  if (asked !== undefined) criteria.push({ column: 'type', values: asked })
  if (subjectType !== undefined) sieves.push(['subject_type', '=', subjectType])
  if (result === 'success') sieves.push(['result', '=', result])
  if (since !== undefined) sieves.push(['occurred_at', '>=', since])
  if (until !== undefined) sieves.push(['occurred_at', '<', until])
  return { criteria, sieves, since, until }
}

/** The log of one tenant as a part of the list, and how much of it passes. */
interface Log extends Strand<EventTable> {
  readonly count: (budget: CountBudget) => Promise<number>
}

/** The logs that have anything to read, as strands of one list. */
async function strandsOf(connection: Connection, plan: Plan, tenants: readonly string[], most: number): Promise<Log[]> {
  const [first] = tenants
  if (tenants.length === 1 && first !== undefined)
    return [logOf(connection, plan, first, LAST_ID, Math.min(most, ROWS_AT_ONCE))]
  const newest = await newestIds(connection, plan, tenants)
  const oldest = plan.since === undefined ? FIRST_ID : floorId(plan.since - SKEW)
  return tenants.flatMap((tenantId) => {
    const bound = newest.get(tenantId)
    return bound === undefined || bound < oldest ? [] : [logOf(connection, plan, tenantId, bound, PIECE)]
  })
}

function logOf(connection: Connection, plan: Plan, tenantId: string, bound: string, limit: number): Log {
  const byChain = plan.criteria.length > 0
  let span: Promise<NarrowList<number>> | undefined
  const chain = () => {
    span ??= spanOf(connection, tenantId, plan).then((found) => ({ ...shared, ...found, position: 'seq' }))
    return span
  }
  const shared = { table: 'event', tenantId, criteria: plan.criteria, sieves: plan.sieves, limit }
  const times: NarrowList<string> = {
    ...shared,
    position: 'id',
    from: plan.since === undefined ? FIRST_ID : floorId(plan.since - SKEW),
    before: plan.until === undefined ? LAST_ID : floorId(plan.until + SKEW),
    without: WITHOUT_TOKENS,
  }
  return {
    bound,
    read: async (after) =>
      byChain
        ? listNarrowly<EventTable, number>(connection, { ...(await chain()), ...(after && { before: after.seq }) })
        : listNarrowly<EventTable, string>(connection, { ...times, ...(after && { before: after.id }) }),
    count: async (budget) =>
      byChain ? countNarrowly(connection, await chain(), budget) : countNarrowly(connection, times, budget),
  }
}

/** The id of the newest event of each tenant that the first of the filters with an index lets through. */
async function newestIds({ kysely }: Connection, plan: Plan, tenants: readonly string[]): Promise<Map<string, string>> {
  const [lead] = plan.criteria
  const found = new Map<string, string>()
  for (let start = 0; start < tenants.length; start += CHUNK) {
    const chunk = tenants.slice(start, start + CHUNK)
    const probes = lead ? lead.values.map((value) => newestByChain(lead, value, plan)) : [newestByTime(plan)]
    const columns = probes.map((probe, index) => sql`(${probe}) as ${sql.ref(`newest_${index}`)}`)
    const { rows } = await sql<Record<string, string | null>>`
      select head.tenant_id, ${sql.join(columns)} from event_head as head where head.tenant_id in (${sql.join(chunk)})
    `.execute(kysely)
    for (const { tenant_id: tenantId, ...ids } of rows) {
      const newest = Object.values(ids).reduce((left, right) => ((left ?? '') > (right ?? '') ? left : right), null)
      if (newest !== null && tenantId) found.set(tenantId, newest)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}

function newestByTime({ until }: Plan): RawBuilder<unknown> {
  return sql`select event.id from event where event.tenant_id = head.tenant_id
    and event.type <> ${sql.lit(TOKEN_ISSUED)} and event.id < ${until === undefined ? LAST_ID : floorId(until + SKEW)}
    order by event.id desc limit 1`
}

function newestByChain({ column, literal, without }: Criterion, value: string, plan: Plan): RawBuilder<unknown> {
  const partial = without === undefined ? sql`` : sql`and ${sql.ref(without.column)} <> ${sql.lit(without.value)}`
  return sql`select event.id from event where event.tenant_id = head.tenant_id
    and ${sql.ref(`event.${column}`)} = ${literal ? sql.lit(value) : value} ${partial}
    and event.seq < ${endOf(sql`head.tenant_id`, plan)} order by event.seq desc limit 1`
}

/** Where in a tenant’s chain the events of a period lie, with some more at either end. */
async function spanOf({ kysely }: Connection, tenantId: string, plan: Plan): Promise<Span> {
  if (plan.since === undefined && plan.until === undefined) return { from: 1, before: BEYOND }
  const tenant = sql`${tenantId}`
  const { rows } =
    await sql<Span>`select ${beginOf(tenant, plan)} as "from", ${endOf(tenant, plan)} as "before"`.execute(kysely)
  return rows[0] ?? { from: 1, before: BEYOND }
}

// By the events that are in the order of their time: the last one before the period, and the first one after it.
function beginOf(tenant: RawBuilder<unknown>, { since }: Plan): RawBuilder<unknown> {
  if (since === undefined) return sql.lit(1)
  return sql`coalesce((select earlier.seq from event as earlier where earlier.tenant_id = ${tenant}
    and earlier.type <> ${sql.lit(TOKEN_ISSUED)} and earlier.id < ${floorId(since - SKEW)}
    order by earlier.id desc limit 1), 1)`
}

function endOf(tenant: RawBuilder<unknown>, { until }: Plan): RawBuilder<unknown> {
  if (until === undefined) return sql.lit(BEYOND)
  return sql`coalesce((select later.seq from event as later where later.tenant_id = ${tenant}
    and later.type <> ${sql.lit(TOKEN_ISSUED)} and later.id >= ${floorId(until + SKEW)}
    order by later.id limit 1), ${sql.lit(BEYOND)})`
}
