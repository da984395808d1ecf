// Finds the tenant and the realm of a request: from the name of a realm, the id of a tenant or the id of an object. The
// result is always within the caller's reach.
import { Failure } from '#kernel/error.ts'
import { type Id, PLATFORM, parseId } from '#kernel/id.ts'
import { type Actor, type Reach, reachesTenant, type Scope } from './actor.ts'
import type { Context, Stores } from './context.ts'
import { findLoggedPlace } from './event/event-tenant.store.ts'
import { openContext, type Services } from './open-context.ts'
import { findPlace, type PlacedNoun } from './place.store.ts'
import type { Registry } from './registry.ts'
import { checkTenantFilter } from './tenant/tenant-filter.service.ts'

/** The error for a place outside the caller’s reach: `not_found` or a refusal. */
export type OutOfReach = 'not_found' | 'access_denied'

/**
 * The scopes that a request can have. Each function throws Failure `not_found`, or the surface's error for a place
 * outside the reach.
 */
export interface Places {
  /** The scope above all tenants, for operations that are limited by the caller’s reach. */
  platform(): Scope
  /** The caller’s own tenant; the first tenant if the caller reaches several. */
  own(): Promise<Scope>
  /** @param id in any form of an id, or undefined */
  tenant(id: unknown): Promise<Scope>
  /** A tenant and its home realm; the caller's realm if the caller reaches only that. */
  home(id: unknown): Promise<Scope>
  /** Checks that a partner’s tenants are within the caller’s reach. @param id as a wire spells it @throws Failure `access_denied` */
  ofPartner(id: unknown): Promise<void>
  /**
   * The home realm of the first tenant, which holds objects for several tenants. The operation limits who may create
   * them.
   */
  first(): Promise<Scope>
  /** The realm of an application that the caller can use. The operation decides what the caller may do with it. */
  offered(id: string | undefined): Promise<Scope>
  /** @param issuerId the issuer id in URLs */
  realm(issuerId: string | undefined): Promise<Scope>
  /** The place of an object. @param id in any form of an id */
  ofObject(noun: PlacedNoun, id: string | undefined): Promise<Scope>
  /**
   * An agent of the caller’s own tenant.
   * @param text its id, or the `client_id` of its client
   * @returns its id
   */
  agent(text: string): Promise<Id>
  /**
   * A client of the caller’s own tenant.
   * @param text its id, or its `client_id`
   * @returns its id
   */
  client(text: string): Promise<Id>
  /**
   * An application of the caller’s own tenant that has one client.
   * @param text its id, or the `client_id` of its client
   * @returns its id, and that of its client if it has one
   */
  registration(text: string): Promise<{ readonly id: Id; readonly clientId: Id | undefined }>
  /**
   * A resource of the caller’s own tenant.
   * @param text its id, its slug or its identifier
   * @returns its id
   */
  resource(text: string): Promise<Id>
  /** The tenant whose log contains an event; the tenant may be deleted. @param id in any form of an id */
  logged(id: string | undefined): Promise<Scope>
}

/** The places of one caller. @param outOfReach the error for places outside the caller’s reach */
export function openPlaces(services: Services, actor: Actor, outOfReach: OutOfReach): Places {
  const { registry, database } = services
  const storesOf = (tenantId: Id) => openContext(services, actor, { tenantId }).read

  async function tenant(id: unknown): Promise<Scope> {
    const tenantId = typeof id === 'string' ? parseId('tenant', id) : undefined
    if (tenantId === undefined) throw new Failure('not_found')
    const { tenants } = storesOf(tenantId).acrossTenants
    if (await tenants.find(actor.reach, tenantId)) return { tenantId }
    throw new Failure((await tenants.find({ kind: 'platform' }, tenantId)) ? outOfReach : 'not_found')
  }

  async function own(): Promise<Scope> {
    const { reach } = actor
    if (reach.kind === 'tenant' || reach.kind === 'realm') return { tenantId: reach.tenantId }
    if (reach.kind === 'partner') throw new Failure('invalid_request', 'Give the tenant in tenant_id.')
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
    const entry = issuerId === undefined ? undefined : await registry.realmByIssuerId(issuerId)
    if (!entry || entry.realm.kind === 'admin') throw new Failure('not_found')
    const { tenantId } = entry.realm
    const { reach } = actor
    const reached =
      reach.kind === 'realm'
        ? reach.realmId === entry.realm.id
        : reachesTenant(reach, { tenantId, partnerId: entry.partnerId })
    if (!reached) throw new Failure(outOfReach)
    return { tenantId, realm: entry.realm }
  }

  async function ofObject(noun: PlacedNoun, text: string | undefined): Promise<Scope> {
    const id = text === undefined ? undefined : parseId(noun, text)
    const place = id === undefined ? undefined : await findPlace(database.read, noun, id)
    if (!place) throw new Failure('not_found')
    const { tenantId, realmId, directoryId } = place
    await tenant(tenantId)
    const { realms } = storesOf(tenantId)
    if (realmId !== undefined) return within(tenantId, await realms.find(realmId))
    return directoryId === undefined ? { tenantId } : within(tenantId, await realms.over(directoryId))
  }

  async function offered(text: string | undefined): Promise<Scope> {
    const id = text === undefined ? undefined : parseId('application', text)
    const place = id === undefined ? undefined : await findPlace(database.read, 'application', id)
    const stores = place && storesOf(place.tenantId)
    if (!id || !place?.realmId || !(await stores?.acrossTenants.applications.isOffered(actor.reach, id))) {
      return ofObject('application', text)
    }
    return within(place.tenantId, await stores?.realms.find(place.realmId))
  }

  return {
    platform: () => ({ tenantId: PLATFORM }),
    own,
    tenant,
    home,
    ofPartner: (id) => checkPartner(openContext(services, actor, { tenantId: PLATFORM }), id),
    first: () => firstPlace(registry),
    offered,
    realm,
    ofObject,
    ...namedPlaces(storesOf, () => home(undefined)),
    logged: (id) => placeInLog(services, actor.reach, outOfReach, id),
  }
}

