// The inputs and views of an application together with its one client.
import * as z from 'zod'
import { idOf, idOut, time } from '#kernel/field.ts'
import { CLIENT_STATUSES, type Client, ClientPatch, NewClient } from '../client/client.ts'
import {
  APPLICATION_LEVELS,
  APPLICATION_TYPES,
  ApplicationPatch,
  NewApplication,
  type Ownership,
} from './application.ts'
import type { ApplicationWithClient } from './application-with-client.ts'

const DEFAULT_TOKEN_LIFETIME = 3600

/** What is registered: an application, and the client that it is made of. */
export const NewRegistration = z.strictObject({
  name: NewApplication.shape.name,
  description: NewApplication.shape.description,
  type: z
    .enum(APPLICATION_TYPES)
    .default('web')
    .describe('web and service have a secret; spa and native do not. It cannot be changed.'),
  level: z.enum(APPLICATION_LEVELS).default('tenant').describe('The level: who can use it. It cannot be changed.'),
  partnerId: idOf('partner')
    .optional()
    .describe('For the level partner: the partner whose tenants can use it. Default: the partner of the caller.'),
  scopes: NewClient.shape.scopes.unwrap().optional().describe('The scopes that the client can request.'),
  redirectUris: NewClient.shape.redirectUris,
  postLogoutRedirectUris: NewClient.shape.postLogoutRedirectUris,
  allowedOrigins: NewClient.shape.allowedOrigins,
  accessTokenLifetime: NewClient.shape.accessTokenLifetime.unwrap().default(DEFAULT_TOKEN_LIFETIME),
  refreshTokenLifetime: NewClient.shape.refreshTokenLifetime,
  tokenExchangeAllowed: NewClient.shape.tokenExchangeAllowed,
})
export type NewRegistration = z.output<typeof NewRegistration>

/** What may be changed about a registered application; what is left out stays, lists are replaced whole. */
export const RegistrationPatch = z.strictObject({
  id: idOf('application'),
  name: ApplicationPatch.shape.name,
  description: ApplicationPatch.shape.description,
  scopes: ClientPatch.shape.scopes,
  redirectUris: ClientPatch.shape.redirectUris,
  postLogoutRedirectUris: ClientPatch.shape.postLogoutRedirectUris,
  allowedOrigins: ClientPatch.shape.allowedOrigins,
  accessTokenLifetime: ClientPatch.shape.accessTokenLifetime,
  refreshTokenLifetime: ClientPatch.shape.refreshTokenLifetime,
  tokenExchangeAllowed: ClientPatch.shape.tokenExchangeAllowed,
  status: z
    .enum(CLIENT_STATUSES)
    .optional()
    .describe('A suspended client cannot get tokens, and its tokens are inactive.'),
})
export type RegistrationPatch = z.output<typeof RegistrationPatch>

/** An application and its client as admin surfaces show them. */
export const RegistrationView = z.object({
  id: idOut('application'),
  name: z.string(),
  description: z.string().nullable(),
  type: z.enum(APPLICATION_TYPES),
  level: z.enum(APPLICATION_LEVELS),
  tenantId: idOut('tenant').nullable().describe('The tenant; null above the tenant level.'),
  partnerId: idOut('partner').nullable(),
  clientId: z.string().nullable(),
  scopes: z.array(z.string()),
  redirectUris: z.array(z.string()),
  postLogoutRedirectUris: z.array(z.string()),
  allowedOrigins: z.array(z.string()),
  accessTokenLifetime: z.number().nullable().describe('Seconds; null selects the value of the realm.'),
  refreshTokenLifetime: z.number().nullable().describe('Seconds; null selects the value of the realm.'),
  tokenExchangeAllowed: z.boolean(),
  status: z.enum(CLIENT_STATUSES),
  createdAt: time,
  updatedAt: time,
})
export type RegistrationView = z.output<typeof RegistrationView>

/** A registered application with the secret that was just made for it. */
export const RegistrationWithSecret = RegistrationView.extend({
  clientSecret: z.string().optional().describe('Shown only in this response; the server stores only its digest.'),
})
export type RegistrationWithSecret = z.output<typeof RegistrationWithSecret>

/** An application and its client as admin surfaces show them. */
export function viewRegistration({ application, client }: ApplicationWithClient): RegistrationView {
  const { id, name, description, level, partnerId, tenantId, createdAt } = application
  return {
    id,
    name,
    description,
    type: typeOf(application, client),
    level,
    tenantId: level === 'tenant' ? tenantId : null,
    partnerId,
    clientId: client?.clientId ?? null,
    scopes: [...(client?.scopes ?? [])],
    redirectUris: [...(client?.redirectUris ?? [])],
    postLogoutRedirectUris: [...(client?.postLogoutRedirectUris ?? [])],
    allowedOrigins: [...(client?.allowedOrigins ?? [])],
    accessTokenLifetime: client?.accessTokenLifetime ?? null,
    refreshTokenLifetime: client?.refreshTokenLifetime ?? null,
    tokenExchangeAllowed: client?.tokenExchangeAllowed ?? false,
    status: client?.status ?? 'active',
    createdAt,
    updatedAt: Math.max(application.updatedAt, client?.updatedAt ?? 0),
  }
}

/** What kind of program it is: what it was registered as, or what its client makes of it. */
function typeOf({ type }: Ownership, client: Client | undefined): (typeof APPLICATION_TYPES)[number] {
  if (type !== null) return type
  if (client?.authMethod === 'none') return 'spa'
  return client?.grantTypes.join() === 'client_credentials' ? 'service' : 'web'
}

/**
 * The grants of a program of a kind: a service acts for itself, what cannot keep a secret for people only, and a web
 * application for both once there is somewhere to send people back to.
 */
export function grantsOf(type: NonNullable<Ownership['type']>, redirectUris: readonly string[]): Client['grantTypes'] {
  const forPeople = ['authorization_code', 'refresh_token'] as const
  if (type === 'service') return ['client_credentials']
  if (type !== 'web') return forPeople
  return redirectUris.length > 0 ? [...forPeople, 'client_credentials'] : ['client_credentials']
}
