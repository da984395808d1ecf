// Applications, each with one client (ScaiKey, “Applications”).
import { applicationDelete } from '#domain/application/application.operations.ts'
import * as registrations from '#domain/application/registration.operations.ts'
import { RegistrationView, RegistrationWithSecret } from '#domain/application/registration.ts'
import { idOf } from '#kernel/field.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import { created, list, noContent, ok, representation, rows } from './dialect.ts'
import { acrossTenants, homeAsked, inSameTenant } from './scope.ts'

const scope: Route['scope'] = async ({ params }, places) => places.offered(params.id)
const row = rows({ scope })

const mapping = {
  names: { type: 'application_type', level: 'scope', scopes: 'allowed_scopes', accessTokenLifetime: 'token_lifetime' },
}
const application = representation(RegistrationView, mapping)
const newApplication = representation(RegistrationWithSecret, mapping)

/** An application for several tenants is created in the realm of the first tenant, any other in the realm of its tenant. */
const newScope: Route['scope'] = async (request, places, actor) => {
  const level = (request.body as { scope?: unknown } | null | undefined)?.scope
  const isAbove = typeof level === 'string' && ['partner', 'global'].includes(level.toLowerCase())
  return isAbove ? places.first() : homeAsked(request, places, actor)
}

// An application of several tenants is shown with the tenant null, which may be sent as well.
const tenant_id = idOf('tenant').nullish().describe('The tenant of the application.')
const partnerId: Codec = { schema: idOf('partner').nullish(), decode: (sent) => sent ?? undefined }

const BASE = '/api/v1/admin/applications'

export const applicationRoutes: readonly Route[] = [
  row(`GET ${BASE}`, registrations.registrationList, list(application), { scope: acrossTenants }),
  row(`POST ${BASE}`, registrations.registrationCreate, created(newApplication), {
    scope: newScope,
    checked: { tenant_id },
    codecs: { partnerId },
  }),
  row(`GET ${BASE}/{id}`, registrations.registrationGet, ok(application)),
  row(`PATCH ${BASE}/{id}`, registrations.registrationUpdate, ok(application), inSameTenant(scope, { tenant_id })),
  row(`DELETE ${BASE}/{id}`, applicationDelete, noContent),
]
