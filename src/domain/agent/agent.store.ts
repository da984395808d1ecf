// Reads and writes the agents of realms, and when each agent got its last token.
import type { Selectable, SelectQueryBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { startsWith } from '#database/offset-page.ts'
import { prepared } from '#database/prepared.ts'
import type { AgentTable, ClientTable } from '#database/tables/applications.ts'
import { lastIssued } from '#database/token-log/last-issued.ts'
import type { Page } from '#kernel/page.ts'
import { ClientFields } from '../client/client.ts'
import { type Agent, AgentFields, type AgentQuery, type AgentRecord } from './agent.ts'

export type AgentStore = ReturnType<typeof agentStore>

/** An agent as its owner's end concerns it. */
export interface OwnedAgent {
  readonly id: string
  readonly realmId: string
  /** Its client's identifier on the wire. */
  readonly clientId: string
  readonly name: string
}

/** What decides whether an agent gets a token, and which one. */
type HeldAgent = Pick<Selectable<AgentTable>, 'dpop_jkt' | 'owner_id' | 'expires_at'>

const holdAgent = prepared<{ tenant_id: string; id: string }, HeldAgent>('agent_hold', (kysely, value) =>
  kysely
    .selectFrom('agent')
    .innerJoin('client', 'client.id', 'agent.client_id')
    .select(['agent.dpop_jkt', 'agent.owner_id', 'agent.expires_at'])
    .where('agent.tenant_id', '=', value('tenant_id'))
    .where('agent.id', '=', value('id'))
    .where('client.status', '=', 'active')
    .where('client.deleted_at', 'is', null)
    .forShare(),
)

/** The agents of one tenant's realms. An agent exists as long as its client exists. */
export function agentStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = (realmId: string) =>
    agentsNotDeleted(connection).where('agent.tenant_id', '=', tenantId).where('agent.realm_id', '=', realmId)
  return {
    /** Inserts the agent's own row; its client must exist. */
    async insert({ client, ...agent }: Omit<Agent, 'lastUsedAt'>): Promise<void> {
      await kysely
        .insertInto('agent')
        .values({ ...AgentFields.toRow(agent), tenant_id: tenantId, realm_id: client.realmId, client_id: client.id })
        .execute()
    },

    /** One page of a realm's agents, oldest first. */
    list: (realmId: string, query: AgentQuery) => pageOfAgents(connection, notDeleted(realmId), query),

    async find(realmId: string, id: string): Promise<Agent | undefined> {
      const row = await notDeleted(realmId).where('agent.id', '=', id).executeTakeFirst()
      return row && (await toAgents(connection, [row]))[0]
    },

    /** The id of the agent that owns a client, also after the client was deleted. @returns the agent's id */
    async idOfClient(clientId: string): Promise<string | undefined> {
      const row = await kysely
        .selectFrom('agent')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('client_id', '=', clientId)
        .executeTakeFirst()
      return row?.id
    },

    /** The agents of all the tenant's realms that a user owns. */
    async ownedBy(userId: string): Promise<OwnedAgent[]> {
      const rows = await kysely
        .selectFrom('agent')
        .innerJoin('client', 'client.id', 'agent.client_id')
        .select(['agent.id', 'client.realm_id', 'client.client_id', 'client.label'])
        .where('agent.tenant_id', '=', tenantId)
        .where('agent.owner_id', '=', userId)
        .where('client.deleted_at', 'is', null)
        .orderBy('agent.id')
        .execute()
      return rows.map(({ id, realm_id: realmId, client_id: clientId, label: name }) => ({
        ...{ id, realmId, clientId, name },
      }))
    },

    /**
     * Keeps the key and the status of an agent as they are until the write ends.
     * @returns what it is held to; undefined for an agent that is suspended or deleted
     */
    async hold(id: string): Promise<Pick<AgentRecord, 'dpopJkt' | 'ownerId' | 'expiresAt'> | undefined> {
      const [row] = await connection.run(holdAgent, { tenant_id: tenantId, id })
      return row && { dpopJkt: row.dpop_jkt, ownerId: row.owner_id, expiresAt: row.expires_at }
    },

    /** Locks an agent until the write ends. */
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

    /** Updates the agent's own row. */
    async update(agent: AgentRecord): Promise<void> {
      await kysely
        .updateTable('agent')
        .set(AgentFields.toUpdate(agent))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', agent.id)
        .execute()
    },
  }
}

/** One page of agents, oldest first. Their number is small, so the name filter needs no index. */
export async function pageOfAgents(
  connection: Connection,
  // biome-ignore lint/suspicious/noExplicitAny: agents and clients, joined with anything
  agents: SelectQueryBuilder<any, any, AgentRow>,
  { status, type, ownerId, search, ...query }: AgentQuery,
): Promise<Page<Agent>> {
  let matches = agents
  if (status) matches = matches.where('client.status', '=', status)
  if (ownerId) matches = matches.where('agent.owner_id', '=', ownerId)
  if (type) matches = matches.where('agent.type', '=', type)
  if (search) matches = matches.where((row) => startsWith(row, ['client.label', 'client.client_id'], search))
  const id = { column: 'agent.id', of: (row: AgentRow) => row.agent_id }
  const page = await readListPage(connection, matches, query, { id, isUnindexed: search !== undefined })
  return { ...page, data: await toAgents(connection, page.data) }
}

/** Agents that are not deleted, joined with their clients. */
export function agentsNotDeleted({ kysely }: Connection) {
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
      'agent.expires_at',
      'agent.dpop_jkt',
    ])
    .where('client.deleted_at', 'is', null)
}

type AgentRow = Selectable<ClientTable> &
  Pick<
    Selectable<AgentTable>,
    'type' | 'description' | 'allowed_tools' | 'rate_limit_rpm' | 'owner_id' | 'expires_at' | 'dpop_jkt'
  > & { readonly agent_id: string }

async function toAgents(connection: Connection, rows: readonly AgentRow[]): Promise<Agent[]> {
  const lastUsed = await lastIssued(
    connection,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => toAgent(row, lastUsed.get(row.id) ?? null))
}

function toAgent(row: AgentRow, lastUsedAt: number | null): Agent {
  return {
    ...AgentFields.fromRow({ ...row, id: row.agent_id }),
    client: ClientFields.fromRow(row),
    lastUsedAt,
  }
}
