// The hosts of a realm's sites, for the proxy.
import { openContext, type Services } from '../open-context.ts'
import { serverActor } from '../server-actor.ts'
import { hostOf } from './proxy-site.ts'

/** The hosts of the sites of a realm in the database, with their ports. */
export async function sitesOfRealm(
  services: Services,
  { tenantId, realmId }: { readonly tenantId: string; readonly realmId: string },
): Promise<string[]> {
  const { read } = openContext(services, serverActor('proxy'), { tenantId })
  return (await read.proxySites.all(realmId)).map(({ publicUrl }) => hostOf(publicUrl))
}
