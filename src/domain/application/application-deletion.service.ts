// Deletes applications. It is separate from application.service.ts because it imports the client service, which imports
// that file.
import { Failure } from '#kernel/error.ts'
import { removeClient } from '../client/client.service.ts'
import type { Context } from '../context.ts'
import { removeSite } from '../proxy-site/proxy-site.service.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkMayChange, emitApplicationEvent, requireApplication } from './application.service.ts'

/** Deletes an application and its clients, and revokes everything issued to them. @throws Failure `not_found`, `forbidden` */
export async function deleteApplication(context: Context, { id }: { id: string }): Promise<void> {
  const realm = realmOf(context.scope)
  await context.write(async (unit) => {
    const application = await requireApplication(context, unit, id)
    checkMayChange(context, application)
    if (!(await unit.applications.delete(realm.id, id, context.clock.now()))) throw new Failure('not_found')
    for (const clientId of await unit.clients.ofApplication(id)) {
      const named = await unit.clients.find(realm.id, clientId)
      if (named) await removeClient(context, unit, named.client)
    }
    for (const site of await unit.proxySites.all(realm.id))
      if (site.applicationId === id) await removeSite(context, unit, site)
    emitApplicationEvent(unit, 'application.deleted', application)
  })
}
