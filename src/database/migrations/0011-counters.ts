// Makes the counters, and counts what is there.
import { type Kysely, type Migration, sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { Definer } from './tables.ts'

const HOUR = 3_600_000
const UNTOLD = { where: ['type', '<>', 'token.issued'] } as const

/**
 * Counts that are kept as things happen, begun with what is there; and what lists across tenants are read by: the
 * events of a tenant in the order of their time, those from an address, and the sessions that hold by when they end.
 */
export function counters(dialect: SqlDialect): Migration {
  return {
    up: async (kysely: Kysely<never>) => {
      const definer = new Definer(kysely, dialect)
      const counter = { tenant_id: 'text', name: 'text', bucket: 'integer', place: 'text', value: 'integer' } as const
      await definer.table('counter', counter, { key: ['tenant_id', 'name', 'bucket', 'place'], clustered: true })
      await definer.filledColumns('event_head', { tokens: 0 })
      await definer.filledColumns('realm', { session_idle_lifetime: 43_200 })
      await definer.index('event', ['tenant_id', 'id'], UNTOLD)
      await definer.index('event', ['tenant_id', 'ip', 'seq'], UNTOLD)
      await definer.index('session', ['tenant_id', 'expires_at', 'id'], { where: ['ended_at', 'is', null] })
      await definer.index('user', ['email_key', 'directory_id'], { where: ['deleted_at', 'is not', null] })
      await fillCounters(kysely)
      await copyIdleLifetimes(kysely)
    },
  }
}

/** Counts what is there already. @param kysely over counters that hold nothing yet */
export async function fillCounters(kysely: Kysely<never>): Promise<void> {
  await countRows(kysely)
  await countEvents(kysely)
}

async function countRows(kysely: Kysely<never>): Promise<void> {
  const totals = [
    ['users', 'user', 'directory_id', sql`deleted_at is null`],
    ['active_users', 'user', 'directory_id', sql`deleted_at is null and status = 'active'`],
    ['groups', 'group', 'directory_id', sql`deleted_at is null`],
    ['applications', 'application', 'realm_id', sql`deleted_at is null`],
  ] as const
  for (const [name, table, place, where] of totals) {
    await sql`insert into counter (tenant_id, name, bucket, place, value)
      select tenant_id, ${sql.lit(name)}, 0, ${sql.ref(place)}, count(*) from ${sql.table(table)}
      where ${where} group by tenant_id, ${sql.ref(place)}`.execute(kysely)
  }
  await sql`insert into counter (tenant_id, name, bucket, place, value)
    select agent.tenant_id, 'agents', 0, agent.realm_id, count(*) from agent
    join client on client.id = agent.client_id and client.deleted_at is null
    group by agent.tenant_id, agent.realm_id`.execute(kysely)
  const hour = sql`expires_at - expires_at % ${sql.lit(HOUR)}`
  await sql`insert into counter (tenant_id, name, bucket, place, value)
    select tenant_id, 'sessions', ${hour}, realm_id, count(*) from session
    where ended_at is null group by tenant_id, ${hour}, realm_id`.execute(kysely)
}

async function countEvents(kysely: Kysely<never>): Promise<void> {
  const spans = [
    ['', HOUR],
    ['_daily', 24 * HOUR],
  ] as const
  const names = [
    ['sign_ins', 'session.started'],
    ['failed_sign_ins', 'sign_in.failed'],
  ] as const
  for (const [suffix, length] of spans) {
    for (const [name, type] of names) {
      const bucket = sql`occurred_at - occurred_at % ${sql.lit(length)}`
      const place = sql`coalesce(realm_id, '')`
      await sql`insert into counter (tenant_id, name, bucket, place, value)
        select tenant_id, ${sql.lit(name + suffix)}, ${bucket}, ${place}, count(*) from event
        where type = ${sql.lit(type)} group by tenant_id, ${bucket}, ${place}`.execute(kysely)
    }
  }
  await sql`update event_head set tokens = (
    select count(*) from event where event.tenant_id = event_head.tenant_id and event.type = 'token.issued'
  )`.execute(kysely)
}

// What a query compares with has to be a column of its own.
async function copyIdleLifetimes(kysely: Kysely<never>): Promise<void> {
  const { rows } = await sql<{ policy: string }>`select distinct policy from realm`.execute(kysely)
  for (const { policy } of rows) {
    const { sessionIdleLifetime } = JSON.parse(policy) as { sessionIdleLifetime?: number }
    if (sessionIdleLifetime === undefined) continue
    await sql`update realm set session_idle_lifetime = ${sessionIdleLifetime} where policy = ${policy}`.execute(kysely)
  }
}
