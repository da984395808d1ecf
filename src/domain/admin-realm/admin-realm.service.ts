import { Failure } from '#kernel/error.ts'
import { applicationFor } from '../application/application.service.ts'
import { changeGrants, insertClient } from '../client/client.service.ts'
import type { Context, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { ADMIN_APPLICATION, CLI_CLIENT, CLI_CLIENT_PARTS } from './admin-realm.ts'

/** The admin realm of the scope’s tenant. @throws Failure `not_found` where there is no such tenant */
export async function adminRealmOf({ read }: Pick<Context, 'read'>): Promise<Realm> {
  const realm = await read.realms.admin()
  if (!realm) throw new Failure('not_found')
  return realm
}

/** The same context, about the admin realm of its tenant. @throws Failure `not_found` */
export async function atAdminRealm(context: Context): Promise<Context> {
  const realm = await adminRealmOf(context)
  return { ...context, scope: { tenantId: realm.tenantId, realm } }
}

/**
 * Adds the client for the terminal to an admin realm that lacks it, inside a write; one that is there gets the grants that
 * it lacks.
 * @param context about the admin realm
 */
export async function addCliClient(context: Context, unit: Unit): Promise<void> {
  const { random, clock, scope, registry } = context
  const realm = realmOf(scope)
  // Who comes second waits here until the first one’s client is there to be found.
  const application = await applicationFor(unit, context, ADMIN_APPLICATION)
  const { grantTypes } = CLI_CLIENT_PARTS
  const known = await unit.clients.findByClientId(realm.id, CLI_CLIENT)
  if (known) return changeGrants(context, unit, known, grantTypes)
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
