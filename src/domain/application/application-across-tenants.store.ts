// The list of applications that belong to several tenants or are available to them.
import { type ExpressionBuilder, sql } from 'kysely'
import type { Connection } from '#database/database.ts'
import { readListPage } from '#database/list-page.ts'
import { startsWith } from '#database/offset-page.ts'
import type { Schema } from '#database/schema.ts'
import type { Page } from '#kernel/page.ts'
import type { Reach } from '../actor.ts'
import { tenantsWithin } from '../tenant/tenants-within.store.ts'
import { ApplicationFields } from './application.ts'
import { isOfAgents, withClients } from './application-with-client.store.ts'
import type { ApplicationWithClient, OfferedQuery } from './application-with-client.ts'

// biome-ignore lint/suspicious/noExplicitAny: rows of applications, whatever they are joined with
type Row = ExpressionBuilder<Schema, any>

export type ApplicationsAcrossTenants = ReturnType<typeof applicationsAcrossTenants>

/** The applications of all tenants' home realms that callers with a reach can use. */
export function applicationsAcrossTenants(connection: Connection) {
  return {
    /** One page of the applications that callers with a reach can use, with their clients; oldest first. */
    list: (reach: Reach, query: OfferedQuery) => listOffered(connection, reach, query),

    /** Whether callers with a reach can use an application; they need not reach the tenant that it belongs to. */
    isOffered: (reach: Reach, id: string) => isOffered(connection, reach, id),
  }
}

/**
 * One page of the applications that are offered within a reach, oldest first: a tenant’s own within it, those of
 * a partner whose tenants it covers or lies among, and those that are offered to all.
 */
async function listOffered(
  connection: Connection,
  reach: Reach,
  { tenantId, partnerId, level, type, search, ...query }: OfferedQuery,
): Promise<Page<ApplicationWithClient>> {
  const { kysely } = connection
  let matches = offered({ kysely }, reach)
    .selectAll('application')
    .where((row) => row.not(isOfAgents(row)))
  if (level) matches = matches.where('application.level', '=', level)
  if (type) matches = matches.where(TYPE, '=', type)
  if (search) matches = matches.where((row) => startsWith(row, ['application.name', 'client.client_id'], search))
  if (tenantId)
    matches = matches.where('application.level', '=', 'tenant').where('application.tenant_id', '=', tenantId)
  if (partnerId) {
    matches = matches.where((row) =>
      row.or([
        row('application.partner_id', '=', partnerId),
        row.and([
          row('application.level', '=', 'tenant'),
          row('application.tenant_id', 'in', tenantsWithin(kysely, reach, { partnerId })),
        ]),
      ]),
    )
  }
  const id = { column: 'application.id', of: (row: { id: string }) => row.id }
  const page = await readListPage(connection, matches, query, { id, isUnindexed: true })
  return { ...page, data: await withClients({ kysely }, page.data.map(ApplicationFields.fromRow)) }
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
