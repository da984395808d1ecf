// Decides about resources: registers, changes and deletes them.
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { usesEvery } from '../client/askable.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { linksInWords, removeLinksOf } from '../fronting-link/fronting-link.service.ts'
import type { FrontingLink } from '../fronting-link/fronting-link.ts'
import type { Settings } from '../settings.ts'
import { checkUpdated, revise } from '../update.ts'
import { brokerSettings, identifierOfNew, providerOf, providerOfNew } from './broker-settings.ts'
import { type DetailType, flawsOfDetailTypes } from './detail-type.ts'
import { isPlatformApi } from './platform-api.ts'
import {
  CLIENT_LISTS,
  type ClientList,
  isSameIdentifier,
  type NewResource,
  otherSpelling,
  RETURN_URLS_MAX,
  type Resource,
  type ResourceClient,
  ResourceFields,
  type ResourcePatch,
  type ResourceReturnUrl,
  type ResourceView,
  slugFor,
  viewResource,
} from './resource.ts'

/** How many clients a list of a resource has at most. */
const CLIENTS_MAX = 100

/**
 * Registers a resource, for which tokens can be requested at once.
 * @throws Failure `already_exists` if the identifier or the slug is in use, `not_found` without a tenant, `invalid_input` for
 * a schema of authorization details that cannot be used
 */
