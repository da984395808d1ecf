import { type ExpressionBuilder, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { numbered, startsWith } from '#database/numbered.ts'
import type { Schema } from '#database/schema.ts'
import type { NumberedPage } from '#kernel/page.ts'
import type { Client } from '../client/client.ts'
import { toClient } from '../client/client-row.store.ts'
import type { Reach } from '../context.ts'
import { tenantsWithin } from '../tenant/reached.store.ts'
import type { Application } from './application.ts'
import { toApplication } from './application-row.store.ts'
import type { Registration, RegistrationSurvey } from './registration.ts'

// The client of an application that has several is the oldest one. What agents are grouped by is no application here.

// biome-ignore lint/suspicious/noExplicitAny: rows of applications, whatever they are joined with
type Row = ExpressionBuilder<Schema, any>

/** What the store of applications knows of them and their clients together. */
export function registrationStore(connection: Connection, tenantId: string) {
  return {
    /** How many living ones count against what the tenant may have: not its administrators’, not its agents’. */
    count: () => countOwn(connection, tenantId),

    /** One numbered page of those that are offered within a reach, with their clients. */
    survey: (reach: Reach, query: RegistrationSurvey) => surveyRegistrations(connection, reach, query),

    /** One of a realm, with its client. */
    registration: (realmId: string, id: string) => findRegistration(connection, { tenantId, realmId, id }),

    /** Whether one is offered to who reaches so far, who need not reach the tenant that it lies in. */
    isOffered: (reach: Reach, id: string) => isOffered(connection, reach, id),
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
function isOfAgents(row: Row) {
  return row.exists(
    row
      .selectFrom('agent')
      .innerJoin('client as of_agent', 'of_agent.id', 'agent.client_id')
      .select('agent.id')
      .whereRef('of_agent.application_id', '=', 'application.id'),
  )
}

/** One application of a realm, with its client. */
async function findRegistration(
  { kysely }: Pick<Connection, 'kysely'>,
  { tenantId, realmId, id }: { readonly tenantId: string; readonly realmId: string; readonly id: string },
): Promise<Registration | undefined> {
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
  const [found] = await withClients({ kysely }, [toApplication(row)])
  return found
}

/**
 * One numbered page of the applications that are offered within a reach, oldest first: a tenant’s own within it, those of
 * a partner whose tenants it covers or lies among, and those that are offered to all.
 */
async function surveyRegistrations(
  { kysely }: Pick<Connection, 'kysely'>,
  reach: Reach,
  { tenantId, partnerId, level, type, search, ...page }: RegistrationSurvey,
): Promise<NumberedPage<Registration>> {
  let query = offered({ kysely }, reach)
    .selectAll('application')
    .where((row) => row.not(isOfAgents(row)))
    .orderBy('application.id')
  if (level) query = query.where('application.level', '=', level)
  if (type) query = query.where(TYPE, '=', type)
  if (search) query = query.where((row) => startsWith(row, ['application.name', 'client.client_id'], search))
  if (tenantId) query = query.where('application.level', '=', 'tenant').where('application.tenant_id', '=', tenantId)
  if (partnerId) {
    query = query.where((row) =>
      row.or([
        row('application.partner_id', '=', partnerId),
        row.and([
          row('application.level', '=', 'tenant'),
          row('application.tenant_id', 'in', tenantsWithin(kysely, reach, { partnerId })),
        ]),
      ]),
    )
  }
  const { data, total } = await numbered(query, page)
  return { data: await withClients({ kysely }, data.map(toApplication)), total }
}

/** Whether an application is offered to who reaches so far. */
async function isOffered({ kysely }: Pick<Connection, 'kysely'>, reach: Reach, id: string): Promise<boolean> {
  const row = await offered({ kysely }, reach)
    .select('application.id')
    .where('application.id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

// What an application is that was not registered as something, as the view has it.
const TYPE = sql<string>`coalesce(application.type, case
  when client.auth_method = 'none' then 'spa'
  when client.grant_types = '["client_credentials"]' then 'service'
  else 'web' end)`

/** The living applications of home realms that are offered within a reach, beside their clients. */
function offered({ kysely }: Pick<Connection, 'kysely'>, reach: Reach) {
  return kysely
    .selectFrom('application')
    .innerJoin('realm', 'realm.id', 'application.realm_id')
    .leftJoin('client', (join) =>
      join.on('client.id', '=', (row) =>
        row
          .selectFrom('client as oldest')
          .select(({ fn }) => fn.min('oldest.id').as('id'))
          .whereRef('oldest.application_id', '=', 'application.id')
          .where('oldest.deleted_at', 'is', null),
      ),
    )
    .where('realm.kind', '=', 'default')
    .where('application.deleted_at', 'is', null)
    .where((row) => row.or([ownOf(row, kysely, reach), ...above(row, kysely, reach)]))
}

type Kysely = Connection['kysely']

function ownOf(row: Row, kysely: Kysely, reach: Reach) {
  return row.and([
    row('application.level', '=', 'tenant'),
    row('application.tenant_id', 'in', tenantsWithin(kysely, reach)),
  ])
}

function above(row: Row, kysely: Kysely, reach: Reach) {
  if (reach.kind === 'none') return []
  const global = row('application.level', '=', 'global')
  const level = row('application.level', '=', 'partner')
  if (reach.kind === 'platform') return [global, level]
  if (reach.kind === 'partner') return [global, row.and([level, row('application.partner_id', '=', reach.partnerId)])]
  const partners = kysely
    .selectFrom('tenant')
    .select('tenant.partner_id')
    .where('tenant.id', '=', reach.tenantId)
    .where('tenant.deleted_at', 'is', null)
  return [global, row.and([level, row('application.partner_id', 'in', partners)])]
}

/** Applications that were found, each with its client. */
async function withClients(
  { kysely }: Pick<Connection, 'kysely'>,
  applications: readonly Application[],
): Promise<Registration[]> {
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
  const clients = new Map<string, Client>(rows.map((row) => [row.application_id, toClient(row)]))
  return applications.map((application) => ({ application, client: clients.get(application.id) }))
}
