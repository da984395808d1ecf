// Counts what ends with a revocation: tokens with all that was exchanged for them, refresh tokens, sessions and who has them.
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { bytesToId, bytesToIdOrNull, floorIdBytes } from '#database/token-log/bytes.ts'
import { treeOf } from '#database/token-log/revocation.ts'
import type { TokenOwner } from '#database/token-log/token-log.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import { type Plan, type RevocationReport, SAMPLE } from './revocation.ts'

export type RevocationStore = ReturnType<typeof revocationStore>

/** How much the clock that created an id may differ from this server's clock, in milliseconds. */
const SKEW = 300_000

const OWNER_COLUMNS = {
  realmId: 'realm_id',
  clientId: 'client_id',
  userId: 'user_id',
  sessionId: 'session_id',
  familyId: 'id',
} as const

type Counted = Pick<RevocationReport, 'tokens' | 'refreshTokens' | 'sessions' | 'people' | 'clients' | 'agents'>
type Counts = Readonly<Record<string, number | string | null>>

/** What ends with revocations in one tenant. */
export function revocationStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const numbers = async (query: RawBuilder<unknown>): Promise<Record<string, number>> => {
    const { rows } = await (query as RawBuilder<Counts>).execute(kysely)
    return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value ?? 0)]))
  }
  return {
    /** Counts what a plan ends at a time, and names some of it. */
    async radius(plan: Plan, now: number): Promise<Counted> {
      const oldest = floorIdBytes(now - TOKEN_LIFETIME_MAX * 1000 - SKEW)
      const set = { selections: plan.owners, ids: plan.tokenIds }
      const tree = await treeOf(connection, tenantId, set, { now, oldest })
      const holders = sql`${tree}, holder (client_id, person) as (${holdersOf(connection, tenantId, plan, now)})`
      const total = await numbers(
        sql`${tree} select (select count(*) from below) as tokens, (select count(*) from seed) as direct`,
      )
      const held = await numbers(
        sql`${holders} select count(distinct client_id) as clients, count(distinct person) as people from holder`,
      )
      const agents = sql`select agent.id, client.label from agent join client on client.id = agent.client_id
        where agent.tenant_id = ${tenantId} and agent.client_id in (select client_id from holder)`
      const agentCount = await numbers(sql`${holders} select count(*) as agents from (${agents}) as agent`)
      const families = await numbers(
        sql`select count(*) as families from token_family where ${familiesOf(tenantId, plan.owners, now)}`,
      )
      return {
        tokens: {
          count: total.tokens ?? 0,
          descendants: (total.tokens ?? 0) - (total.direct ?? 0),
          sample: await sampleOf(connection, tree),
        },
        refreshTokens: families.families ?? 0,
        sessions: (await numbers(sessionsOf(tenantId, plan, now))).sessions ?? 0,
        people: { count: held.people ?? 0, sample: await peopleOf(connection, tenantId, holders) },
        clients: { count: held.clients ?? 0, sample: await clientsOf(connection, tenantId, holders) },
        agents: {
          count: agentCount.agents ?? 0,
          sample: (
            await sql<{
              id: string
              label: string
            }>`${holders} ${agents} order by agent.id limit ${sql.lit(SAMPLE)}`.execute(kysely)
          ).rows.map(({ id, label: name }) => ({ id, name })),
        },
      }
    },
  }
}

/** Ids in hexadecimal digits, as both kinds of columns can have them. */
const ofBytes = ({ remote }: Connection, column: string) =>
  remote ? sql`encode(${sql.ref(column)}, 'hex')` : sql`lower(hex(${sql.ref(column)}))`
const hexOf = (id: string) => id.replaceAll('-', '')

