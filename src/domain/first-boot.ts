// An empty database becomes an installation.
import type { Database } from '#database/database.ts'
import { PLATFORM } from '#kernel/id.ts'
import { insertApiKey, newSecret } from './api-key/api-key.service.ts'
import type { ApiKey } from './api-key/api-key.ts'
import { SHOWN_LENGTH } from './api-key/api-key.ts'
import { INSTALLATION, type Installation, insertBootstrap, newBootstrap } from './bootstrap.ts'
import type { Actor } from './context.ts'
import { type House, openContext } from './open-context.ts'
import { insertPartner } from './partner/partner.service.ts'
import { INTERNAL_PARTNER, type Partner } from './partner/partner.ts'
import { insertRealm, prepareRealm } from './realm/realm.service.ts'
import { settingStore } from './setting/setting.store.ts'
import { insertTenant, prepareAdminRealm } from './tenant/tenant.service.ts'
import { DEFAULT_TENANT, type Tenant } from './tenant/tenant.ts'

/** Who does what nobody asked for. */
export const SERVER: Actor = {
  kind: 'system',
  id: 'server',
  label: 'Countersign',
  reach: { kind: 'platform' },
  permissions: new Set(['*']),
  origin: { ip: null, userAgent: null, requestId: 'first-boot', surface: 'system' },
}

export interface FirstBootOptions {
  /**
   * Keeps the first API key where the operator finds it. Called before the commit, so that no installation is without;
   * it may be called again for the same boot, and replaces then what it kept.
   */
  readonly keepAdminKey: (key: string) => void
}

export type FirstBoot =
  | { readonly created: false }
  | { readonly created: true; readonly adminKey: string; readonly bootstrapSecret: string }

/** Whether a migrated database holds an installation already. */
export async function isInitialized({ read }: Pick<Database, 'read'>): Promise<boolean> {
  return (await settingStore(read).find(INSTALLATION)) !== undefined
}

/**
 * Whether the master key is the one that the installation was set up with. With another one nothing that is sealed could
 * be opened, and what was added to the event log would look forged.
 */
export async function hasItsMasterKey({ database, crypto }: Pick<House, 'database' | 'crypto'>): Promise<boolean> {
  const installation = await settingStore(database.read).find<Installation>(INSTALLATION)
  return installation !== undefined && crypto.equal(installation.keyCheck, keyCheckOf(crypto))
}

function keyCheckOf({ mac }: Pick<House['crypto'], 'mac'>): string {
  return mac('master-key-check', '')
}

/**
 * Sets an installation up on a migrated, empty database, in one transaction: the partner `internal`, the tenant
 * `default` with its admin realm and the realm `default`, an API key that may do everything, and the link for the first
 * administrator. On one that is set up it changes nothing; of several processes at once, one does it.
 * @returns the secrets that were made; only their digests are kept
 */
export async function firstBoot(house: House, { keepAdminKey }: FirstBootOptions): Promise<FirstBoot> {
  if (await isInitialized(house.database)) return { created: false }
  const context = openContext(house, SERVER, { tenantId: house.random.id() })
  const { partner, tenant, key } = firstRows(house, context.scope.tenantId)
  const adminRealm = await prepareAdminRealm(context, tenant.id)
  const realm = await prepareRealm(context, { name: 'Default', kind: 'default', issuerId: 'default' })
  const { secret: bootstrapSecret, bootstrap } = newBootstrap(context)
  const adminKey = newSecret(house.random)
  const installation: Installation = {
    tenantId: tenant.id,
    adminDirectoryId: adminRealm.realm.directoryId,
    bootstrap,
    keyCheck: keyCheckOf(house.crypto),
  }
  const created = await context.write(async (unit) => {
    if (!(await unit.settings.claim(INSTALLATION, installation))) return false
    unit.emit('instance.initialized', { subject: { type: 'instance', id: tenant.id }, tenantId: PLATFORM })
    await insertPartner(unit, partner)
    await insertTenant(context, unit, tenant, adminRealm)
    await insertRealm(unit, realm)
    await insertApiKey(unit, { ...key, prefix: adminKey.slice(0, SHOWN_LENGTH) }, house.crypto.digest(adminKey))
    await insertBootstrap(unit, bootstrap)
    keepAdminKey(adminKey)
    return true
  })
  return created ? { created, adminKey, bootstrapSecret } : { created }
}

function firstRows({ random, clock }: House, tenantId: string): { partner: Partner; tenant: Tenant; key: ApiKey } {
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
    permissions: ['*'],
    createdAt: now,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  }
  return { partner, tenant, key }
}
