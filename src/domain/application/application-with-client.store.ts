// Reads applications together with their clients.
import type { ExpressionBuilder } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { Schema } from '#database/schema.ts'
import { type Client, ClientFields } from '../client/client.ts'
import { type Application, ApplicationFields } from './application.ts'
import type { ApplicationWithClient } from './application-with-client.ts'

// The client of an application that has several is the oldest one. What agents are grouped by is no application here.

// biome-ignore lint/suspicious/noExplicitAny: rows of applications, whatever they are joined with
type Row = ExpressionBuilder<Schema, any>

/** The queries of one tenant's store for applications joined with their clients. */
export function applicationWithClientStore(connection: Connection, tenantId: string) {
  return {
    /** How many living ones count against what the tenant may have: not its administrators’, not its agents’. */
    count: () => countOwn(connection, tenantId),

    /** One of a realm, with its client. */
    findWithClient: (realmId: string, id: string) => findWithClient(connection, { tenantId, realmId, id }),
  }
}

async function countOwn({ kysely }: Pick<Connection, 'kysely'>, tenantId: string): Promise<number> {
  const { count } = await kysely
    .selectFrom('application')
    .innerJoin('realm', 'realm.id', 'application.realm_id')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('application.tenant_id', '=', tenantId)
    .where('application.level', '=', 'tenant')
    .where('application.deleted_at', 'is', null)
    .where('realm.deleted_at', 'is', null)
    .where('realm.kind', '!=', 'admin')
    .where((row) => row.not(isOfAgents(row)))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** That the clients of an application are agents’. */
export function isOfAgents(row: Row) {
  return row.exists(
    row
      .selectFrom('agent')
      .innerJoin('client as of_agent', 'of_agent.id', 'agent.client_id')
      .select('agent.id')
      .whereRef('of_agent.application_id', '=', 'application.id'),
  )
}

/** One application of a realm, with its client. */
async function findWithClient(
  { kysely }: Pick<Connection, 'kysely'>,
  { tenantId, realmId, id }: { readonly tenantId: string; readonly realmId: string; readonly id: string },
): Promise<ApplicationWithClient | undefined> {
  const row = await kysely
    .selectFrom('application')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('realm_id', '=', realmId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .where((application) => application.not(isOfAgents(application)))
    .executeTakeFirst()
  if (!row) return undefined
  const [application] = await withClients({ kysely }, [ApplicationFields.fromRow(row)])
  return application
}

/** Applications that were found, each with its client. */
export async function withClients(
  { kysely }: Pick<Connection, 'kysely'>,
  applications: readonly Application[],
): Promise<ApplicationWithClient[]> {
  if (applications.length === 0) return []
  const rows = await kysely
    .selectFrom('client')
    .selectAll()
    .where(
      'application_id',
      'in',
      applications.map(({ id }) => id),
    )
    .where('deleted_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  const clients = new Map<string, Client>(rows.map((row) => [row.application_id, ClientFields.fromRow(row)]))
  return applications.map((application) => ({ application, client: clients.get(application.id) }))
}
