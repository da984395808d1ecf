// Finds a tenant's admin realm, and adds its client for the command line.
import { Failure } from '#kernel/error.ts'
import { CLI_CLIENT } from '#kernel/product-words.ts'
import { applicationFor } from '../application/application.service.ts'
import { changeGrants, insertClient } from '../client/client.service.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { ADMIN_APPLICATION, CLI_CLIENT_PARTS } from './admin-realm.ts'

/** The admin realm of the scope’s tenant. @throws Failure `not_found` if the tenant does not exist */
export async function adminRealmOf({ read }: Pick<Context, 'read'>): Promise<Realm> {
  const realm = await read.realms.admin()
  if (!realm) throw new Failure('not_found')
  return realm
}

/** The same context, with the tenant's admin realm as its scope. @throws Failure `not_found` */
export async function atAdminRealm(context: Context): Promise<Context> {
  const realm = await adminRealmOf(context)
  return { ...context, scope: { tenantId: realm.tenantId, realm } }
}

/**
 * Adds the client for the command line to an admin realm that lacks it, inside a write. If the client exists, adds the
 * grants that it lacks.
 * @param context its scope is the admin realm
 */
export async function addCliClient(context: Context, unit: Unit): Promise<void> {
  const { random, clock, scope, registry } = context
  const realm = realmOf(scope)
  // A concurrent call waits here, and then finds the client that the first call created.
  const application = await applicationFor(unit, context, ADMIN_APPLICATION)
  const { grantTypes } = CLI_CLIENT_PARTS
  const existing = await unit.clients.findByClientId(realm.id, CLI_CLIENT)
  if (existing) return changeGrants(context, unit, existing, grantTypes)
  const now = clock.now()
  await insertClient(unit, {
    ...CLI_CLIENT_PARTS,
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    applicationId: application.id,
    audiences: [registry.settings.adminUrl],
    version: 1,
    createdAt: now,
    updatedAt: now,
  })
}
