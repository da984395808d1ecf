// Sets a minimum assurance level of a realm, also one that no operation accepts.
import type { TestServices } from './services.ts'

/** @param minAal of the first realm */
export async function setMinAal(services: TestServices, minAal: number): Promise<void> {
  const { id } = services.realm
  await services.contextFor().write(async (unit) => {
    const realm = await unit.realms.find(id)
    if (!realm) throw new Error('The realm is gone.')
    await unit.realms.update({ ...realm, minAal, version: realm.version + 1 })
    unit.emit('realm.updated', { subject: { type: 'realm', id }, realmId: id })
  })
}
