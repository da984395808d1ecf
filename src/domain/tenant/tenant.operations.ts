import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { numberedPageOf, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createTenant, deleteTenant, getTenant, surveyTenants, viewTenant } from './tenant.service.ts'
import { NewTenant, TenantPatch, TenantQuery, TenantSurvey, TenantView } from './tenant.ts'
import { updateTenant } from './tenant-update.service.ts'

const TenantId = z.strictObject({ id: idOf('tenant') })

export const tenantCreate = operation({
  name: 'tenant.create',
  summary: 'Create a tenant',
  description:
    'A tenant has its own realms, users, clients, resources and events. It comes with one realm, of the tenant’s name.',
  permission: 'tenants:write',
  reach: 'platform',
  input: NewTenant,
  output: TenantView,
  errors: ['not_found', 'already_exists', 'conflict', 'limit_reached'],
  events: ['tenant.created', 'realm.created', 'key.created', 'application.created', 'client.created'],
  run: createTenant,
})

export const tenantList = operation({
  name: 'tenant.list',
  summary: 'List tenants',
  description: 'Who reaches neither the platform nor a partner’s tenants sees one: their own.',
  permission: 'tenants:read',
  reach: 'tenant',
  across: true,
  input: TenantQuery,
  output: pageOf(TenantView),
  errors: [],
  events: [],
  run: async ({ read, actor }, query) => {
    const { data, nextCursor } = await read.tenants.list(actor.reach, query)
    return { data: data.map(viewTenant), nextCursor }
  },
})

export const tenantSurvey = operation({
  name: 'tenant.survey',
  summary: 'List tenants by numbered pages',
  permission: 'tenants:read',
  reach: 'tenant',
  across: true,
  input: TenantSurvey,
  output: numberedPageOf(TenantView),
  errors: ['access_denied'],
  events: [],
  run: surveyTenants,
})

export const tenantGet = operation({
  name: 'tenant.get',
  summary: 'Show a tenant',
  permission: 'tenants:read',
  reach: 'tenant',
  across: true,
  input: TenantId,
  output: TenantView,
  errors: ['not_found'],
  events: [],
  run: getTenant,
})

export const tenantUpdate = operation({
  name: 'tenant.update',
  summary: 'Change a tenant',
  description:
    'Only what is given changes; settings and branding are replaced whole, or member by member. Only the platform changes a slug or a status, or gives a tenant to another partner, which has to have room for all of it.',
  permission: 'tenants:write',
  reach: 'tenant',
  across: true,
  input: TenantPatch,
  output: TenantView,
  errors: ['not_found', 'already_exists', 'conflict', 'limit_reached', 'precondition_failed'],
  events: ['tenant.updated', 'tenant.suspended', 'tenant.reactivated', 'tenant.transferred'],
  run: updateTenant,
})

export const tenantSuspend = operation({
  name: 'tenant.suspend',
  summary: 'Suspend a tenant',
  description: 'Its realms sign nobody in and issue no tokens, and its API keys do not work, until it is reactivated.',
  permission: 'tenants:write',
  reach: 'platform',
  input: TenantId,
  output: TenantView,
  errors: ['not_found', 'conflict', 'precondition_failed'],
  events: ['tenant.suspended'],
  run: (context, { id }) => updateTenant(context, { id, status: 'suspended' }),
})

export const tenantReactivate = operation({
  name: 'tenant.reactivate',
  summary: 'Reactivate a suspended tenant',
  permission: 'tenants:write',
  reach: 'platform',
  input: TenantId,
  output: TenantView,
  errors: ['not_found', 'precondition_failed'],
  events: ['tenant.reactivated'],
  run: (context, { id }) => updateTenant(context, { id, status: 'active' }),
})

export const tenantDelete = operation({
  name: 'tenant.delete',
  summary: 'Delete a tenant',
  description:
    'Its realms, sessions, tokens, consents and API keys end at once, and its slug is free again. The first tenant cannot be deleted.',
  permission: 'tenants:write',
  reach: 'platform',
  input: TenantId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['tenant.deleted'],
  run: deleteTenant,
})
