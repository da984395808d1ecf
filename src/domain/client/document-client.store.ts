// Writes the clients of metadata documents, which only people who approve them change.
import type { Connection } from '#database/database.ts'
import { columnOf } from '#kernel/declaration.ts'
import { type Client, ClientFields } from './client.ts'
import { FRONT_CHANNEL_FIELDS } from './front-channel.ts'
import { TLS_FIELDS } from './mutual-tls.ts'
import { REQUEST_FIELDS } from './request-protection.ts'
import { RESPONSE_FIELDS } from './response-protection.ts'

/** What the store of clients has for those of metadata documents. */
export function documentClients({ kysely }: Connection, tenantId: string) {
  return {
    /** Writes what the metadata document of a client says, if the client still has the version that was read. */
    async replaceDocument(client: Client): Promise<boolean> {
      const row = ClientFields.toRow(client)
      const columns = row as unknown as Readonly<Record<string, string | number | null>>
      const described = Object.fromEntries(
        [...RESPONSE_FIELDS, ...TLS_FIELDS, ...REQUEST_FIELDS, ...FRONT_CHANNEL_FIELDS]
          .map(columnOf)
          .map((column) => [column, columns[column]]),
      )
      const { numUpdatedRows } = await kysely
        .updateTable('client')
        .set({
          label: row.label,
          auth_method: row.auth_method,
          grant_types: row.grant_types,
          scopes: row.scopes,
          audiences: row.audiences,
          redirect_uris: row.redirect_uris,
          post_logout_redirect_uris: row.post_logout_redirect_uris,
          jwks_uri: row.jwks_uri,
          jwks: row.jwks,
          subject_type: row.subject_type,
          sector_identifier_uri: row.sector_identifier_uri,
          ...described,
          dpop_bound_access_tokens: row.dpop_bound_access_tokens,
          authorization_details_types: row.authorization_details_types,
          require_pushed_authorization_requests: row.require_pushed_authorization_requests,
          application_type: row.application_type,
          about: row.about,
          last_used_at: row.last_used_at,
          version: row.version,
          updated_at: row.updated_at,
        })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', client.id)
        .where('version', '=', client.version - 1)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Notes that a person approved a client. */
    async noteUse(id: string, now: number): Promise<void> {
      await kysely
        .updateTable('client')
        .set({ last_used_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .execute()
    },

    /** Deletes the row of a client. @returns whether there was one */
    async erase(id: string): Promise<boolean> {
      const statement = kysely.deleteFrom('client').where('tenant_id', '=', tenantId).where('id', '=', id)
      const { numDeletedRows } = await statement.executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}
