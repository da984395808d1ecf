import * as z from 'zod'
import { applicationDelete } from '#domain/application/application.operations.ts'
import { APPLICATION_LEVELS, APPLICATION_TYPES } from '#domain/application/application.ts'
import {
  applicationReconfigure,
  applicationRegister,
  applicationShow,
  applicationSurvey,
} from '#domain/application/registration.operations.ts'
import {
  NewRegistration,
  RegistrationPatch,
  RegistrationSurvey,
  type RegistrationView,
  type RegistrationWithSecret,
} from '#domain/application/registration.ts'
import { CLIENT_STATUSES } from '#domain/client/client.ts'
import { renderId } from '#kernel/id.ts'
import type { Route } from '../surface.ts'
import {
  acrossTenants,
  homeAsked,
  idIn,
  listOf,
  listSchema,
  PageParameters,
  pageOf,
  row,
  single,
  staysIn,
  timeOut,
  wordIn,
} from './row.ts'

const patch = RegistrationPatch.shape
const fields = {
  name: patch.name,
  description: patch.description,
  allowed_scopes: patch.scopes,
  redirect_uris: patch.redirectUris,
  post_logout_redirect_uris: patch.postLogoutRedirectUris,
  allowed_origins: patch.allowedOrigins,
  token_lifetime: patch.accessTokenLifetime,
  refresh_token_lifetime: patch.refreshTokenLifetime,
  token_exchange_allowed: patch.tokenExchangeAllowed,
}
const level = wordIn(APPLICATION_LEVELS).optional()
const type = wordIn(APPLICATION_TYPES).optional()
const tenant_id = idIn('tenant').nullable().optional()
const partner_id = idIn('partner').nullable().optional()

const Create = z.object({
  ...fields,
  name: NewRegistration.shape.name,
  application_type: type.describe('WEB unless told.'),
  scope: level.describe('To whom it is offered; TENANT unless told.'),
  tenant_id: tenant_id.describe('Whose it is, where its scope is TENANT.'),
  partner_id: partner_id.describe('Whose tenants it is offered to, where its scope is PARTNER.'),
})
const Update = z.object({
  ...fields,
  status: wordIn(CLIENT_STATUSES).optional(),
  tenant_id: tenant_id.describe('The one whose it is.'),
})
const List = PageParameters.extend({
  tenant_id: idIn('tenant').optional(),
  partner_id: idIn('partner').optional(),
  scope: level,
  application_type: type,
  search: RegistrationSurvey.shape.search,
})

const nullable = z.string().nullable()
const seconds = z.number().int().nullable()
const Application = z.object({
  id: z.string(),
  name: z.string(),
  description: nullable,
  client_id: nullable,
  application_type: z.enum(['WEB', 'SERVICE', 'SPA', 'NATIVE']),
  scope: z.enum(['TENANT', 'PARTNER', 'GLOBAL']),
  tenant_id: nullable,
  partner_id: nullable,
  redirect_uris: z.array(z.string()),
  post_logout_redirect_uris: z.array(z.string()),
  allowed_origins: z.array(z.string()),
  allowed_scopes: z.array(z.string()),
  token_lifetime: seconds,
  refresh_token_lifetime: seconds,
  token_exchange_allowed: z.boolean(),
  status: z.enum(['ACTIVE', 'SUSPENDED']),
  created_at: z.string(),
  updated_at: z.string(),
})
const ApplicationWithSecret = Application.extend({
  client_secret: z.string().optional().describe('Shown this once; SPA and NATIVE have none.'),
})

