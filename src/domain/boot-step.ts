// The updates of an existing installation that run at every start.

import { addCliClient } from './admin-realm/admin-realm.service.ts'
import { incompleteAdminRealms } from './admin-realm/admin-realm.store.ts'
import { CLI_CLIENT_PARTS } from './admin-realm/admin-realm.ts'
import { INSTALLATION } from './bootstrap.ts'
import { repointClients } from './client/client.service.ts'
import { openContext, type Services } from './open-context.ts'
import { insertRealm, prepareRealm } from './realm/realm.service.ts'
import { serverActor } from './server-actor.ts'
import { tenantsWithoutHome } from './tenant/tenant-home.store.ts'

const BOOT = serverActor('boot')

/**
 * Creates the home realm of each tenant that has none. If all tenants have one, it changes nothing. If several
 * processes run it at once, each realm is created once.
 * @returns the number of tenants that had none
 */
export async function backfillHomeRealms(services: Services): Promise<number> {
  const tenants = await tenantsWithoutHome(services.database.read)
  for (const { id, name } of tenants) {
    const context = openContext(services, BOOT, { tenantId: id })
    const realm = await prepareRealm(context, { name, kind: 'default' })
    await context.write(async (unit) => {
      await unit.settings.lock(INSTALLATION)
      if ((await unit.realms.home()) === undefined) await insertRealm(unit, realm)
    })
  }
  return tenants.length
}

/**
 * Gives each admin realm the client for the command line with all its grants, and sets the audience of its clients to
 * the current admin API. If nothing is missing, it changes nothing. If several processes run it at once, each change is
 * made once.
 * @returns the number of admin realms that were changed
 */
export async function backfillAdminRealms(services: Services): Promise<number> {
  const { adminUrl } = services.registry.settings
  const realms = await incompleteAdminRealms(services.database.read, CLI_CLIENT_PARTS, [adminUrl])
  for (const { tenantId, realmId } of realms) {
    const tenant = openContext(services, BOOT, { tenantId })
    const realm = await tenant.read.realms.find(realmId)
    if (!realm) continue
    const context = openContext(services, BOOT, { tenantId, realm })
    await context.write(async (unit) => {
      await addCliClient(context, unit)
      await repointClients(context, unit, [adminUrl])
    })
  }
  return realms.length
}
