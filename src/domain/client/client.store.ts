import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { prepared } from '#database/prepared.ts'
import type { ApplicationTable, ClientTable } from '#database/tables/applications.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import type { Standing } from '../application/application.ts'
import { standingOf } from '../application/application-row.store.ts'
import type { AgentTerms, Client, RegisteredClient } from './client.ts'
import { toClient, toRow } from './client-row.store.ts'

export type ClientStore = ReturnType<typeof clientStore>

/** A client beside the name of its application, and how that stands. */
export interface NamedClient {
  readonly client: Client
  readonly applicationName: string
  readonly standing: Standing
}

// Asked for each client's first token after a start.
const findByClientId = prepared<{ tenant_id: string; realm_id: string; client_id: string }, LivingRow>(
  'client_find_by_client_id',
  (kysely, value) =>
    livingClients(kysely, { tenantId: value('tenant_id'), realmId: value('realm_id') }).where(
      'client.client_id',
      '=',
      value('client_id'),
    ),
)

/** The clients of one tenant's realms. */
export function clientStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  const living = (realmId: string) => livingClients(kysely, { tenantId, realmId })
  return {
    async insert(client: Client): Promise<void> {
      await kysely.insertInto('client').values(toRow(client)).execute()
    },

    /**
     * One page of a realm's clients, oldest first.
     * @param query.except a client that is not shown, by its identifier on the wire
     */
    async list(
      realmId: string,
      { limit, cursor, except }: PageQuery & { readonly except?: string },
    ): Promise<Page<NamedClient>> {
      let query = living(realmId)
        .orderBy('client.id')
        .limit(limit + 1)
      if (cursor) query = query.where('client.id', '>', decodeCursor(cursor))
      if (except) query = query.where('client.client_id', '!=', except)
      const page = toPage(await query.execute(), limit, (row) => row.id)
      return { ...page, data: page.data.map(toNamed) }
    },

    async find(realmId: string, id: string): Promise<NamedClient | undefined> {
      const row = await living(realmId).where('client.id', '=', id).executeTakeFirst()
      return row && toNamed(row)
    },

    /** @param clientId the identifier on the wire */
    async findByClientId(realmId: string, clientId: string): Promise<RegisteredClient | undefined> {
      const values = { tenant_id: tenantId, realm_id: realmId, client_id: clientId }
      const [row] = await connection.run(findByClientId, values)
      return row && { ...toClient(row), standing: standingOf(row), agent: termsOf(row) }
    },

    /** Writes a client back. @returns whether it still had the version before */
    async update(client: Client): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('client')
        .set(toRow(client))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', client.id)
        .where('version', '=', client.version - 1)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** @returns whether it was there */
    async delete(realmId: string, id: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await kysely
        .updateTable('client')
        .set({ deleted_at: now, updated_at: now })
        .where('tenant_id', '=', tenantId)
        .where('realm_id', '=', realmId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** The living clients of an application. */
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

/** Clients beside what their application and their agent tell. */
function livingClients(kysely: Connection['kysely'], place: { readonly tenantId: string; readonly realmId: string }) {
  return kysely
    .selectFrom('client')
    .innerJoin('application', 'application.id', 'client.application_id')
    .leftJoin('agent', 'agent.client_id', 'client.id')
    .selectAll('client')
    .select(['application.name as application_name', 'application.level', 'application.partner_id', 'application.type'])
    .select(['agent.id as agent_id', 'agent.allowed_tools', 'agent.rate_limit_rpm'])
    .where('client.tenant_id', '=', place.tenantId)
    .where('client.realm_id', '=', place.realmId)
    .where('client.deleted_at', 'is', null)
}

type LivingRow = Awaited<ReturnType<ReturnType<typeof livingClients>['execute']>>[number]
type NamedRow = Selectable<ClientTable> &
  Pick<Selectable<ApplicationTable>, 'level' | 'partner_id' | 'type'> & { readonly application_name: string }

function toNamed(row: NamedRow): NamedClient {
  return { client: toClient(row), applicationName: row.application_name, standing: standingOf(row) }
}

interface TermsRow {
  readonly agent_id: string | null
  readonly allowed_tools: string | null
  readonly rate_limit_rpm: number | null
}

function termsOf({ agent_id: id, allowed_tools: tools, rate_limit_rpm: rateLimitRpm }: TermsRow): AgentTerms | null {
  return id === null ? null : { allowedTools: tools === null ? null : JSON.parse(tools), rateLimitRpm }
}
