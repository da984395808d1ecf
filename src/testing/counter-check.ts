// Owns the comparison of the stored counters with the rows that they count.
import type { Kysely } from 'kysely'
import type { Database } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'
import { HOUR, spanOf } from '#domain/counter/counter.ts'

/** The events that are counted per hour and per day, and the names of their counts. */
const COUNTED: Readonly<Record<string, string>> = {
  'session.started': 'sign_ins',
  'sign_in.failed': 'failed_sign_ins',
  'user.created': 'sign_ups',
  'authenticator.added': 'second_factors',
}

/** Counts by what they count: `tenant name bucket place`. */
export type Counts = Readonly<Record<string, number>>

/**
 * What the counters should say, counted from the rows themselves; of sessions, those at living realms of living tenants
 * that have not expired by the hour, for nobody asks about others.
 */
export async function countRows({ read: { kysely } }: Database, now: number): Promise<Counts> {
  const counts: Record<string, number> = {}
  const add = (tenantId: string, name: string, bucket: number, place: string) => {
    const key = `${tenantId} ${name} ${bucket} ${place}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  const living = await livingRealms(kysely)
  const [users, groups, applications, sessions, events] = await Promise.all([
    kysely.selectFrom('user').selectAll().where('deleted_at', 'is', null).execute(),
    kysely.selectFrom('group').selectAll().where('deleted_at', 'is', null).execute(),
    kysely.selectFrom('application').selectAll().where('deleted_at', 'is', null).execute(),
    kysely.selectFrom('session').selectAll().where('ended_at', 'is', null).execute(),
    kysely.selectFrom('event').selectAll().where('type', 'in', Object.keys(COUNTED)).execute(),
  ])
  for (const user of users) {
    add(user.tenant_id, 'users', 0, user.directory_id)
    if (user.status === 'active') add(user.tenant_id, 'active_users', 0, user.directory_id)
  }
  for (const group of groups) add(group.tenant_id, 'groups', 0, group.directory_id)
  for (const application of applications) add(application.tenant_id, 'applications', 0, application.realm_id)
  const agents = await kysely
    .selectFrom('agent')
    .innerJoin('client', 'client.id', 'agent.client_id')
    .select(['agent.tenant_id', 'agent.realm_id'])
    .where('client.deleted_at', 'is', null)
    .execute()
  for (const agent of agents) add(agent.tenant_id, 'agents', 0, agent.realm_id)
  for (const session of sessions) {
    const bucket = spanOf(session.expires_at, HOUR)
    if (bucket >= spanOf(now, HOUR) && living.has(session.realm_id))
      add(session.tenant_id, 'sessions', bucket, session.realm_id)
  }
  for (const event of events) {
    const { directoryId, kind } = JSON.parse(event.data) as { directoryId?: string; kind?: string }
    if (kind === 'recovery_code') continue
    const name = COUNTED[event.type] ?? ''
    const place = (event.type === 'user.created' ? directoryId : event.realm_id) ?? ''
    add(event.tenant_id, name, spanOf(event.occurred_at, HOUR), place)
    add(event.tenant_id, `${name}_daily`, spanOf(event.occurred_at, 24 * HOUR), place)
  }
  return counts
}

/** What the counters do say, but for what is nothing, and for sessions that nobody asks about. */
export async function readCounters({ read: { kysely } }: Database, now: number): Promise<Counts> {
  const rows = await kysely.selectFrom('counter').selectAll().where('value', '<>', 0).execute()
  const living = await livingRealms(kysely)
  const asked = (bucket: number, realmId: string) => bucket >= spanOf(now, HOUR) && living.has(realmId)
  const current = rows.filter(({ name, bucket, place }) => name !== 'sessions' || asked(bucket, place))
  return Object.fromEntries(
    current.map((row) => [`${row.tenant_id} ${row.name} ${row.bucket} ${row.place}`, row.value]),
  )
}

async function livingRealms(kysely: Kysely<Schema>): Promise<Set<string>> {
  const realms = await kysely
    .selectFrom('realm')
    .innerJoin('tenant', 'tenant.id', 'realm.tenant_id')
    .select('realm.id')
    .where('realm.deleted_at', 'is', null)
    .where('tenant.deleted_at', 'is', null)
    .execute()
  return new Set(realms.map(({ id }) => id))
}
