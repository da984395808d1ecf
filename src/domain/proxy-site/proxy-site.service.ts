// Decides about proxy sites: adds, changes and removes them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { firstVersion } from '../first-version.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, revise } from '../update.ts'
import {
  type NewProxySite,
  type ProxySite,
  ProxySiteFields,
  type ProxySitePatch,
  type ProxySiteView,
} from './proxy-site.ts'

const SITES_MAX = 500
const IN_USE = 'Another site of this server has this host.'

/**
 * Puts an application behind the proxy.
 * @throws Failure `already_exists`, `limit_reached`, `unreachable_host` for an upstream that may not be reached, `not_found`
 */
export async function createProxySite(context: Context, input: NewProxySite): Promise<ProxySiteView> {
  const realm = realmOf(context.scope)
  context.network.checkUpstream(input.upstream)
  const site: ProxySite = { ...input, ...firstVersion(context) }
  return context.write(async (unit) => {
    if (!(await unit.applications.find(realm.id, site.applicationId))) throw new Failure('not_found')
    if ((await unit.proxySites.all(realm.id)).length >= SITES_MAX) {
      throw new Failure('limit_reached', `A realm has at most ${SITES_MAX} proxy sites.`)
    }
    if (!(await unit.proxySites.insert(site))) throw new Failure('already_exists', IN_USE)
    emitEvent(unit, 'proxy_site.created', site)
    return ProxySiteFields.show(site)
  })
}

/** @throws Failure `not_found` */
export async function getProxySite(context: Context, { id }: { id: string }): Promise<ProxySiteView> {
  return ProxySiteFields.show(await requireSite(context, context.read, id))
}

/** @throws Failure `not_found`, `already_exists`, `precondition_failed`, `unreachable_host` */
export async function updateProxySite(
  context: Context,
  { id, ifVersion, ...patch }: ProxySitePatch,
): Promise<ProxySiteView> {
  if (patch.upstream !== undefined) context.network.checkUpstream(patch.upstream)
  return context.write(async (unit) => {
    const before = await requireSite(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(ProxySiteFields, before, patch, context.clock.now())
    if (!revised) return ProxySiteFields.show(before)
    checkUpdated(await unit.proxySites.update(revised.after), IN_USE)
    emitEvent(unit, 'proxy_site.updated', revised.after, { ...revised.change })
    return ProxySiteFields.show(revised.after)
  })
}

/** Takes a site away. Its rules stay with the application. @throws Failure `not_found` */
export async function deleteProxySite(context: Context, { id }: { id: string }): Promise<void> {
  await context.write(async (unit) => {
    const site = await requireSite(context, unit, id)
    await removeSite(context, unit, site)
  })
}

/** Deletes a site inside a write. @throws Failure `not_found` if it is gone */
export async function removeSite({ clock }: Pick<Context, 'clock'>, unit: Unit, site: ProxySite): Promise<void> {
  if (!(await unit.proxySites.delete(site.realmId, site.id, clock.now()))) throw new Failure('not_found')
  emitEvent(unit, 'proxy_site.deleted', site)
}

async function requireSite(
  { scope }: Pick<Context, 'scope'>,
  { proxySites }: Pick<Stores, 'proxySites'>,
  id: string,
): Promise<ProxySite> {
  const site = await proxySites.find(realmOf(scope).id, id)
  if (!site) throw new Failure('not_found')
  return site
}

function emitEvent(unit: Unit, type: EventType, site: ProxySite, data: object = {}): void {
  const { id, publicUrl, upstream, realmId } = site
  unit.emit(type, { subject: { type: 'proxy_site', id, label: publicUrl }, realmId, data: { upstream, ...data } })
}
