import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { SLUG_LETTERS, slugFrom } from '#kernel/slug.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { insertRealm, prepareRealm, removeRealm } from '../realm/realm.service.ts'
import type { Realm } from '../realm/realm.ts'
import { givenOnly } from '../update.ts'
import { type NewProject, type Project, type ProjectPatch, type ProjectView, viewProject } from './project.ts'

const TAKEN = 'The tenant has a project of this slug already.'
/** What Zautha signs with. */
const ALGORITHM = 'RS256'

/**
 * Creates a project: a realm over the directory of the tenant’s default realm, which serves its metadata at once.
 * @throws Failure `already_exists` where its slug is taken
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
    if (!(await unit.projects.insert(project))) throw new Failure('already_exists', TAKEN)
    tellOfProject(unit, 'project.created', project, { environment })
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
 * Changes a project, and its realm with it.
 * @throws Failure `not_found`, `already_exists` for a slug in use, `precondition_failed`
 */
export async function updateProject(context: Context, { id, ifVersion, ...patch }: ProjectPatch): Promise<ProjectView> {
  const { slug, settings, ...ofRealm } = givenOnly(patch)
  const changed = await context.write(async (unit) => {
    const before = await findProject(unit, id)
    if (ifVersion !== undefined && ifVersion !== before.realm.version) throw new Failure('precondition_failed')
    const realm: Realm = {
      ...before.realm,
      ...ofRealm,
      version: before.realm.version + 1,
      updatedAt: context.clock.now(),
    }
    // The realm’s version is the project’s: whoever changes either finds out of the other’s change.
    if (!(await unit.realms.update(realm))) throw new Failure('precondition_failed')
    const project: Project = { ...before, realm, slug: slug ?? before.slug, settings: settings ?? before.settings }
    if (!(await unit.projects.update(project))) throw new Failure('already_exists', TAKEN)
    const names = Object.keys(ofRealm)
    if (names.length > 0) {
      unit.emit('realm.updated', {
        subject: { type: 'realm', id: realm.id },
        realmId: realm.id,
        data: { changed: names },
      })
    }
    tellOfProject(unit, 'project.updated', project, { changed: Object.keys(givenOnly(patch)) })
    return project
  })
  return viewProject(changed, context.registry.settings)
}

/** Deletes a project with its realm and keys; the users stay, and its slug is free again. @throws Failure `not_found` */
export async function deleteProject({ write, clock }: Context, { id }: { id: string }): Promise<void> {
  const now = clock.now()
  await write(async (unit) => {
    const project = await findProject(unit, id)
    if (!(await unit.projects.delete(id, now))) throw new Failure('not_found')
    await removeRealm(unit, project.realm.id, now)
    await unit.projectKeys.revokeAll(id, now)
    tellOfProject(unit, 'project.deleted', project)
  })
}

function tellOfProject(unit: Unit, type: EventType, project: Project, data: Record<string, unknown> = {}): void {
  const { id, realm, slug } = project
  unit.emit(type, { subject: { type: 'project', id }, realmId: realm.id, data: { name: realm.name, slug, ...data } })
}
