// Counts what ends with a revocation: tokens with all that was exchanged for them, refresh tokens, sessions and who has them.
import { type RawBuilder, sql } from 'kysely'
import { type Connection, longReadsOf } from '#database/database.ts'
import { bytesToId, bytesToIdOrNull, floorIdBytes } from '#database/token-log/bytes.ts'
import { treeOf } from '#database/token-log/revocation.ts'
import { TOKEN_LIFETIME_MAX } from '../realm/realm.ts'
import { familiesOf } from '../token-family/token-family.store.ts'
import { type Plan, type RevocationReport, SAMPLE } from './revocation.ts'

export type RevocationStore = ReturnType<typeof revocationStore>

/** How much the clock that created an id may differ from this server's clock, in milliseconds. */
const SKEW = 300_000

type Counted = Pick<RevocationReport, 'tokens' | 'refreshTokens' | 'sessions' | 'people' | 'clients' | 'agents'>

/** A row of the walk: a kind's count, with another one, or one of its sample, whose name only agents have. */
interface Row {
  readonly kind: 'tokens' | 'held' | 'agents' | 'token' | 'client' | 'person' | 'agent'
  readonly id: string | null
  readonly name: string | null
  readonly number: number
  readonly more: number
}

/** What ends with revocations in one tenant. */
export function revocationStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const counted = async (query: RawBuilder<unknown>): Promise<number> =>
    Number((await (query as RawBuilder<{ number: number | string }>).execute(kysely)).rows[0]?.number ?? 0)
  return {
    /** Counts what a plan ends at a time, and names some of it. The tokens are walked through once, beside other requests. */
    async radius(plan: Plan, now: number): Promise<Counted> {
      const walked = await (await walkOf(connection, tenantId, plan, now)).execute(longReadsOf(connection))
      const rows = Map.groupBy(walked.rows as Row[], ({ kind }) => kind)
      const ids = (kind: Row['kind']) => (rows.get(kind) ?? []).map(({ id }) => id ?? '')
      const { number: count = 0, more: direct = 0 } = rows.get('tokens')?.[0] ?? {}
      const { number: clients = 0, more: people = 0 } = rows.get('held')?.[0] ?? {}
      const families = sql`select count(*) as number from token_family where ${validFamilies(tenantId, plan, now)}`
      return {
        tokens: { count, descendants: count - direct, sample: await tokensOf(connection, tenantId, ids('token')) },
        refreshTokens: await counted(families),
        sessions: await counted(sessionsOf(tenantId, plan, now)),
        people: { count: people, sample: await peopleOf(connection, tenantId, ids('person')) },
        clients: { count: clients, sample: await clientsOf(connection, tenantId, ids('client')) },
        agents: {
          count: rows.get('agents')?.[0]?.number ?? 0,
          sample: (rows.get('agent') ?? []).map(({ id, name }) => ({ id: id ?? '', name: name ?? '' })),
        },
      }
    },
  }
}

/** Ids in hexadecimal digits, as both kinds of columns can have them. */
const ofBytes = ({ remote }: Connection, column: string) =>
  remote ? sql`encode(${sql.ref(column)}, 'hex')` : sql`lower(hex(${sql.ref(column)}))`
const hexOf = (id: string) => id.replaceAll('-', '')
const idOfHex = (hex: string) => bytesToId(Buffer.from(hex, 'hex'))

