import type { Connection } from '#database/database.ts'
import { foldCase } from '#kernel/fold-case.ts'
import { type Id, numberOf, PLATFORM } from '#kernel/id.ts'
import type { Reach } from '../context.ts'
import type { Among } from '../tenant/reached.store.ts'
import type { Event } from './event.ts'

const ACTORS_MAX = 100

// What happened in a tenant is not undone by its deletion, so that logs outlive their tenants for who reaches further
// than one.

/** The tenants whose logs a reach covers, those that were deleted too; and what is above all, for the platform. */
export async function loggedTenants(
  { kysely }: Pick<Connection, 'kysely'>,
  reach: Reach,
  { tenantId, partnerId }: Among,
): Promise<Id[]> {
  let tenants = kysely.selectFrom('tenant').select('id').orderBy('id')
  if (reach.kind === 'partner') tenants = tenants.where('partner_id', '=', reach.partnerId)
  else if (reach.kind !== 'platform') tenants = tenants.where('id', '=', reach.kind === 'none' ? '' : reach.tenantId)
  if (tenantId !== undefined) tenants = tenants.where('id', '=', tenantId)
  if (partnerId !== undefined) tenants = tenants.where('partner_id', '=', partnerId)
  const ids = (await tenants.execute()).map(({ id }) => id)
  const whole = reach.kind === 'platform' && tenantId === undefined && partnerId === undefined
  return whole ? [PLATFORM, ...ids] : ids
}

/** How many events the logs of tenants have, issued tokens aside: as their heads count them. */
export async function toldIn({ kysely }: Pick<Connection, 'kysely'>, tenants: readonly Id[]): Promise<number> {
  let count = 0
  for (let start = 0; start < tenants.length; start += 500) {
    const { told } = await kysely
      .selectFrom('event_head')
      .select(({ fn, eb, ref }) => fn.sum(eb(ref('seq'), '-', ref('tokens'))).as('told'))
      .where('tenant_id', 'in', tenants.slice(start, start + 500))
      .executeTakeFirstOrThrow()
    count += Number(told ?? 0)
  }
  return count
}

/** The users who have an e-mail address at some tenants, or had it when they were deleted. */
export async function actorsOf(
  { kysely }: Pick<Connection, 'kysely'>,
  email: string,
  tenants: readonly Id[],
): Promise<Id[]> {
  const key = foldCase(email)
  const found: Id[] = []
  for (let start = 0; start < tenants.length; start += 500) {
    const among = tenants.slice(start, start + 500)
    const living = await kysely
      .selectFrom('directory')
      .innerJoin('user', 'user.directory_id', 'directory.id')
      .select('user.id')
      .where('directory.tenant_id', 'in', among)
      .where('user.tenant_id', 'in', among)
      .where('user.email_key', '=', key)
      .where('user.deleted_at', 'is', null)
      .execute()
    found.push(...living.map(({ id }) => id))
  }
  const deleted = await kysely
    .selectFrom('user')
    .select(['id', 'tenant_id'])
    .where('email_key', '=', key)
    .where('deleted_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(ACTORS_MAX)
    .execute()
  const known = new Set(tenants)
  return [...found, ...deleted.filter((user) => known.has(user.tenant_id)).map(({ id }) => id)].slice(0, ACTORS_MAX)
}

/** What people know the actors and the tenants of events by. */
export interface Names {
  /** The addresses of users, by their ids. */
  readonly addresses: ReadonlyMap<Id, string>
  /** Whose the tenants are, by their ids. */
  readonly partners: ReadonlyMap<Id, Id>
}

/** What people know the actors and the tenants of events by; of users, those of the events’ own tenants. */
export async function namesIn(
  { kysely }: Pick<Connection, 'kysely'>,
  events: readonly Pick<Event, 'actor' | 'tenantId'>[],
): Promise<Names> {
  if (events.length === 0) return { addresses: new Map(), partners: new Map() }
  const tenants = [...new Set(events.map(({ tenantId }) => tenantId))]
  const actors = [...new Set(events.map(({ actor }) => actor.id))]
  const users = await kysely
    .selectFrom('user')
    .select(['id', 'email'])
    .where('id', 'in', actors)
    .where('tenant_id', 'in', tenants)
    .execute()
  const partners = await kysely.selectFrom('tenant').select(['id', 'partner_id']).where('id', 'in', tenants).execute()
  return {
    addresses: new Map(users.map(({ id, email }) => [id, email])),
    partners: new Map(partners.map((tenant) => [tenant.id, tenant.partner_id])),
  }
}

/** Where an event was written down. */
export interface LoggedPlace {
  readonly tenantId: Id
  /** Null above all tenants. */
  readonly partnerId: Id | null
}

/**
 * Finds the log that an event is in, before any tenant is known: that is how a request that names only the event gets its
 * tenant. An event’s id carries its place in the chain, so that each log is asked for one row.
 */
export async function findLoggedPlace(
  { kysely }: Pick<Connection, 'kysely'>,
  id: Id,
): Promise<LoggedPlace | undefined> {
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
  return row && { tenantId: row.id, partnerId: row.partner_id }
}
