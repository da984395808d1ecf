// Finds the logs within a reach, the users that acted in them, and the log that contains an event.
import { sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { tokenEventById } from '#database/token-log/links.ts'
import { type Id, numberOf, PLATFORM } from '#kernel/id.ts'
import { emailKey } from '#kernel/identity-text.ts'
import type { Reach } from '../actor.ts'
import type { TenantFilter } from '../tenant/tenants-within.store.ts'
import type { Event } from './event.ts'

const ACTORS_MAX = 100

// The logs of deleted tenants stay, for callers that reach several tenants.

/** The tenants whose logs are within a reach, including deleted tenants; for the platform also its own log. */
export async function loggedTenants(
  { kysely }: Pick<Connection, 'kysely'>,
  reach: Reach,
  { tenantId, partnerId }: TenantFilter,
): Promise<Id[]> {
  let tenants = loggedWithin({ kysely }, reach).select('id').orderBy('id')
  if (tenantId !== undefined) tenants = tenants.where('id', '=', tenantId)
  if (partnerId !== undefined) tenants = tenants.where('partner_id', '=', partnerId)
  const ids = (await tenants.execute()).map(({ id }) => id)
  const isEverything = reach.kind === 'platform' && tenantId === undefined && partnerId === undefined
  return isEverything ? [PLATFORM, ...ids] : ids
}

/** The tenants within a reach, including deleted ones. */
function loggedWithin({ kysely }: Pick<Connection, 'kysely'>, reach: Reach) {
  const tenants = kysely.selectFrom('tenant')
  if (reach.kind === 'platform') return tenants
  if (reach.kind === 'partner') return tenants.where('partner_id', '=', reach.partnerId)
  return tenants.where('id', '=', reach.kind === 'none' ? '' : reach.tenantId)
}

/** How many events the logs of tenants have, issued tokens and purged events aside: as their heads count them. */
export async function countEventsOfTenants(
  { kysely }: Pick<Connection, 'kysely'>,
  tenants: readonly Id[],
): Promise<number> {
  let count = 0
  for (let start = 0; start < tenants.length; start += 500) {
    const { count: countOfBatch } = await kysely
      .selectFrom('event_head')
      .leftJoin('event_checkpoint', 'event_checkpoint.tenant_id', 'event_head.tenant_id')
      .select(sql<number>`sum(event_head.seq - event_head.tokens - coalesce(event_checkpoint.events, 0))`.as('count'))
      .where('event_head.tenant_id', 'in', tenants.slice(start, start + 500))
      .executeTakeFirstOrThrow()
    count += Number(countOfBatch ?? 0)
  }
  return count
}

/** The users who have an e-mail address at some tenants, or had it when they were deleted. */
export async function actorsOf(
  { kysely }: Pick<Connection, 'kysely'>,
  email: string,
  tenants: readonly Id[],
): Promise<Id[]> {
  const key = emailKey(email)
  const ids: Id[] = []
  for (let start = 0; start < tenants.length; start += 500) {
    const batch = tenants.slice(start, start + 500)
    const existing = await kysely
      .selectFrom('directory')
      .innerJoin('user', 'user.directory_id', 'directory.id')
      .select('user.id')
      .where('directory.tenant_id', 'in', batch)
      .where('user.tenant_id', 'in', batch)
      .where('user.email_key', '=', key)
      .where('user.deleted_at', 'is', null)
      .execute()
    ids.push(...existing.map(({ id }) => id))
  }
  const deleted = await kysely
    .selectFrom('user')
    .select(['id', 'tenant_id'])
    .where('email_key', '=', key)
    .where('deleted_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(ACTORS_MAX)
    .execute()
  const existingIds = new Set(tenants)
  return [...ids, ...deleted.filter((user) => existingIds.has(user.tenant_id)).map(({ id }) => id)].slice(0, ACTORS_MAX)
}

/** The addresses of the actors and the partners of the tenants of events. */
export interface Names {
  /** The addresses of users, by their ids. */
  readonly addresses: ReadonlyMap<Id, string>
  /** The partners of the tenants, by the ids of the tenants. */
  readonly partners: ReadonlyMap<Id, Id>
}

/** The addresses of the actors and the partners of the tenants of events. Users of other tenants are left out. */
export async function namesIn(
  { kysely }: Pick<Connection, 'kysely'>,
  reach: Reach,
  events: readonly Pick<Event, 'actor' | 'tenantId'>[],
): Promise<Names> {
  if (events.length === 0) return { addresses: new Map(), partners: new Map() }
  const partners = await loggedWithin({ kysely }, reach)
    .select(['id', 'partner_id'])
    .where('id', 'in', [...new Set(events.map(({ tenantId }) => tenantId))])
    .execute()
  const tenants = partners.map(({ id }) => id)
  const actors = [...new Set(events.map(({ actor }) => actor.id))]
  const users =
    tenants.length === 0
      ? []
      : await kysely
          .selectFrom('user')
          .select(['id', 'email'])
          .where('id', 'in', actors)
          .where('tenant_id', 'in', tenants)
          .execute()
  return {
    addresses: new Map(users.map(({ id, email }) => [id, email])),
    partners: new Map(partners.map((tenant) => [tenant.id, tenant.partner_id])),
  }
}

/** The log that contains an event. */
export interface LoggedPlace {
  readonly tenantId: Id
  /** Null for the log of the platform. */
  readonly partnerId: Id | null
}

/**
 * Finds the log that contains an event, before the tenant is known: a request that names only an event gets its tenant so.
 * The id of an event contains its position in the chain, so one row of each log is read.
 */
export async function findLoggedPlace(connection: Connection, id: Id): Promise<LoggedPlace | undefined> {
  const { kysely } = connection
  const seq = numberOf(id)
  if (!Number.isSafeInteger(seq)) return undefined
  const above = await kysely
    .selectFrom('event')
    .select('tenant_id')
    .where('tenant_id', '=', PLATFORM)
    .where('seq', '=', seq)
    .where('id', '=', id)
    .executeTakeFirst()
  if (above) return { tenantId: PLATFORM, partnerId: null }
  const row = await kysely
    .selectFrom('tenant')
    .innerJoin('event', (join) => join.onRef('event.tenant_id', '=', 'tenant.id').on('event.seq', '=', seq))
    .select(['tenant.id', 'tenant.partner_id'])
    .where('event.id', '=', id)
    .executeTakeFirst()
  if (row) return { tenantId: row.id, partnerId: row.partner_id }
  await connection.placeTokens?.()
  const token = await tokenEventById(connection, id)
  if (!token) return undefined
  const tenant = await kysely
    .selectFrom('tenant')
    .select('partner_id')
    .where('id', '=', token.tenant_id)
    .executeTakeFirst()
  return { tenantId: token.tenant_id, partnerId: tenant?.partner_id ?? null }
}
