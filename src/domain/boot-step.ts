// What every start brings up to date in an installation that is there already.

import { addCliClient } from './admin-realm/admin-realm.service.ts'
import { adminRealmsToMend } from './admin-realm/admin-realm.store.ts'
import { CLI_CLIENT_PARTS } from './admin-realm/admin-realm.ts'
import { INSTALLATION } from './bootstrap.ts'
import { repointClients } from './client/client.service.ts'
import { SERVER } from './first-boot.ts'
import { type House, openContext } from './open-context.ts'
import { insertRealm, prepareRealm } from './realm/realm.service.ts'
import { tenantsWithoutHome } from './tenant/tenant-home.store.ts'

const BOOT = { ...SERVER, origin: { ...SERVER.origin, requestId: 'boot' } }

/**
 * Gives each tenant the realm that tenants come with. On an installation whose tenants all have theirs it changes
 * nothing; of several processes at once, one does it.
 * @returns how many tenants had none
 */
export async function mendHomeRealms(house: House): Promise<number> {
  const tenants = await tenantsWithoutHome(house.database.read)
  for (const { id, name } of tenants) {
    const context = openContext(house, BOOT, { tenantId: id })
    const realm = await prepareRealm(context, { name, kind: 'default' })
    await context.write(async (unit) => {
      await unit.settings.lock(INSTALLATION)
      if ((await unit.realms.home()) === undefined) await insertRealm(unit, realm)
    })
  }
  return tenants.length
}

/**
 * Gives each admin realm the client for the terminal, with all of its grants, and has its clients ask for the admin API where that is now. On an
 * installation that has all that it changes nothing; of several processes at once, one does it.
 * @returns how many admin realms lacked something
 */
export async function mendAdminRealms(house: House): Promise<number> {
  const { adminUrl } = house.registry.settings
  const realms = await adminRealmsToMend(house.database.read, CLI_CLIENT_PARTS, [adminUrl])
  for (const { tenantId, realmId } of realms) {
    const tenant = openContext(house, BOOT, { tenantId })
    const realm = await tenant.read.realms.find(realmId)
    if (!realm) continue
    const context = openContext(house, BOOT, { tenantId, realm })
    await context.write(async (unit) => {
      await addCliClient(context, unit)
      await repointClients(context, unit, [adminUrl])
    })
  }
  return realms.length
}
