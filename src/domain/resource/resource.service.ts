import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Context, Stores, Unit } from '../context.ts'
import type { Settings } from '../settings.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { isPlatformApi } from './platform-api.ts'
import {
  type NewResource,
  type Resource,
  type ResourcePatch,
  type ResourceView,
  slugFor,
  viewResource,
} from './resource.ts'

/**
 * Registers a resource; tokens can be asked for it at once.
 * @throws Failure `already_exists` where a living resource has its identifier or slug, `not_found` without a tenant
 */
export async function createResource(context: Context, input: NewResource): Promise<ResourceView> {
  const now = context.clock.now()
  const slug = input.slug ?? slugFor(input.identifier)
  const resource: Resource = {
    ...input,
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
    if (!(await unit.tenants.find(context.actor.reach, resource.tenantId))) throw new Failure('not_found')
    if (!(await unit.resources.insert(resource))) throw new Failure('already_exists', taken(resource))
    tell(unit, 'resource.created', resource)
  })
  return viewResource(resource)
}

/** @throws Failure `not_found` */
export async function getResource({ read }: Context, id: string): Promise<ResourceView> {
  return viewResource(await found(read, id))
}

/**
 * Changes a resource. Its identifier is what tokens were issued for, so that stays.
 * @throws Failure `not_found`, `already_exists` for a slug in use, `precondition_failed`
 */
export async function updateResource(
  context: Context,
  { id, ifVersion, ...patch }: ResourcePatch,
): Promise<ResourceView> {
  return context.write(async (unit) => {
    const before = await found(unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    const resource: Resource = { ...before, ...given, version: before.version + 1, updatedAt: context.clock.now() }
    if (given.slug !== undefined && given.slug !== before.slug) checkNames(context, resource)
    checkUpdated(await unit.resources.update(resource), taken(resource))
    tell(unit, 'resource.updated', resource, { changed: Object.keys(given) })
    return viewResource(resource)
  })
}

/** Deletes a resource: its tokens and the consents to it are revoked, its identifier and slug are free again. */
export async function deleteResource(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const resource = await found(unit, id)
    if (!(await unit.resources.delete(id, now))) throw new Failure('not_found')
    await unit.issuances.revokeForAudience(resource.identifier, now)
    await unit.grants.revokeWhere({ resource: resource.identifier }, now)
    tell(unit, 'resource.deleted', resource)
  })
}

/**
 * The identifiers of the tenant’s resources that a list names.
 * @param audiences identifiers or slugs; the admin API’s too
 * @returns identifiers, each once, in the order they were named
 * @throws Failure `invalid_target` naming the first that is unknown
 */
export async function resourceIdentifiers(
  stores: Pick<Stores, 'resources'>,
  audiences: readonly string[],
  settings: Pick<Settings, 'adminUrl'>,
): Promise<string[]> {
  const known = await stores.resources.named(audiences)
  const identifiers = audiences.map((audience) => {
    if (isPlatformApi(settings, audience)) return settings.adminUrl
    const resource = known.find(({ identifier, slug }) => audience === identifier || audience === slug)
    if (!resource) throw new Failure('invalid_target', `There is no resource with the identifier or slug ${audience}.`)
    return resource.identifier
  })
  return [...new Set(identifiers)]
}

async function found(stores: Pick<Stores, 'resources'>, id: string): Promise<Resource> {
  const resource = await stores.resources.find(id)
  if (!resource) throw new Failure('not_found')
  return resource
}

/** @throws Failure `already_exists` for a name of the admin API, which every tenant has */
function checkNames({ registry: { settings } }: Context, resource: Resource): void {
  const { identifier, slug } = resource
  if (isPlatformApi(settings, identifier) || isPlatformApi(settings, slug)) {
    throw new Failure('already_exists', taken(resource))
  }
}

function taken({ identifier, slug }: Resource): string {
  return `A resource has the identifier ${identifier} or the slug ${slug} already.`
}

function tell(unit: Unit, type: EventType, resource: Resource, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'resource', id: resource.id },
    data: { identifier: resource.identifier, slug: resource.slug, ...data },
  })
}
