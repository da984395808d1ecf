import type { Selectable } from 'kysely'
import type { ClientTable } from '#database/tables/applications.ts'
import type { Client } from './client.ts'

/** A client as its row. */
export function toRow(client: Client): Omit<Selectable<ClientTable>, 'deleted_at'> {
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
    refresh_token_lifetime: client.refreshTokenLifetime,
    allowed_origins: JSON.stringify(client.allowedOrigins),
    token_exchange_allowed: client.tokenExchangeAllowed ? 1 : 0,
    status: client.status,
    version: client.version,
    created_at: client.createdAt,
    updated_at: client.updatedAt,
  }
}

/** A client as its row tells. */
export function toClient(row: Selectable<ClientTable>): Client {
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
    refreshTokenLifetime: row.refresh_token_lifetime,
    allowedOrigins: JSON.parse(row.allowed_origins),
    tokenExchangeAllowed: row.token_exchange_allowed === 1,
    status: row.status as Client['status'],
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
