// Reads and writes the clients of realms.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { prepared } from '#database/prepared.ts'
import type { ApplicationTable, ClientTable } from '#database/tables/applications.ts'
import { type ListQuery, mapPage, type Page } from '#kernel/page.ts'
import type { Ownership } from '../application/application.ts'
import { ownershipOf } from '../application/application-row.store.ts'
import type { UpdateOutcome } from '../update.ts'
import { versionedRows } from '../versioned.store.ts'
import type { AgentTerms } from './agent-terms.ts'
import { type Client, ClientFields, type RegisteredClient } from './client.ts'
import { clientNames } from './client-names.store.ts'
import { documentClients } from './document-client.store.ts'

const clients = versionedRows('client', ClientFields)

export type ClientStore = ReturnType<typeof clientStore>

/** A client with the name and the ownership of its application. */
export interface NamedClient {
  readonly client: Client
  readonly applicationName: string
  readonly ownership: Ownership
}

/** Which of a realm's clients are listed. */
export interface ClientSelection extends ListQuery {
  readonly except?: string
  readonly clientId?: string | undefined
  readonly pkceRequired?: boolean | undefined
  readonly status?: Client['status'] | undefined
  readonly registeredBy?: Client['registeredBy'] | undefined
}

// This query runs for the first token of each client after a start.
const findByClientId = prepared<{ tenant_id: string; realm_id: string; client_id: string }, RegisteredRow>(
  'client_find_by_client_id',
  (kysely, value) =>
    clientsNotDeleted(kysely, { tenantId: value('tenant_id'), realmId: value('realm_id') })
      .leftJoin('partner', 'partner.id', 'application.partner_id')
      .leftJoin('user as owner', 'owner.id', 'agent.owner_id')
      .select(['agent.owner_id', 'partner.status as partner_status', 'partner.deleted_at as partner_deleted_at'])
      .select(['owner.status as owner_status', 'owner.deleted_at as owner_deleted_at'])
      .where('client.client_id', '=', value('client_id')),
)

/** The clients of one tenant's realms. */
export function clientStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const notDeleted = (realmId: string) => clientsNotDeleted(kysely, { tenantId, realmId })
  return {
    ...documentClients(connection, tenantId),
    ...clientNames(connection, tenantId),

    insert(client: Client): Promise<void> {
      return clients.insert(kysely, client)
    },

    /**
     * One page of a realm's clients, oldest first.
     * @param query.except the `client_id` of a client to leave out
     * @param query.clientId the `client_id` of the only one that is wanted
     * @param query.pkceRequired selects the clients that must use PKCE, or those that need not
     */
    async list(
      realmId: string,
      { except, clientId, pkceRequired, status, registeredBy, ...query }: ClientSelection,
    ): Promise<Page<NamedClient>> {
      const all = notDeleted(realmId)
      const others = except === undefined ? all : all.where('client.client_id', '!=', except)
      const named = clientId === undefined ? others : others.where('client.client_id', '=', clientId)
      let listed = pkceRequired === undefined ? named : named.where('client.pkce_required', '=', pkceRequired ? 1 : 0)
      if (status !== undefined) listed = listed.where('client.status', '=', status)
      if (registeredBy !== undefined) listed = listed.where('client.registered_by', '=', registeredBy)
      const id = { column: 'client.id', of: (row: { readonly id: string }) => row.id }
      return mapPage(await readListPage(connection, listed, query, { id }), toNamed)
    },

    async find(realmId: string, id: string): Promise<NamedClient | undefined> {
      const row = await notDeleted(realmId).where('client.id', '=', id).executeTakeFirst()
      return row && toNamed(row)
    },

    /** @param clientId the `client_id` */
    async findByClientId(realmId: string, clientId: string): Promise<RegisteredClient | undefined> {
      const values = { tenant_id: tenantId, realm_id: realmId, client_id: clientId }
      const [row] = await connection.run(findByClientId, values)
      return row && toRegistered(row)
    },

    /** Updates a client if it still has the version that was read. */
    update(client: Client): Promise<UpdateOutcome> {
      return clients.update(kysely, { tenant_id: tenantId }, client)
    },

    /** @returns whether the client existed */
    delete(realmId: string, id: string, now: number): Promise<boolean> {
      return clients.delete(kysely, { tenant_id: tenantId, realm_id: realmId }, id, now)
    },

    /** The web origins that the living clients of a realm list. */
    async origins(realmId: string): Promise<ReadonlySet<string>> {
      const rows = await kysely
        .selectFrom('client')
        .select('allowed_origins')
        .distinct()
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('deleted_at', 'is', null)
        .where('allowed_origins', '!=', '[]')
        .execute()
      return new Set(rows.flatMap((row): string[] => JSON.parse(row.allowed_origins)))
    },

    /** The clients of an application that are not deleted. */
    async ofApplication(applicationId: string): Promise<string[]> {
      const rows = await kysely
        .selectFrom('client')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('application_id', '=', applicationId)
        .where('deleted_at', 'is', null)
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

/** Clients joined with their application and their agent. */
function clientsNotDeleted(
  kysely: Connection['kysely'],
  place: { readonly tenantId: string; readonly realmId: string },
) {
  return kysely
    .selectFrom('client')
    .innerJoin('application', 'application.id', 'client.application_id')
    .leftJoin('agent', 'agent.client_id', 'client.id')
    .selectAll('client')
    .select(['application.name as application_name', 'application.level', 'application.partner_id', 'application.type'])
    .select(['agent.id as agent_id', 'agent.allowed_tools', 'agent.rate_limit_rpm'])
    .select(['agent.expires_at as agent_expires_at', 'agent.dpop_jkt'])
    .where('client.tenant_id', '=', place.tenantId)
    .where('client.realm_id', '=', place.realmId)
    .where('client.deleted_at', 'is', null)
}

type ClientWithContextRow = Awaited<ReturnType<ReturnType<typeof clientsNotDeleted>['execute']>>[number]
type NamedRow = Selectable<ClientTable> &
  Pick<Selectable<ApplicationTable>, 'level' | 'partner_id' | 'type'> & { readonly application_name: string }

function toNamed(row: NamedRow): NamedClient {
  return { client: ClientFields.fromRow(row), applicationName: row.application_name, ownership: ownershipOf(row) }
}

type RegisteredRow = ClientWithContextRow & {
  readonly owner_id: string | null
  readonly partner_status: string | null
  readonly partner_deleted_at: number | null
  readonly owner_status: string | null
  readonly owner_deleted_at: number | null
}

function toRegistered(row: RegisteredRow): RegisteredClient {
  const client = ClientFields.fromRow(row)
  const partnerActs = row.partner_id === null || (row.partner_status === 'active' && row.partner_deleted_at === null)
  const ownerActs = row.owner_id === null || (row.owner_status === 'active' && row.owner_deleted_at === null)
  const status = partnerActs && ownerActs ? client.status : 'suspended'
  return { ...client, status, ownership: ownershipOf(row), agent: termsOf(row) }
}

interface TermsRow {
  readonly agent_id: string | null
  readonly allowed_tools: string | null
  readonly rate_limit_rpm: number | null
  readonly agent_expires_at: number | null
  readonly dpop_jkt: string | null
}

function termsOf(row: TermsRow): AgentTerms | null {
  const { agent_id: id, allowed_tools: tools, rate_limit_rpm: rateLimitRpm } = row
  if (id === null) return null
  const allowedTools = tools === null ? null : JSON.parse(tools)
  return { id, allowedTools, rateLimitRpm, expiresAt: row.agent_expires_at, dpopJkt: row.dpop_jkt }
}
