// Translates the filters of a list of events into what is read of each log: indexes, other conditions, issued tokens.
import type { Connection } from '#database/database.ts'
import type { IndexFilter, ResidualFilter } from '#database/indexed-list.ts'
import type { TokenEventFilter } from '#database/token-log/links.ts'
import { EVENTS } from '#kernel/event.ts'
import { type EventQuery, selectsTokens, TOKEN_ISSUED, typesAbout } from './event.ts'
import { actorsOf } from './event-tenant.store.ts'

/** The subject type of issued tokens. */
const ISSUANCE = 'issuance'

/** Most events are issued tokens, and most indexes leave them out. */
export const WITHOUT_TOKENS = { column: 'type', value: TOKEN_ISSUED }

/** The filters of a list of events. */
export interface EventFilters extends Omit<EventQuery, 'limit' | 'cursor' | 'offset' | 'tenantId' | 'partnerId'> {
  /** Only events of one of these objects. */
  readonly subjectIds?: readonly string[] | undefined
}

/** What a list reads of each log. */
export interface LogFilter {
  readonly indexFilters: readonly IndexFilter[]
  readonly residualFilters: readonly ResidualFilter[]
  readonly since: number | undefined
  readonly until: number | undefined
  /** Which issued tokens are read; undefined for none. */
  readonly tokens: TokenEventFilter | undefined
}

/**
 * What a list reads of each log.
 * @param actors the users who have the e-mail address of the filter
 * @param tokensByDefault whether a list without filters has the issued tokens; otherwise only a list with their type
 * @returns undefined if no event can pass the filters
 */
export function logFilterOf(
  filters: EventFilters,
  { actors, tokensByDefault }: { readonly actors?: readonly string[] | undefined; readonly tokensByDefault: boolean },
): LogFilter | undefined {
  const { actorId, subjectType, subjectId, realmId, result, ip, since, until } = filters
  const indexFilters: IndexFilter[] = []
  const residualFilters: ResidualFilter[] = []
  const hasTokenType = selectsTokens(filters)
  const add = (column: string, values: readonly string[] | undefined) => {
    if (values === undefined) return
    // A list that includes issued tokens reads the index of types.
    if (hasTokenType) residualFilters.push([column, 'in', values])
    else indexFilters.push({ column, values, excludes: WITHOUT_TOKENS })
  }
  const one = (value: string | undefined) => (value === undefined ? undefined : [value])
  const types = selectedTypes(filters)
  if (types?.length === 0 || actors?.length === 0) return undefined
  add('subject_id', one(subjectId))
  add('subject_id', filters.subjectIds)
  add('actor_id', one(actorId))
  add('actor_id', actors)
  add('ip', one(ip))
  if (result === 'failure') indexFilters.push({ column: 'result', values: [result], literal: true })
  if (types !== undefined) indexFilters.push({ column: 'type', values: types })
  add('realm_id', one(realmId))
  if (subjectType !== undefined) residualFilters.push(['subject_type', '=', subjectType])
  if (result === 'success') residualFilters.push(['result', '=', result])
  if (since !== undefined) residualFilters.push(['occurred_at', '>=', since])
  if (until !== undefined) residualFilters.push(['occurred_at', '<', until])
  const others = [actorId, actors, subjectType, subjectId, filters.subjectIds, realmId, ip]
  const hasOtherFilter = others.some((filter) => filter !== undefined)
  const isDefault = tokensByDefault && filters.types === undefined && !hasOtherFilter
  const hasTokens = (hasTokenType || isDefault) && result !== 'failure' && (subjectType ?? ISSUANCE) === ISSUANCE
  const actorIds = actorId === undefined ? actors : [actorId].filter((id) => actors?.includes(id) ?? true)
  const tokens = hasTokens ? { actorIds, subjectId, realmId, ip, since, until } : undefined
  return { indexFilters, residualFilters, since, until, tokens }
}

/** The users whom the filter by an e-mail address selects; undefined without that filter. */
export async function actorsIn(
  connection: Pick<Connection, 'kysely'>,
  { actorEmail }: Pick<EventFilters, 'actorEmail'>,
  tenants: readonly string[],
): Promise<string[] | undefined> {
  return actorEmail === undefined ? undefined : actorsOf(connection, actorEmail, tenants)
}

/** The types that pass the filters by type and by subject type; without a filter by type, not that of issued tokens. */
function selectedTypes({ types, subjectType }: EventFilters): string[] | undefined {
  const ofSubject = subjectType === undefined ? undefined : typesAbout(subjectType)
  if (types === undefined) return ofSubject?.filter((type) => type !== TOKEN_ISSUED)
  return types.filter((type) => Object.hasOwn(EVENTS, type) && (ofSubject?.includes(type) ?? true))
}
