// Decides about projects: creates, changes and deletes them.
import { changeBetween } from '#kernel/change.ts'
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { SLUG_LETTERS, slugFrom } from '#kernel/slug.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { insertRealm, prepareRealm, removeRealm } from '../realm/realm.service.ts'
import { type Realm, RealmFields } from '../realm/realm.ts'
import { checkUpdated, definedOnly } from '../update.ts'
import {
  type NewProject,
  PROJECT_TOLD,
  type Project,
  type ProjectPatch,
  type ProjectView,
  viewProject,
} from './project.ts'

const SLUG_IN_USE = 'The tenant has a project of this slug already.'
/** The algorithm that a project’s tokens are signed with. */
const ALGORITHM = 'RS256'

/**
 * Creates a project: a realm over the directory of the tenant’s home realm. Its metadata is available at once.
 * @throws Failure `already_exists` if the slug is in use
 */
export async function createProject(context: Context, { slug, ...input }: NewProject): Promise<ProjectView> {
  const { name, environment, settings, ...bounds } = input
  const home = await context.read.realms.home()
  if (!home) throw new Failure('not_found')
  const prepared = await prepareRealm(context, {
    ...bounds,
    name,
    kind: 'project',
    algorithm: ALGORITHM,
    directoryId: home.directoryId,
  })
  const project: Project = {
    id: context.random.id(),
    realm: prepared.realm,
    slug: slug ?? slugFrom(name) ?? `project-${context.random.text(8, SLUG_LETTERS)}`,
    environment,
    settings,
  }
  await context.write(async (unit) => {
    await insertRealm(unit, prepared)
    if (!(await unit.projects.insert(project))) throw new Failure('already_exists', SLUG_IN_USE)
    emitProjectEvent(unit, 'project.created', project, { environment })
  })
  return viewProject(project, context.registry.settings)
}

/** @throws Failure `not_found` */
export async function findProject({ projects }: Pick<Stores, 'projects'>, id: string): Promise<Project> {
  const project = await projects.find(id)
  if (!project) throw new Failure('not_found')
  return project
}

/**
 * Changes a project and its realm.
 * @throws Failure `not_found`, `already_exists` if the slug is in use, `precondition_failed`
 */
export async function updateProject(context: Context, { id, ifVersion, ...patch }: ProjectPatch): Promise<ProjectView> {
  const { slug, settings, ...ofRealm } = definedOnly(patch)
  const changed = await context.write(async (unit) => {
    const before = await findProject(unit, id)
    if (ifVersion !== undefined && ifVersion !== before.realm.version) throw new Failure('precondition_failed')
    const now = context.clock.now()
    const realm: Realm = { ...before.realm, ...ofRealm, version: before.realm.version + 1, updatedAt: now }
    const project: Project = { ...before, realm, slug: slug ?? before.slug, settings: settings ?? before.settings }
    const server = context.registry.settings
    const change = changeBetween(PROJECT_TOLD, viewProject(before, server), viewProject(project, server))
    if (!change) return before
    // The project has the version of its realm, so a change of either one is detected.
    checkUpdated(await unit.realms.update(realm), SLUG_IN_USE)
    if (!(await unit.projects.update(project))) throw new Failure('already_exists', SLUG_IN_USE)
    const ofItsRealm = changeBetween(RealmFields.audited, before.realm, realm)
    if (ofItsRealm) {
      const subject = { type: 'realm', id: realm.id, label: realm.name }
      unit.emit('realm.updated', { subject, realmId: realm.id, data: { ...ofItsRealm } })
    }
    emitProjectEvent(unit, 'project.updated', project, { ...change })
    return project
  })
  return viewProject(changed, context.registry.settings)
}

/**
 * Deletes a project with its realm and its keys. The users stay, and the slug can be used again.
 * @throws Failure `not_found`
 */
export async function deleteProject({ write, clock }: Context, { id }: { id: string }): Promise<void> {
  const now = clock.now()
  await write(async (unit) => {
    const project = await findProject(unit, id)
    if (!(await unit.projects.delete(id, now))) throw new Failure('not_found')
    await removeRealm(unit, project.realm, now)
    await unit.projectKeys.revokeAll(id, now)
    emitProjectEvent(unit, 'project.deleted', project)
  })
}

function emitProjectEvent(unit: Unit, type: EventType, project: Project, data: Record<string, unknown> = {}): void {
  const { id, realm, slug } = project
  unit.emit(type, {
    subject: { type: 'project', id, label: realm.name },
    realmId: realm.id,
    data: { name: realm.name, slug, ...data },
  })
}