function shown(application: RegistrationView): z.output<typeof Application> {
  const { tenantId, partnerId } = application
  return {
    id: renderId('application', application.id),
    name: application.name,
    description: application.description,
    client_id: application.clientId,
    application_type: application.type.toUpperCase() as z.output<typeof Application>['application_type'],
    scope: application.level.toUpperCase() as z.output<typeof Application>['scope'],
    tenant_id: tenantId === null ? null : renderId('tenant', tenantId),
    partner_id: partnerId === null ? null : renderId('partner', partnerId),
    redirect_uris: application.redirectUris,
    post_logout_redirect_uris: application.postLogoutRedirectUris,
    allowed_origins: application.allowedOrigins,
    allowed_scopes: application.scopes,
    token_lifetime: application.accessTokenLifetime,
    refresh_token_lifetime: application.refreshTokenLifetime,
    token_exchange_allowed: application.tokenExchangeAllowed,
    status: application.status === 'active' ? 'ACTIVE' : 'SUSPENDED',
    created_at: timeOut(application.createdAt) ?? '',
    updated_at: timeOut(application.updatedAt) ?? '',
  }
}

type Given = { [Name in keyof typeof fields]?: z.output<(typeof fields)[Name]> }

function taken(body: Given): object {
  return {
    name: body.name,
    description: body.description,
    scopes: body.allowed_scopes,
    redirectUris: body.redirect_uris,
    postLogoutRedirectUris: body.post_logout_redirect_uris,
    allowedOrigins: body.allowed_origins,
    accessTokenLifetime: body.token_lifetime,
    refreshTokenLifetime: body.refresh_token_lifetime,
    tokenExchangeAllowed: body.token_exchange_allowed,
  }
}

const names = {
  type: 'application_type',
  level: 'scope',
  scopes: 'allowed_scopes',
  accessTokenLifetime: 'token_lifetime',
}

function said(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
}

/** What is offered to several tenants is made in the first one’s realm, everything else in that of the tenant it is for. */
const where: Route['scope'] = async (request, places, actor) => {
  const word = said(request.body, 'scope')
  const isAbove = typeof word === 'string' && ['partner', 'global'].includes(word.toLowerCase())
  if (isAbove) return places.first()
  // Null names no tenant, as nothing does.
  return homeAsked(said(request.body, 'tenant_id') === null ? { ...request, body: {} } : request, places, actor)
}
const its: Route['scope'] = async ({ params }, places) => places.offered(params.id)
const staysIts = staysIn(its)
const one = {
  scope: its,
  replySchema: Application,
  reply: (application: RegistrationView) => single(shown(application)),
  names,
}
const id = ({ params }: { params: Readonly<Record<string, string>> }) => ({ id: params.id })

/** Applications, each with its one client (ScaiKey, “Applications”). */
export const applicationRoutes: readonly Route[] = [
  row('GET /api/v1/admin/applications', applicationSurvey, {
    scope: acrossTenants,
    query: List,
    input: ({ query: { scope, application_type, tenant_id: tenantId, partner_id: partnerId, search, ...page } }) => ({
      ...pageOf(page),
      level: scope,
      type: application_type,
      tenantId,
      partnerId,
      search,
    }),
    reply: (page, { query }) => listOf(page, query, shown),
    replySchema: listSchema(Application),
  }),
  row('POST /api/v1/admin/applications', applicationRegister, {
    scope: where,
    names,
    status: 201,
    body: Create,
    input: ({ body }) => ({
      ...taken(body),
      type: body.application_type,
      level: body.scope,
      partnerId: body.partner_id ?? undefined,
    }),
    reply: ({ clientSecret, ...application }: RegistrationWithSecret) =>
      single({ ...shown(application), ...(clientSecret !== undefined && { client_secret: clientSecret }) }),
    replySchema: ApplicationWithSecret,
  }),
  row('GET /api/v1/admin/applications/{id}', applicationShow, { ...one, input: id }),
  row('PATCH /api/v1/admin/applications/{id}', applicationReconfigure, {
    ...one,
    // Null is what an application says that is of no tenant.
    scope: (request, places, actor) =>
      (said(request.body, 'tenant_id') === null ? its : staysIts)(request, places, actor),
    body: Update,
    input: ({ params, body }) => ({ ...taken(body), status: body.status, id: params.id }),
  }),
  row('DELETE /api/v1/admin/applications/{id}', applicationDelete, { scope: its, input: id }),
]
