import { type Selectable, sql } from 'kysely'
import { everyBlock } from '#database/blocks.ts'
import type { Connection } from '#database/database.ts'
import { numbered, startsWith } from '#database/numbered.ts'
import type { AgentTable, ClientTable } from '#database/tables/applications.ts'
import { decodeCursor, type NumberedPage, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import { toClient } from '../client/client-row.store.ts'
import type { Reach } from '../context.ts'
import { tenantsWithin } from '../tenant/reached.store.ts'
import type { Agent, AgentRecord, AgentSurvey } from './agent.ts'

export type AgentStore = ReturnType<typeof agentStore>

/** The agents of one tenant's realms; one is there as long as its client is. */
export function agentStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const living = (realmId: string) =>
    livingAgents(connection).where('agent.tenant_id', '=', tenantId).where('agent.realm_id', '=', realmId)
  return {
    /** Writes what an agent is besides its client, which is there already. */
    async insert({ client, ...agent }: Omit<Agent, 'lastUsedAt'>): Promise<void> {
      await kysely
        .insertInto('agent')
        .values({ ...toRow(agent), tenant_id: tenantId, realm_id: client.realmId, client_id: client.id })
        .execute()
    },

    /** One page of a realm's agents, oldest first. */
    async list(realmId: string, { limit, cursor }: PageQuery): Promise<Page<Agent>> {
      let query = living(realmId)
        .orderBy('agent.id')
        .limit(limit + 1)
      if (cursor) query = query.where('agent.id', '>', decodeCursor(cursor))
      const page = toPage(await query.execute(), limit, (row) => row.agent_id)
      return { ...page, data: page.data.map(toAgent) }
    },

    /** One numbered page of those within reach, oldest first. */
    survey: (reach: Reach, query: AgentSurvey) => surveyAgents(connection, reach, query),

    async find(realmId: string, id: string): Promise<Agent | undefined> {
      const row = await living(realmId).where('agent.id', '=', id).executeTakeFirst()
      return row && toAgent(row)
    },

    /** The agent that a client is of, whether that is still there or not. @returns its id */
    async idOfClient(clientId: string): Promise<string | undefined> {
      const row = await kysely
        .selectFrom('agent')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('client_id', '=', clientId)
        .executeTakeFirst()
      return row?.id
    },

    /** Has others who change an agent wait until the write is done. */
    async lock(realmId: string, id: string): Promise<void> {
      await kysely
        .selectFrom('agent')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .forUpdate()
        .execute()
    },

    /** Writes back what an agent is besides its client. */
    async update(agent: AgentRecord): Promise<void> {
      await kysely
        .updateTable('agent')
        .set(toRow(agent))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', agent.id)
        .execute()
    },
  }
}

async function surveyAgents(
  connection: Connection,
  reach: Reach,
  { tenantId, partnerId, status, type, search, ...page }: AgentSurvey,
): Promise<NumberedPage<Agent>> {
  let query = livingAgents(connection)
    .innerJoin('realm', 'realm.id', 'agent.realm_id')
    .where('realm.kind', '=', 'default')
    .where('agent.tenant_id', 'in', tenantsWithin(connection.kysely, reach, { tenantId, partnerId }))
    .orderBy('agent.id')
  if (status) query = query.where('client.status', '=', status)
  if (type) query = query.where('agent.type', '=', type)
  if (search) query = query.where((row) => startsWith(row, ['client.label', 'client.client_id'], search))
  const { data, total } = await numbered(query, page)
  return { data: data.map(toAgent), total }
}

/** Agents beside their clients, and when each got its last token. */
function livingAgents(connection: Connection) {
  const { kysely } = connection
  const newest = sql<string>`(
    select max(newest) from (
      select (select max(id) from issuance where issuance.block = each.block and issuance.client_id = agent.client_id)
        as newest
      from (${everyBlock(connection)}) as each
    ) as found
  )`
  return kysely
    .selectFrom('agent')
    .innerJoin('client', 'client.id', 'agent.client_id')
    .selectAll('client')
    .select([
      'agent.id as agent_id',
      'agent.type',
      'agent.description',
      'agent.allowed_tools',
      'agent.rate_limit_rpm',
      'agent.owner_id',
    ])
    .select((row) =>
      row.selectFrom('issuance').select('issuance.issued_at').where('issuance.id', '=', newest).as('last_used_at'),
    )
    .where('client.deleted_at', 'is', null)
}

function toRow(agent: AgentRecord): Omit<Selectable<AgentTable>, 'tenant_id' | 'realm_id' | 'client_id'> {
  return {
    id: agent.id,
    type: agent.type,
    description: agent.description,
    allowed_tools: agent.allowedTools && JSON.stringify(agent.allowedTools),
    rate_limit_rpm: agent.rateLimitRpm,
    owner_id: agent.ownerId,
  }
}

type AgentRow = Selectable<ClientTable> &
  Pick<Selectable<AgentTable>, 'type' | 'description' | 'allowed_tools' | 'rate_limit_rpm' | 'owner_id'> & {
    readonly agent_id: string
    readonly last_used_at: number | null
  }

function toAgent(row: AgentRow): Agent {
  return {
    id: row.agent_id,
    type: row.type,
    description: row.description,
    allowedTools: row.allowed_tools === null ? null : JSON.parse(row.allowed_tools),
    rateLimitRpm: row.rate_limit_rpm,
    ownerId: row.owner_id,
    client: toClient(row),
    lastUsedAt: row.last_used_at,
  }
}
