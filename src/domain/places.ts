// How a request gets its tenant and its realm: from a realm's name, a tenant's id or the id of anything in it, and never
// beyond the reach of who asks.
import { Failure } from '#kernel/error.ts'
import { type Id, PLATFORM, parseId } from '#kernel/id.ts'
import type { Actor, Reach, Scope } from './context.ts'
import { findLoggedPlace } from './event/event-tenant.store.ts'
import { type House, openContext } from './open-context.ts'
import { findPlace, type PlacedNoun } from './place.store.ts'

/** What a place out of the caller’s reach is said to be: absent, or refused. */
export type OutOfReach = 'not_found' | 'access_denied'

/** Where a request may be about. Each throws Failure `not_found`, or what the surface says of what is out of reach. */
export interface Places {
  /** Above all tenants, where only what is bound to the caller’s reach can be asked. */
  platform(): Scope
  /** The caller’s own tenant; the first one for who reaches several. */
  own(): Promise<Scope>
  /** @param id as a wire spells it, or none */
  tenant(id: unknown): Promise<Scope>
  /** A tenant and the realm that it came with; the realm of who reaches only that. */
  home(id: unknown): Promise<Scope>
  /** The realm that the first tenant came with: what is made there for several tenants, its operation bounds. */
  first(): Promise<Scope>
  /** Where an application lies that is offered to the caller; what may be done to it there, its operation says. */
  offered(id: string | undefined): Promise<Scope>
  /** @param issuerId as it stands in URLs */
  realm(issuerId: string | undefined): Promise<Scope>
  /** Where a thing lies. @param id as a wire spells it */
  of(noun: PlacedNoun, id: string | undefined): Promise<Scope>
  /** The tenant whose log an event is in, which may be one that was deleted. @param id as a wire spells it */
  logged(id: string | undefined): Promise<Scope>
}

/** The places of one caller. @param outOfReach what is said of those beyond the caller’s reach */
export function openPlaces(house: House, actor: Actor, outOfReach: OutOfReach): Places {
  const { registry, database } = house
  const storesOf = (tenantId: Id) => openContext(house, actor, { tenantId }).read

  async function tenant(id: unknown): Promise<Scope> {
    const tenantId = typeof id === 'string' ? parseId('tenant', id) : undefined
    if (tenantId === undefined) throw new Failure('not_found')
    const { tenants } = storesOf(tenantId)
    if (await tenants.find(actor.reach, tenantId)) return { tenantId }
    throw new Failure((await tenants.find({ kind: 'platform' }, tenantId)) ? outOfReach : 'not_found')
  }

  async function own(): Promise<Scope> {
    const { reach } = actor
    if (reach.kind === 'tenant' || reach.kind === 'realm') return { tenantId: reach.tenantId }
    if (reach.kind === 'partner') throw new Failure('invalid_request', 'Say which tenant it is about.')
    const first = await registry.realmByIssuerId('default')
    return { tenantId: first?.realm.tenantId ?? PLATFORM }
  }

  async function home(id: unknown): Promise<Scope> {
    const { tenantId } = id === undefined ? await own() : await tenant(id)
    const { realms } = storesOf(tenantId)
    const { reach } = actor
    return within(tenantId, await (reach.kind === 'realm' ? realms.find(reach.realmId) : realms.home()))
  }

  async function realm(issuerId: string | undefined): Promise<Scope> {
    const found = issuerId === undefined ? undefined : await registry.realmByIssuerId(issuerId)
    if (!found || found.realm.kind === 'admin') throw new Failure('not_found')
    const { tenantId } = found.realm
    const { reach } = actor
    const reached =
      reach.kind === 'realm'
        ? reach.realmId === found.realm.id
        : reaches(reach, { tenantId, partnerId: found.partnerId })
    if (!reached) throw new Failure(outOfReach)
    return { tenantId, realm: found.realm }
  }

  async function of(noun: PlacedNoun, text: string | undefined): Promise<Scope> {
    const id = text === undefined ? undefined : parseId(noun, text)
    const place = id === undefined ? undefined : await findPlace(database.read, noun, id)
    if (!place) throw new Failure('not_found')
    const { tenantId, realmId, directoryId } = place
    await tenant(tenantId)
    const { realms } = storesOf(tenantId)
    if (realmId !== undefined) return within(tenantId, await realms.find(realmId))
    return directoryId === undefined ? { tenantId } : within(tenantId, await realms.over(directoryId))
  }

  async function first(): Promise<Scope> {
    const found = await registry.realmByIssuerId('default')
    if (!found) throw new Failure('not_found')
    return { tenantId: found.realm.tenantId, realm: found.realm }
  }

  async function offered(text: string | undefined): Promise<Scope> {
    const id = text === undefined ? undefined : parseId('application', text)
    const place = id === undefined ? undefined : await findPlace(database.read, 'application', id)
    const stores = place && storesOf(place.tenantId)
    if (!id || !place?.realmId || !(await stores?.applications.isOffered(actor.reach, id))) {
      return of('application', text)
    }
    return within(place.tenantId, await stores?.realms.find(place.realmId))
  }

  const logged = (id: string | undefined) => placeInLog(house, actor.reach, outOfReach, id)
  return { platform: () => ({ tenantId: PLATFORM }), own, tenant, home, first, offered, realm, of, logged }
}

async function placeInLog(
  { database }: Pick<House, 'database'>,
  reach: Reach,
  outOfReach: OutOfReach,
  text: string | undefined,
): Promise<Scope> {
  const id = text === undefined ? undefined : parseId('event', text)
  const place = id === undefined ? undefined : await findLoggedPlace(database.read, id)
  if (!place) throw new Failure('not_found')
  const { tenantId, partnerId } = place
  if (!reaches(reach, { tenantId, partnerId: partnerId ?? PLATFORM })) throw new Failure(outOfReach)
  return { tenantId }
}

// Who administers is administered by operations of their own.
function within(tenantId: Id, realm: Scope['realm']): Scope {
  if (!realm || realm.kind === 'admin') throw new Failure('not_found')
  return { tenantId, realm }
}

function reaches(reach: Reach, place: { readonly tenantId: Id; readonly partnerId: Id }): boolean {
  if (reach.kind === 'platform') return true
  if (reach.kind === 'partner') return reach.partnerId === place.partnerId
  return reach.kind === 'tenant' && reach.tenantId === place.tenantId
}
