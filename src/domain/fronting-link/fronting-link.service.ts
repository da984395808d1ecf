// Decides about fronting links: checks, makes, changes and removes them.
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { parseId } from '#kernel/id.ts'
import type { Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
import type { Resource } from '../resource/resource.ts'
import { checkUpdated, revise } from '../update.ts'
import {
  type FrontingLink,
  FrontingLinkFields,
  type FrontingLinkPatch,
  type FrontingLinkQuery,
  type FrontingLinkView,
  LINKS_MAX,
  type LinkEnds,
  type LinkName,
  leadsTo,
  type MadeFrontingLink,
  type NewFrontingLink,
} from './fronting-link.ts'

const IN_USE = 'There is a fronting link between these resources.'

/** The ends of a link. */
interface Ends {
  readonly source: Resource
  readonly target: Resource
}

/**
 * Links a resource to one behind it.
 * @throws Failure `not_found` for an unknown resource, `already_exists`, `limit_reached`, `invalid_input` for a link to itself,
 *   a circle, and scopes that the resources do not have
 */
export async function createFrontingLink(
  context: Context,
  { dryRun, source, target, scopeMap }: NewFrontingLink,
): Promise<MadeFrontingLink> {
  const now = context.clock.now()
  const link: FrontingLink = {
    ...(await idsOf(context.read, { source, target })),
    scopeMap,
    id: context.random.id(),
    tenantId: context.scope.tenantId,
    createdBy: context.actor.label,
    ...{ version: 1, createdAt: now, updatedAt: now },
  }
  if (dryRun) return { ...viewLink(link, await checkedEnds(context.read, link)), dryRun }
  return context.write(async (unit) => {
    // Both are held, and all others that a circle could go through: who links them at the same time waits.
    await lockGraph(unit, link)
    const ends = await checkedEnds(unit, link)
    if (!(await unit.frontingLinks.insert(link))) throw new Failure('already_exists', IN_USE)
    emitEvent(unit, 'fronting_link.created', link, ends, { scopeMap: link.scopeMap })
    return { ...viewLink(link, ends), dryRun }
  })
}

/** One page of the links, oldest first. @throws Failure `not_found` for an unknown `resource` */
export async function listFrontingLinks(
  { read }: Context,
  { source, target, resource, limit, offset = 0 }: FrontingLinkQuery,
): Promise<Page<FrontingLinkView>> {
  const [all, resources] = await Promise.all([read.frontingLinks.all(), read.resources.all()])
  const named = new Map(resources.map((each) => [each.id, each]))
  const isMeant = (end: Resource, name: string | undefined) =>
    name === undefined || [end.slug, end.identifier].includes(name) || end.id === parseId('resource', name)
  if (resource !== undefined && !resources.some((each) => isMeant(each, resource))) throw new Failure('not_found')
  const views = all.flatMap((link) => {
    const ends = { source: named.get(link.sourceId), target: named.get(link.targetId) }
    if (!ends.source || !ends.target) return []
    const isOne = isMeant(ends.source, resource) || isMeant(ends.target, resource)
    if (!(isOne && isMeant(ends.source, source) && isMeant(ends.target, target))) return []
    return [viewLink(link, { source: ends.source, target: ends.target })]
  })
  return { data: views.slice(offset, offset + limit), nextCursor: null, count: { value: views.length } }
}

/** @throws Failure `not_found` */
export async function getFrontingLink({ read }: Context, name: LinkName): Promise<FrontingLinkView> {
  const ends = await idsOf(read, name)
  return viewLink(await requireLink(read, ends), await endsOf(read, ends))
}

/** @throws Failure `not_found`, `precondition_failed`, `invalid_input` for scopes that the resources do not have */
export async function updateFrontingLink(
  context: Context,
  { source, target, ifVersion, ...patch }: FrontingLinkPatch,
): Promise<FrontingLinkView> {
  return context.write(async (unit) => {
    const ids = await idsOf(unit, { source, target })
    await lockBoth(unit, ids)
    const before = await requireLink(unit, ids)
    const ends = await endsOf(unit, before)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(FrontingLinkFields, before, patch, context.clock.now())
    if (!revised) return viewLink(before, ends)
    checkScopes(ends, revised.after)
    checkUpdated(await unit.frontingLinks.update(revised.after), IN_USE)
    emitEvent(unit, 'fronting_link.updated', revised.after, ends, { ...revised.change })
    return viewLink(revised.after, ends)
  })
}

/** Removes a link. Tokens that were issued by it are valid until they expire. @throws Failure `not_found` */
export async function deleteFrontingLink(context: Context, name: LinkName): Promise<void> {
  await context.write(async (unit) => {
    const ends = await idsOf(unit, name)
    const link = await requireLink(unit, ends)
    await removeLink(unit, link, await endsOf(unit, ends), context.clock.now())
  })
}

/** Removes the links from and to a resource, inside a write. */
export async function removeLinksOf(unit: Unit, resourceId: string, now: number): Promise<void> {
  for (const link of await unit.frontingLinks.of(resourceId))
    await removeLink(unit, link, await endsOf(unit, link), now)
}

/** What refers to a resource by its links, in words: `gateway → notes`. */
export async function linksInWords(stores: Stores, resourceId: string): Promise<string[]> {
  const links = await stores.frontingLinks.of(resourceId)
  const ends = await Promise.all(links.map((link) => endsOf(stores, link)))
  return ends.map(({ source, target }) => `${source.slug} → ${target.slug}`)
}

async function removeLink(unit: Unit, link: FrontingLink, ends: Ends, now: number): Promise<void> {
  if (!(await unit.frontingLinks.delete(link.id, now))) throw new Failure('not_found')
  emitEvent(unit, 'fronting_link.deleted', link, ends)
}

/** @throws Failure where the link cannot be made */
async function checkedEnds(stores: Stores, link: FrontingLink): Promise<Ends> {
  const ends = await endsOf(stores, link)
  if (link.sourceId === link.targetId) throw flawed('target', 'a resource is not behind itself')
  const links = await stores.frontingLinks.all()
  if (links.some(({ sourceId, targetId }) => sourceId === link.sourceId && targetId === link.targetId)) {
    throw new Failure('already_exists', IN_USE)
  }
  if (links.length >= LINKS_MAX) throw new Failure('limit_reached', `A tenant has at most ${LINKS_MAX} fronting links.`)
  if (leadsTo(links, link.targetId, link.sourceId)) {
    throw flawed('target', `${ends.target.slug} leads to ${ends.source.slug} already: links go in no circle`)
  }
  checkScopes(ends, link)
  return ends
}

/** @throws Failure `invalid_input` for a scope that a resource does not have */
function checkScopes({ source, target }: Ends, { scopeMap }: Pick<FrontingLink, 'scopeMap'>): void {
  const lacking = ({ scopes }: Resource, wanted: readonly string[]) =>
    wanted.find((scope) => !scopes.some(({ name }) => name === scope))
  const from = lacking(source, Object.keys(scopeMap))
  if (from !== undefined) throw flawed('scopeMap', `${source.slug} has no scope ${from}`)
  const to = lacking(target, Object.values(scopeMap).flat())
  if (to !== undefined) throw flawed('scopeMap', `${target.slug} has no scope ${to}`)
}

async function lockBoth(unit: Unit, { sourceId, targetId }: LinkEnds): Promise<void> {
  for (const id of [sourceId, targetId].sort()) await unit.resources.lock(id)
}

/** Locks the ends and all resources that links lead between, in the order of their ids. */
async function lockGraph(unit: Unit, link: LinkEnds): Promise<void> {
  const all = [...(await unit.frontingLinks.all()), link]
  const ids = new Set(all.flatMap(({ sourceId, targetId }) => [sourceId, targetId]))
  for (const id of [...ids].sort()) await unit.resources.lock(id)
}

/** @throws Failure `not_found` */
async function idsOf({ resources }: Stores, { source, target }: LinkName): Promise<LinkEnds> {
  const idOf = async (name: string) => parseId('resource', name) ?? (await resources.idOf(name))
  const [sourceId, targetId] = [await idOf(source), await idOf(target)]
  if (sourceId === undefined || targetId === undefined) throw new Failure('not_found', 'The resource does not exist.')
  return { sourceId, targetId }
}

async function endsOf({ resources }: Stores, { sourceId, targetId }: LinkEnds): Promise<Ends> {
  const [source, target] = [await resources.find(sourceId), await resources.find(targetId)]
  if (!source || !target) throw new Failure('not_found')
  return { source, target }
}

async function requireLink({ frontingLinks }: Stores, ends: LinkEnds): Promise<FrontingLink> {
  const link = await frontingLinks.between(ends)
  if (!link) throw new Failure('not_found')
  return link
}

function viewLink(link: FrontingLink, { source, target }: Ends): FrontingLinkView {
  return { ...FrontingLinkFields.show(link), sourceSlug: source.slug, targetSlug: target.slug }
}

function emitEvent(unit: Unit, type: EventType, { id }: FrontingLink, { source, target }: Ends, data: object = {}) {
  unit.emit(type, {
    subject: { type: 'fronting_link', id, label: `${source.slug} → ${target.slug}` },
    data: { sourceId: source.id, targetId: target.id, ...data },
  })
}