/** A row for each token and each refresh token that ends: whose client has it, for whom. */
function holdersOf(connection: Connection, tenantId: string, plan: Plan, now: number): RawBuilder<unknown> {
  const person = sql`case when token.user_id is null then null else ${ofBytes(connection, 'token.user_id')} end`
  return sql`select profile.client_id, ${person} from below
      cross join issued_token as token join token_profile as profile on profile.id = token.profile where token.id = below.id
    union all select client_id, replace(user_id, '-', '') from token_family where ${familiesOf(tenantId, plan.owners, now)}
    union all select cast(${plan.clientId} as text), cast(${plan.userId === null ? null : hexOf(plan.userId)} as text)`
}

function familiesOf(tenantId: string, owners: readonly TokenOwner[], now: number): RawBuilder<unknown> {
  const each = owners.map((owner) => {
    const own = Object.entries(owner).map(
      ([name, value]) => sql`${sql.ref(OWNER_COLUMNS[name as keyof typeof OWNER_COLUMNS])} = ${value}`,
    )
    return sql`(${sql.join(own, sql` and `)})`
  })
  const any = each.length === 0 ? sql`1 = 0` : sql`(${sql.join(each, sql` or `)})`
  return sql`tenant_id = ${tenantId} and revoked_at is null and refresh_expires_at > ${sql.lit(now)}
    and expires_at > ${sql.lit(now)} and ${any}`
}

function sessionsOf(tenantId: string, { sessions }: Plan, now: number): RawBuilder<unknown> {
  if (!sessions) return sql`select 0 as sessions`
  const one = sessions.sessionId === undefined ? sql`1 = 1` : sql`id = ${sessions.sessionId}`
  return sql`select count(*) as sessions from session where tenant_id = ${tenantId} and user_id = ${sessions.userId}
    and ended_at is null and expires_at > ${sql.lit(now)} and ${one}`
}

async function sampleOf(
  { kysely }: Connection,
  tree: RawBuilder<unknown>,
): Promise<RevocationReport['tokens']['sample']> {
  const { rows } = await sql<{
    id: Uint8Array
    user_id: Uint8Array | null
    client_id: string
    audience: string
    scopes: string
    expires_at: number
  }>`${tree} select token.id, token.user_id, profile.client_id, profile.audience, profile.scopes, token.expires_at
    from (select id from below order by id desc limit ${sql.lit(SAMPLE)}) as newest
    cross join issued_token as token join token_profile as profile on profile.id = token.profile
    where token.id = newest.id order by token.id desc`.execute(kysely)
  return rows.map((row) => ({
    id: bytesToId(row.id),
    clientId: row.client_id,
    userId: bytesToIdOrNull(row.user_id),
    audience: row.audience,
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    expiresAt: Number(row.expires_at),
  }))
}

async function peopleOf(
  { kysely }: Connection,
  tenantId: string,
  holders: RawBuilder<unknown>,
): Promise<RevocationReport['people']['sample']> {
  const { rows } = await sql<{ person: string }>`${holders} select person from holder where person is not null
    group by person order by count(*) desc, person limit ${sql.lit(SAMPLE)}`.execute(kysely)
  const ids = rows.map(({ person }) => bytesToId(Buffer.from(person, 'hex')))
  if (ids.length === 0) return []
  const found = await kysely
    .selectFrom('user')
    .select(['id', 'email'])
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ids)
    .execute()
  const emails = new Map(found.map(({ id, email }) => [id, email]))
  return ids.map((id) => ({ id, email: emails.get(id) ?? null }))
}

async function clientsOf(
  { kysely }: Connection,
  tenantId: string,
  holders: RawBuilder<unknown>,
): Promise<RevocationReport['clients']['sample']> {
  const { rows } = await sql<{ id: string; client_id: string | null; label: string | null }>`${holders}
    select most.client_id as id, client.client_id, client.label from (
      select client_id, count(*) as number from holder where client_id is not null
      group by client_id order by count(*) desc, client_id limit ${sql.lit(SAMPLE)}) as most
    left join client on client.id = most.client_id and client.tenant_id = ${tenantId}
    order by most.number desc, most.client_id`.execute(kysely)
  return rows.map(({ id, client_id: clientId, label }) => ({ id, clientId, label }))
}
