import type { Selectable } from 'kysely'
import type { Connection } from '#database/database.ts'
import type { ClientTable } from '#database/schema.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from '#kernel/page.ts'
import type { Client } from './client.ts'

export type ClientStore = ReturnType<typeof clientStore>

/** A client beside the name of its application. */
export interface NamedClient {
  readonly client: Client
  readonly applicationName: string
}

/** The clients of one tenant's realms. */
export function clientStore({ kysely }: Connection, tenantId: string) {
  const living = (realmId: string) =>
    kysely
      .selectFrom('client')
      .innerJoin('application', 'application.id', 'client.application_id')
      .selectAll('client')
      .select('application.name as application_name')
      .where('client.tenant_id', '=', tenantId)
      .where('client.realm_id', '=', realmId)
      .where('client.deleted_at', 'is', null)
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
    async findByClientId(realmId: string, clientId: string): Promise<Client | undefined> {
      const row = await living(realmId).where('client.client_id', '=', clientId).executeTakeFirst()
      return row && toClient(row)
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

function toNamed(row: Selectable<ClientTable> & { application_name: string }): NamedClient {
  return { client: toClient(row), applicationName: row.application_name }
}

function toRow(client: Client): Omit<Selectable<ClientTable>, 'deleted_at'> {
  return {
    id: client.id,
    tenant_id: client.tenantId,
    realm_id: client.realmId,
    application_id: client.applicationId,
    client_id: client.clientId,
    label: client.label,
    auth_method: client.authMethod,
    secret_hash: client.secretHash,
    jwks_uri: client.jwksUri,
    jwks: client.jwks && JSON.stringify(client.jwks),
    grant_types: JSON.stringify(client.grantTypes),
    scopes: JSON.stringify(client.scopes),
    audiences: JSON.stringify(client.audiences),
    redirect_uris: JSON.stringify(client.redirectUris),
    post_logout_redirect_uris: JSON.stringify(client.postLogoutRedirectUris),
    first_party: client.firstParty ? 1 : 0,
    access_token_lifetime: client.accessTokenLifetime,
    status: client.status,
    version: client.version,
    created_at: client.createdAt,
    updated_at: client.updatedAt,
  }
}

function toClient(row: Selectable<ClientTable>): Client {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    realmId: row.realm_id,
    applicationId: row.application_id,
    clientId: row.client_id,
    label: row.label,
    authMethod: row.auth_method as Client['authMethod'],
    secretHash: row.secret_hash,
    jwksUri: row.jwks_uri,
    jwks: row.jwks === null ? null : JSON.parse(row.jwks),
    grantTypes: JSON.parse(row.grant_types),
    scopes: JSON.parse(row.scopes),
    audiences: JSON.parse(row.audiences),
    redirectUris: JSON.parse(row.redirect_uris),
    postLogoutRedirectUris: JSON.parse(row.post_logout_redirect_uris),
    firstParty: row.first_party === 1,
    accessTokenLifetime: row.access_token_lifetime,
    status: row.status as Client['status'],
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