/** All that depends on the tokens in one query, whose rows are {@link Row}s. */
async function walkOf(connection: Connection, tenantId: string, plan: Plan, now: number): Promise<RawBuilder<unknown>> {
  const oldest = floorIdBytes(now - TOKEN_LIFETIME_MAX * 1000 - SKEW)
  const tree = await treeOf(connection, tenantId, { selections: plan.owners, ids: plan.tokenIds }, { now, oldest })
  const none = sql`cast(null as text)`
  const few = sql.lit(SAMPLE)
  const most = (kind: string, column: string) => sql`select * from (
    select ${sql.lit(kind)}, ${sql.ref(column)}, ${none}, count(*), 0 from holder
    where ${sql.ref(column)} is not null group by ${sql.ref(column)} order by count(*) desc, ${sql.ref(column)} limit ${few}) as ${sql.ref(kind)}`
  const agents = sql`from agent join client on client.id = agent.client_id
    where agent.tenant_id = ${tenantId} and agent.client_id in (select client_id from holder)`
  return sql`${tree}, holder (client_id, person) as materialized (${holdersOf(connection, tenantId, plan, now)})
    select 'tokens' as kind, ${none} as id, ${none} as name, (select count(*) from below) as number, (select count(*) from seed) as more
    union all select 'held', ${none}, ${none}, count(distinct client_id), count(distinct person) from holder
    union all select 'agents', ${none}, ${none}, count(*), 0 ${agents}
    union all select * from (
      select 'agent', agent.id, client.label, 0, 0 ${agents} order by agent.id limit ${few}) as agent
    union all ${most('client', 'client_id')} union all ${most('person', 'person')}
    union all select * from (
      select 'token', ${ofBytes(connection, 'newest.id')}, ${none}, 0, 0
      from (select id from below order by id desc limit ${few}) as newest) as token`
}

/** A row for each token and each refresh token that ends: whose client has it, for whom. */
function holdersOf(connection: Connection, tenantId: string, plan: Plan, now: number): RawBuilder<unknown> {
  const person = sql`case when token.user_id is null then null else ${ofBytes(connection, 'token.user_id')} end`
  return sql`select profile.client_id, ${person} from below
      cross join issued_token as token join token_profile as profile on profile.id = token.profile where token.id = below.id
    union all select client_id, replace(user_id, '-', '') from token_family where ${validFamilies(tenantId, plan, now)}
    union all select cast(${plan.clientId} as text), cast(${plan.userId === null ? null : hexOf(plan.userId)} as text)`
}

function validFamilies(tenantId: string, { owners }: Plan, now: number): RawBuilder<unknown> {
  const each = owners.map((owner) => sql`(${sql.join(familiesOf(tenantId, owner), sql` and `)})`)
  const any = each.length === 0 ? sql`1 = 0` : sql`(${sql.join(each, sql` or `)})`
  return sql`tenant_id = ${tenantId} and revoked_at is null and refresh_expires_at > ${sql.lit(now)}
    and expires_at > ${sql.lit(now)} and ${any}`
}

function sessionsOf(tenantId: string, { sessions }: Plan, now: number): RawBuilder<unknown> {
  if (!sessions) return sql`select 0 as number`
  const one = sessions.sessionId === undefined ? sql`1 = 1` : sql`id = ${sessions.sessionId}`
  return sql`select count(*) as number from session where tenant_id = ${tenantId} and user_id = ${sessions.userId}
    and ended_at is null and expires_at > ${sql.lit(now)} and ${one}`
}

async function tokensOf(
  { kysely }: Connection,
  tenantId: string,
  ids: readonly string[],
): Promise<RevocationReport['tokens']['sample']> {
  if (ids.length === 0) return []
  const rows = await kysely
    .selectFrom('issued_token')
    .innerJoin('token_profile', 'token_profile.id', 'issued_token.profile')
    .select(['issued_token.id', 'user_id', 'client_id', 'audience', 'scopes', 'expires_at'])
    .where('tenant_id', '=', tenantId)
    .where(
      'issued_token.id',
      'in',
      ids.map((id) => Buffer.from(id, 'hex')),
    )
    .orderBy('issued_token.id', 'desc')
    .execute()
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
  people: readonly string[],
): Promise<RevocationReport['people']['sample']> {
  if (people.length === 0) return []
  const ids = people.map(idOfHex)
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
  ids: readonly string[],
): Promise<RevocationReport['clients']['sample']> {
  if (ids.length === 0) return []
  const found = await kysely
    .selectFrom('client')
    .select(['id', 'client_id', 'label'])
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ids)
    .execute()
  const known = new Map(found.map((client) => [client.id, client]))
  return ids.map((id) => ({ id, clientId: known.get(id)?.client_id ?? null, label: known.get(id)?.label ?? null }))
}
