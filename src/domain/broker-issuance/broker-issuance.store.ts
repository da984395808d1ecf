// Reads and writes the record of tokens of providers that were given to clients.
import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import { type IndexFilter, listIndexed } from '#database/indexed-list.ts'
import type { BrokerIssuanceTable } from '#database/tables/broker.ts'
import type { TokenQuery } from '#database/token-log/token-log.ts'
import { floorId } from '#kernel/id.ts'
import { decodeCursor } from '#kernel/page.ts'
import type { Issuance } from '../issuance/issuance.ts'

export type BrokerIssuanceStore = ReturnType<typeof brokerIssuanceStore>

type Row = Selectable<BrokerIssuanceTable>

/** A token of a provider that is given to a client. */
export type BrokerIssuanceDraft = Omit<Row, 'tenant_id'>

/** The tokens of providers that clients of one tenant got. */
export function brokerIssuanceStore(connection: Connection, tenantId: string) {
  const { kysely } = connection
  return {
    async insert(draft: BrokerIssuanceDraft): Promise<void> {
      await kysely
        .insertInto('broker_issuance')
        .values({ ...draft, tenant_id: tenantId })
        .execute()
    },

    async find(id: string): Promise<Issuance | undefined> {
      const row = await kysely
        .selectFrom('broker_issuance')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toIssuance(row)
    },

    /** The newest first: one more than a page where there are more. */
    async list(query: TokenQuery): Promise<Issuance[]> {
      const { limit, cursor, realmId, clientId, userId, audience, since, until } = query
      const named = Object.entries({ client_id: clientId, user_id: userId, audience })
      const criteria = named.flatMap(([column, value]): IndexFilter[] => (value ? [{ column, values: [value] }] : []))
      const ends = [until === undefined ? 'g' : floorId(until), cursor === undefined ? 'g' : decodeCursor(cursor)]
      const rows = await listIndexed<Row, string>(connection, {
        table: 'broker_issuance',
        tenantId,
        position: 'id',
        from: since === undefined ? '' : floorId(since),
        before: ends.sort()[0] as string,
        indexFilters: criteria.length > 0 ? criteria : [{ column: 'realm_id', values: [realmId] }],
        residualFilters: criteria.length > 0 ? [['realm_id', '=', realmId]] : [],
        limit: limit + 1,
      })
      return rows.map(toIssuance)
    },

    /** The clients that got tokens of a connection. */
    async clientsOf(connectionId: string): Promise<string[]> {
      const rows = await kysely
        .selectFrom('broker_issuance')
        .select('client_id')
        .distinct()
        .where('tenant_id', '=', tenantId)
        .where('connection_id', '=', connectionId)
        .execute()
      return rows.map((row) => row.client_id)
    },
  }
}

function toIssuance(row: Row): Issuance {
  const { id, realm_id: realmId, client_id: clientId, user_id: userId, grant_type: grantType, audience, scopes } = row
  return {
    ...{ id, realmId, clientId, userId, grantType, audience },
    kind: 'broker',
    sessionId: null,
    familyId: null,
    scopes: scopes.split(' ').filter(Boolean),
    kid: null,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    revokedAt: null,
    parentId: row.parent_id,
    confirmation: null,
    act: null,
  }
}
