// Sets up an installation in an empty database.

import type { Database } from '#database/database.ts'
import { PLATFORM } from '#kernel/id.ts'
import { EVERYTHING } from '#kernel/permission.ts'
import { insertApiKey, newSecret } from './api-key/api-key.service.ts'
import type { ApiKey } from './api-key/api-key.ts'
import { PREFIX_LENGTH } from './api-key/api-key.ts'
import { INSTALLATION, type Installation, insertBootstrap, newBootstrap } from './bootstrap.ts'
import { openContext, type Services } from './open-context.ts'
import { insertPartner } from './partner/partner.service.ts'
import { INTERNAL_PARTNER, type Partner } from './partner/partner.ts'
import { insertRealm, prepareRealm } from './realm/realm.service.ts'
import { serverActor } from './server-actor.ts'
import { settingStore } from './setting/setting.store.ts'
import { insertTenant, prepareAdminRealm } from './tenant/tenant.service.ts'
import { DEFAULT_TENANT, type Tenant, TenantFields } from './tenant/tenant.ts'

export interface FirstBootOptions {
  /**
   * Stores the first API key where the operator finds it. It is called before the commit, so that every installation
   * has a key. A second call for the same boot replaces the stored key.
   */
  readonly keepAdminKey: (key: string) => void
}

export type FirstBoot =
  | { readonly created: false }
  | { readonly created: true; readonly adminKey: string; readonly bootstrapSecret: string }

/** Whether a migrated database contains an installation. */
export async function isInitialized({ read }: Pick<Database, 'read'>): Promise<boolean> {
  return (await settingStore(read).find(INSTALLATION)) !== undefined
}

/**
 * Whether the master key is the one of the first boot. With another key, sealed data cannot be opened, and new events
 * do not verify.
 */
export async function hasSameMasterKey({ database, crypto }: Pick<Services, 'database' | 'crypto'>): Promise<boolean> {
  const installation = await settingStore(database.read).find<Installation>(INSTALLATION)
  return installation !== undefined && crypto.equal(installation.keyCheck, keyCheckOf(crypto))
}

function keyCheckOf({ mac }: Pick<Services['crypto'], 'mac'>): string {
  return mac('master-key-check', '')
}

/**
 * Sets up an installation in a migrated, empty database, in one transaction: the partner `internal`, the tenant
 * `default` with its admin realm and the realm `default`, an API key with all rights, and the link for the first
 * administrator. If the database contains an installation, it changes nothing. If several processes run it at once, one
 * does the work.
 * @returns the new secrets; only their digests are stored
 */
export async function firstBoot(services: Services, { keepAdminKey }: FirstBootOptions): Promise<FirstBoot> {
  if (await isInitialized(services.database)) return { created: false }
  const context = openContext(services, serverActor('first-boot'), { tenantId: services.random.id() })
  const { partner, tenant, key } = firstRows(services, context.scope.tenantId)
  const adminRealm = await prepareAdminRealm(context, tenant)
  const realm = await prepareRealm(context, { name: 'Default', kind: 'default', issuerId: 'default' })
  const { secret: bootstrapSecret, bootstrap } = newBootstrap(context)
  const adminKey = newSecret(services.random)
  const installation: Installation = {
    tenantId: tenant.id,
    adminDirectoryId: adminRealm.realm.directoryId,
    bootstrap,
    keyCheck: keyCheckOf(services.crypto),
  }
  const created = await context.write(async (unit) => {
    if (!(await unit.settings.claim(INSTALLATION, installation))) return false
    unit.emit('instance.initialized', { subject: { type: 'instance', id: tenant.id }, tenantId: PLATFORM })
    await insertPartner(unit, { kind: 'platform' }, partner)
    await insertTenant(context, unit, tenant, adminRealm)
    await insertRealm(unit, realm)
    await insertApiKey(unit, { ...key, prefix: adminKey.slice(0, PREFIX_LENGTH) }, services.crypto.digest(adminKey))
    await insertBootstrap(unit, bootstrap)
    keepAdminKey(adminKey)
    return true
  })
  return created ? { created, adminKey, bootstrapSecret } : { created }
}

function firstRows({ random, clock }: Services, tenantId: string): { partner: Partner; tenant: Tenant; key: ApiKey } {
  const now = clock.now()
  const fresh = { status: 'active', contactEmail: null, version: 1, createdAt: now, updatedAt: now } as const
  const partner: Partner = {
    ...fresh,
    id: random.id(),
    name: 'Internal',
    slug: INTERNAL_PARTNER,
    maxTenants: null,
    maxUsersPerTenant: null,
    maxApplicationsPerTenant: null,
  }
  const tenant: Tenant = {
    ...fresh,
    id: tenantId,
    partnerId: partner.id,
    name: 'Default',
    slug: DEFAULT_TENANT,
    adminMinAal: TenantFields.initial.adminMinAal,
    settings: {},
    branding: {},
  }
  const key: ApiKey = {
    id: random.id(),
    tenantId: PLATFORM,
    reach: { kind: 'platform' },
    issuerId: null,
    name: 'First boot',
    prefix: '',
    permissions: [...EVERYTHING],
    createdAt: now,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  }
  return { partner, tenant, key }
}