export async function createResource(context: Context, input: NewResource): Promise<ResourceView> {
  await checkDetailTypes(input.authorizationDetailsTypes)
  const now = context.clock.now()
  const provider = await providerOfNew(context, input)
  const identifier = await identifierOfNew(context, input, provider)
  const slug = input.slug ?? slugFor(identifier)
  const { brokerProvider: _, ...given } = input
  const resource: Resource = {
    ...given,
    ...brokerSettings(context, input, provider),
    identifier,
    id: context.random.id(),
    tenantId: context.scope.tenantId,
    slug,
    name: input.name ?? slug,
    status: 'active',
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  checkNames(context, resource)
  await context.write(async (unit) => {
    if (!(await unit.acrossTenants.tenants.find(context.actor.reach, resource.tenantId))) throw new Failure('not_found')
    const other = otherSpelling(resource.identifier)
    if (other !== undefined && (await unit.resources.named([other])).length > 0) {
      throw new Failure('already_exists', inUseMessage({ ...resource, identifier: other }))
    }
    for (const list of CLIENT_LISTS) await checkClients(unit, list, resource[list])
    // Held, so that it is not deleted meanwhile.
    if (provider && !(await unit.brokerProviders.lock(provider.realmId, provider.id))) throw new Failure('not_found')
    if (!(await unit.resources.insert(resource))) throw new Failure('already_exists', inUseMessage(resource))
    emitEvent(unit, 'resource.created', resource)
  })
  return viewResource(resource)
}

/** @throws Failure `not_found` */
export async function getResource({ read }: Context, id: string): Promise<ResourceView> {
  return viewResource(await requireResource(read, id))
}

/**
 * Changes a resource. Its identifier cannot change, because issued tokens contain it.
 * @throws Failure `not_found`, `already_exists` if the slug is in use, `precondition_failed`, `invalid_input` for a schema of
 * authorization details that cannot be used
 */
export async function updateResource(
  context: Context,
  { id, ifVersion, ...patch }: ResourcePatch,
): Promise<ResourceView> {
  await checkDetailTypes(patch.authorizationDetailsTypes)
  return context.write(async (unit) => {
    const before = await lockResource(unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(ResourceFields, before, patch, context.clock.now())
    if (!revised) return viewResource(before)
    const { after: resource, change } = revised
    if (before.vending !== null && resource.vending === null) throw flawed('vending', 'leashed or token')
    if (resource.slug !== before.slug) checkNames(context, resource)
    checkLinked(before, resource, await unit.frontingLinks.of(id))
    // A client that was deleted since stays named.
    for (const list of CLIENT_LISTS) {
      const added = resource[list].filter((client) => !before[list].includes(client))
      await checkClients(unit, list, added)
    }
    brokerSettings(context, resource, await providerOf(unit, before))
    checkUpdated(await unit.resources.update(resource), inUseMessage(resource))
    emitEvent(unit, 'resource.updated', resource, { ...change })
    return viewResource(resource)
  })
}

/**
 * Adds a client to a list of a resource. One that is there already stays.
 * @throws Failure `not_found`, `invalid_input` for what is no client of the tenant, `limit_reached`
 */
export function addResourceClient(
  list: ClientList,
): (context: Context, input: ResourceClient) => Promise<ResourceView> {
  return (context, { id, clientId }) =>
    changeList(context, id, list, async (clients, unit) => {
      if (clients.includes(clientId)) return clients
      if (clients.length >= CLIENTS_MAX) throw new Failure('limit_reached')
      await checkClients(unit, list, [clientId])
      return [...clients, clientId]
    })
}

/** Removes a client from a list of a resource. One that is not there is no error. @throws Failure `not_found`, also for what is no client */
export function removeResourceClient(
  list: ClientList,
): (context: Context, input: ResourceClient) => Promise<ResourceView> {
  return (context, { id, clientId }) =>
    changeList(context, id, list, async (clients, unit) => {
      const isKnown = clients.includes(clientId) || (await unit.clients.ofTenant([clientId])).has(clientId)
      if (!isKnown) throw new Failure('not_found')
      return clients.filter((client) => client !== clientId)
    })
}

/**
 * Adds a URL to those where users may be sent after they connected an account. One that is there already stays.
 * @throws Failure `not_found`, `invalid_input` for a resource that is not of a broker, `limit_reached`
 */
export function addReturnUrl(context: Context, { id, url }: ResourceReturnUrl): Promise<ResourceView> {
  return changeList(context, id, 'returnUrls', (urls, _unit, { backend }) => {
    if (backend !== 'broker') throw flawed('url', 'only for a resource with the backend broker')
    if (urls.includes(url)) return urls
    if (urls.length >= RETURN_URLS_MAX) throw new Failure('limit_reached')
    return [...urls, url]
  })
}

/** Removes a URL where users may be sent. One that is not there is no error. @throws Failure `not_found` */
export function removeReturnUrl(context: Context, { id, url }: ResourceReturnUrl): Promise<ResourceView> {
  return changeList(context, id, 'returnUrls', (urls) => urls.filter((one) => one !== url))
}

async function changeList(
  context: Context,
  id: string,
  list: ClientList | 'returnUrls',
  change: (
    entries: readonly string[],
    unit: Unit,
    resource: Resource,
  ) => readonly string[] | Promise<readonly string[]>,
): Promise<ResourceView> {
  return context.write(async (unit) => {
    const before = await lockResource(unit, id)
    const after = await change(before[list], unit, before)
    const revised = revise(ResourceFields, before, { [list]: after }, context.clock.now())
    if (!revised) return viewResource(before)
    checkUpdated(await unit.resources.update(revised.after), inUseMessage(revised.after))
    emitEvent(unit, 'resource.updated', revised.after, { ...revised.change })
    return viewResource(revised.after)
  })
}

/** Whoever changes the lists of a resource waits for others that do. @throws Failure `not_found` */
export async function lockResource(unit: Pick<Unit, 'resources'>, id: string): Promise<Resource> {
  const resource = await unit.resources.lock(id)
  if (!resource) throw new Failure('not_found')
  return resource
}

/** @throws Failure `invalid_input` for what is no client of the tenant */
async function checkClients(unit: Unit, list: ClientList, ids: readonly string[]): Promise<void> {
  const known = await unit.clients.ofTenant(ids)
  if (ids.every((id) => known.has(id))) return
  throw flawed(list, 'not a client of the tenant')
}

/**
 * Deletes a resource: its tokens and consents are revoked, and its identifier and slug can be used again.
 * @throws Failure `not_found`, `conflict` where fronting links refer to it, unless they are to go too
 */
export async function deleteResource(
  context: Context,
  { id, cascade }: { readonly id: string; readonly cascade: boolean },
): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const resource = await lockResource(unit, id)
    if (cascade) await removeLinksOf(unit, id, now)
    const dependents = await linksInWords(unit, id)
    if (dependents.length > 0) {
      const message = `Fronting links refer to it: ${dependents.join(', ')}.`
      throw new Failure('conflict', { message, dependents })
    }
    if (!(await unit.resources.delete(id, now))) throw new Failure('not_found')
    await unit.issuances.revokeForAudience(resource.identifier, now)
    await unit.grants.revokeWhere({ resource: resource.identifier }, now)
    emitEvent(unit, 'resource.deleted', resource)
  })
}