async function firstPlace(registry: Registry): Promise<Scope> {
  const entry = await registry.realmByIssuerId('default')
  if (!entry) throw new Failure('not_found')
  return { tenantId: entry.realm.tenantId, realm: entry.realm }
}

type StoresOf = (tenantId: Id) => Stores

/** What callers name in more than one way. @param home the place of what is named */
function namedPlaces(
  storesOf: StoresOf,
  home: () => Promise<Scope>,
): Pick<Places, 'agent' | 'client' | 'registration' | 'resource'> {
  return {
    agent: async (text) => agentAt(storesOf, await home(), text),
    client: async (text) => clientAt(storesOf, await home(), text),
    registration: async (text) => registrationAt(storesOf, await home(), text),
    resource: async (text) => resourceAt(storesOf, await home(), text),
  }
}

async function agentAt(storesOf: StoresOf, { tenantId, realm }: Scope, text: string): Promise<Id> {
  const { clients, agents } = storesOf(tenantId)
  const client = realm && (await clients.findByClientId(realm.id, text))
  const id = client ? await agents.idOfClient(client.id) : parseId('agent', text)
  if (id === undefined) throw new Failure('not_found')
  return id
}

async function resourceAt(storesOf: StoresOf, { tenantId }: Scope, text: string): Promise<Id> {
  const id = parseId('resource', text) ?? (await storesOf(tenantId).resources.idOf(text))
  if (id === undefined) throw new Failure('not_found')
  return id
}

async function clientAt(storesOf: StoresOf, { tenantId, realm }: Scope, text: string): Promise<Id> {
  const client = realm && (await storesOf(tenantId).clients.findByClientId(realm.id, text))
  const id = client?.id ?? parseId('client', text)
  if (id === undefined) throw new Failure('not_found')
  return id
}

// A program’s client_id leads to the application only if it is that of the client that the application is shown with.
async function registrationAt(storesOf: StoresOf, { tenantId, realm }: Scope, text: string) {
  const { applications, clients } = storesOf(tenantId)
  const named = realm && (await clients.findByClientId(realm.id, text))
  const id = named?.applicationId ?? parseId('application', text)
  const found = realm && id !== undefined ? await applications.findWithClient(realm.id, id) : undefined
  if (!found || (named && found.client?.id !== named.id)) throw new Failure('not_found')
  return { id: found.application.id, clientId: found.client?.id }
}

async function checkPartner(context: Context, id: unknown): Promise<void> {
  const partnerId = typeof id === 'string' ? parseId('partner', id) : undefined
  await checkTenantFilter(context, { partnerId })
}

async function placeInLog(
  { database }: Pick<Services, 'database'>,
  reach: Reach,
  outOfReach: OutOfReach,
  text: string | undefined,
): Promise<Scope> {
  const id = text === undefined ? undefined : parseId('event', text)
  const place = id === undefined ? undefined : await findLoggedPlace(database.read, id)
  if (!place) throw new Failure('not_found')
  const { tenantId, partnerId } = place
  if (!reachesTenant(reach, { tenantId, partnerId: partnerId ?? PLATFORM })) throw new Failure(outOfReach)
  return { tenantId }
}

// Administrators have operations of their own.
function within(tenantId: Id, realm: Scope['realm']): Scope {
  if (!realm || realm.kind === 'admin') throw new Failure('not_found')
  return { tenantId, realm }
}
