// The operations on tenants.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { createTenant, deleteTenant, getTenant, listTenants } from './tenant.service.ts'
import { NewTenant, TenantPatch, TenantQuery, TenantView } from './tenant.ts'
import { updateTenant } from './tenant-update.service.ts'

const TenantId = z.strictObject({ id: idOf('tenant') })

export const tenantCreate = operation({
  name: 'tenant.create',
  summary: 'Create a tenant',
  description:
    'A tenant has its own realms, users, clients, resources and events. A new tenant has one realm with the name of the tenant.',
  permission: 'tenants:write',
  reach: 'platform',
  input: NewTenant,
  output: TenantView,
  errors: ['not_found', 'already_exists', 'conflict', 'limit_reached', 'invalid_request'],
  events: ['tenant.created', 'realm.created', 'key.created', 'application.created', 'client.created'],
  run: createTenant,
})

export const tenantList = operation({
  name: 'tenant.list',
  summary: 'List tenants',
  description: 'A caller with the reach of one tenant sees only this tenant.',
  permission: 'tenants:read',
  reach: 'tenant',
  across: true,
  input: TenantQuery,
  output: listOf(TenantView),
  errors: [],
  events: [],
  run: listTenants,
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
    'Only the given members change; settings and branding are replaced as a whole, or merged member by member. Only the platform can change the slug, the status or the partner. The limits of the new partner must allow the tenant. A person who changes admin_min_aal must have signed in during the last 15 minutes.',
  permission: 'tenants:write',
  reach: 'tenant',
  across: true,
  alsoNeeds: [{ permission: 'administrators:write', when: 'the level of the sign-ins of administrators changes' }],
  input: TenantPatch,
  output: TenantView,
  errors: [
    'not_found',
    'already_exists',
    'conflict',
    'limit_reached',
    'precondition_failed',
    'invalid_request',
    'insufficient_user_authentication',
  ],
  events: ['tenant.updated', 'tenant.suspended', 'tenant.reactivated', 'tenant.transferred'],
  run: updateTenant,
})

export const tenantSuspend = operation({
  name: 'tenant.suspend',
  summary: 'Suspend a tenant',
  description:
    'Until it is reactivated, its realms do not sign in users and do not issue tokens, and its API keys do not work.',
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
    'Its realms, sessions, tokens, consents and API keys end immediately, and its slug can be used again. The first tenant cannot be deleted.',
  permission: 'tenants:write',
  reach: 'platform',
  irreversible: true,
  input: TenantId,
  output: z.void(),
  errors: ['not_found', 'conflict'],
  events: ['tenant.deleted'],
  run: deleteTenant,
})