/**
 * The identifiers of the tenant’s resources in a list.
 * @param audiences identifiers or slugs, also those of the admin API
 * @returns identifiers without duplicates, in the order of the list
 * @throws Failure `invalid_target` for the first unknown one
 */
export async function resourceIdentifiers(
  stores: Pick<Stores, 'resources'>,
  audiences: readonly string[],
  settings: Pick<Settings, 'adminUrl'>,
): Promise<string[]> {
  if (usesEvery(audiences)) return [...audiences]
  const spellings = audiences.flatMap((audience) => [audience, otherSpelling(audience) ?? audience])
  const known = await stores.resources.named([...new Set(spellings)])
  const identifiers = audiences.map((audience) => {
    if (isPlatformApi(settings, audience)) return settings.adminUrl
    const exact = known.find(({ identifier, slug }) => audience === identifier || audience === slug)
    const resource = exact ?? known.find(({ identifier }) => isSameIdentifier(identifier, audience))
    if (!resource) throw new Failure('invalid_target', `There is no resource with the identifier or slug ${audience}.`)
    return resource.identifier
  })
  return [...new Set(identifiers)]
}

/** @throws Failure `not_found` */
export async function requireResource(stores: Pick<Stores, 'resources'>, id: string): Promise<Resource> {
  const resource = await stores.resources.find(id)
  if (!resource) throw new Failure('not_found')
  return resource
}

/** @throws Failure `already_exists` for a name of the admin API, which every tenant has */
function checkNames({ registry: { settings } }: Context, resource: Resource): void {
  const { identifier, slug } = resource
  if (isPlatformApi(settings, identifier) || isPlatformApi(settings, slug)) {
    throw new Failure('already_exists', inUseMessage(resource))
  }
}

/** @throws Failure `invalid_input` for a change of what fronting links refer to: the slug, and scopes that they map */
function checkLinked(before: Resource, after: Resource, links: readonly FrontingLink[]): void {
  if (links.length === 0) return
  const message = 'a fronting link depends on it'
  const refused = (path: string) => flawed(path, message)
  if (after.slug !== before.slug) throw refused('slug')
  const needed = links.flatMap(({ sourceId, scopeMap }) =>
    sourceId === after.id ? Object.keys(scopeMap) : Object.values(scopeMap).flat(),
  )
  if (needed.some((scope) => !after.scopes.some(({ name }) => name === scope))) throw refused('scopes')
}

/** @throws Failure `invalid_input` for a schema that cannot be used */
async function checkDetailTypes(types: readonly DetailType[] = []): Promise<void> {
  const flaws = await flawsOfDetailTypes(types)
  const [first] = flaws
  if (first) throw new Failure('invalid_input', { message: `${first.path}: ${first.message}`, flaws })
}

function inUseMessage({ identifier, slug }: Resource): string {
  return `A resource has the identifier ${identifier} or the slug ${slug} already.`
}

function emitEvent(unit: Unit, type: EventType, resource: Resource, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'resource', id: resource.id, label: resource.name },
    data: { identifier: resource.identifier, slug: resource.slug, ...data },
  })
}
