// The inputs and views of clients for the admin API.
import * as z from 'zod'
import { idOut, label, time } from '#kernel/field.ts'
import { type Client, NewClient } from '../client/client.ts'
import { issuerOf, type Realm } from '../realm/realm.ts'
import { ADMIN_SCOPE } from '../resource/platform-api.ts'
import type { Settings } from '../settings.ts'

const ADMIN_AUTH_METHODS = ['client_secret', 'private_key_jwt'] as const

/** The input for a new client for the admin API; everything else is fixed. */
export const NewAdminClient = z.strictObject({
  label: label(200).describe('The purpose, for example ci-pipeline.'),
  authMethod: z
    .enum(ADMIN_AUTH_METHODS)
    .default('client_secret')
    .describe('client_secret: the server generates a secret. private_key_jwt: only you have the private key.'),
  jwksUri: NewClient.shape.jwksUri,
  jwks: NewClient.shape.jwks,
})
export type NewAdminClient = z.output<typeof NewAdminClient>

/** The schema of a client for the admin API in admin responses. */
export const AdminClientView = z.object({
  clientId: z.string(),
  label: z.string(),
  authMethod: z.enum(ADMIN_AUTH_METHODS),
  grantTypes: z.array(z.string()),
  scopes: z.array(z.string()),
  audiences: z.array(z.string()),
  jwksUri: z.string().nullable(),
  jwks: z.record(z.string(), z.unknown()).nullable(),
  tokenEndpoint: z.string().describe('The token endpoint.'),
  adminApiUrl: z.string().describe('The API for which the tokens are valid, and their audience.'),
  enabled: z.boolean(),
  id: idOut('client'),
  version: z.number().int(),
  createdAt: time,
  updatedAt: time,
})
export type AdminClientView = z.output<typeof AdminClientView>

/** A client for the admin API with its new secret. */
export const AdminClientWithSecret = AdminClientView.extend({
  clientSecret: z.string().optional().describe('Shown only in this response; the server stores only its digest.'),
  example: z.string().describe('A shell script that gets a token and lists the realms with it.'),
})
export type AdminClientWithSecret = z.output<typeof AdminClientWithSecret>

const TOKEN_PATH = '/oauth/token'

/** Returns the view of a client for the admin API. */
export function viewAdminClient(client: Client, realm: Realm, settings: Settings): AdminClientView {
  const { id, clientId, jwksUri, jwks, version, createdAt, updatedAt } = client
  return {
    clientId,
    label: client.label,
    authMethod: client.authMethod === 'private_key_jwt' ? 'private_key_jwt' : 'client_secret',
    grantTypes: [...client.grantTypes],
    scopes: [...client.scopes],
    audiences: [...client.audiences],
    jwksUri,
    jwks,
    tokenEndpoint: `${issuerOf(realm, settings)}${TOKEN_PATH}`,
    adminApiUrl: settings.adminUrl,
    enabled: client.status === 'active',
    id,
    version,
    createdAt,
    updatedAt,
  }
}

/**
 * How a client gets a token and what it does with it, ready to run. It means the same where
 * its line ends became spaces.
 */
export function exampleOf(client: AdminClientView, secret: string | undefined): string {
  const { tokenEndpoint, adminApiUrl, clientId } = client
  const issuer = tokenEndpoint.slice(0, -TOKEN_PATH.length)
  const assertion = `a JWT signed by your key: iss and sub ${clientId}, aud ${issuer}, exp within 5 minutes, a new jti`
  const credential =
    secret === undefined
      ? [`CLIENT_ASSERTION='${assertion}'`]
      : [`CLIENT_ID='${clientId}'`, `CLIENT_SECRET='${secret}'`]
  const proof =
    secret === undefined
      ? '-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer -d client_assertion="$CLIENT_ASSERTION"'
      : '-u "$CLIENT_ID:$CLIENT_SECRET"'
  const form = `-d grant_type=client_credentials -d audience="$ADMIN_API_URL" -d scope=${ADMIN_SCOPE}`
  return [
    `TOKEN_URL='${tokenEndpoint}'`,
    `ADMIN_API_URL='${adminApiUrl}'`,
    ...credential,
    `TOKEN=$(curl -sS -X POST "$TOKEN_URL" ${proof} ${form} | jq -r .access_token)`,
    'curl -sS "$ADMIN_API_URL/v1/realms" -H "Authorization: Bearer $TOKEN"',
  ].join(' &&\n')
}
