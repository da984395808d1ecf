import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { parseId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import {
  type Application,
  type ApplicationPatch,
  type ApplicationView,
  NewApplication,
  viewApplication,
} from './application.ts'

/** Creates an application. @throws Failure `already_exists` where a living one of the realm has its name */
export async function createApplication(context: Context, input: NewApplication): Promise<ApplicationView> {
  const application = newApplication(context, input)
  await context.write(async (unit) => {
    if (!(await unit.applications.insert(application))) throw new Failure('already_exists', taken(application))
    tellOfApplication(unit, 'application.created', application)
  })
  return viewApplication(application)
}

/** @throws Failure `not_found` */
export async function getApplication({ read, scope }: Context, id: string): Promise<ApplicationView> {
  return viewApplication(await foundApplication({ scope }, read, id))
}

/** Changes an application. @throws Failure `not_found`, `already_exists` for a name in use, `precondition_failed` */
export async function updateApplication(
  context: Context,
  { id, ifVersion, ...patch }: ApplicationPatch,
): Promise<ApplicationView> {
  return context.write(async (unit) => {
    const before = await foundApplication(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const given = givenOnly(patch)
    const application = { ...before, ...given, version: before.version + 1, updatedAt: context.clock.now() }
    checkUpdated(await unit.applications.update(application), taken(application))
    tellOfApplication(unit, 'application.updated', application, { changed: Object.keys(given) })
    return viewApplication(application)
  })
}

/**
 * The application of the realm that a new client is to belong to; nobody deletes it until the write is done.
 * @param nameOrId an id in any of its forms, which must be there, or a name, of which one is made where there is none
 * @throws Failure `not_found` for an unknown id, `invalid_input` for what cannot be a name
 */
export async function applicationFor(unit: Unit, context: Context, nameOrId: string): Promise<Application> {
  const realm = realmOf(context.scope)
  const id = parseId('application', nameOrId)
  if (id !== undefined) {
    const application = await unit.applications.hold(realm.id, { column: 'id', value: id })
    if (!application) throw new Failure('not_found', 'There is no application with this id.')
    return application
  }
  const input = parse(NewApplication, { name: nameOrId })
  for (;;) {
    const there = await unit.applications.hold(realm.id, { column: 'name', value: input.name })
    if (there) return there
    const application = newApplication(context, input)
    if (!(await unit.applications.insert(application))) continue // Another one was made between the two statements.
    tellOfApplication(unit, 'application.created', application)
    return application
  }
}

/** A living application of the scope’s realm. @throws Failure `not_found` */
export async function foundApplication(
  { scope }: Pick<Context, 'scope'>,
  stores: Stores,
  id: string,
): Promise<Application> {
  const application = await stores.applications.find(realmOf(scope).id, id)
  if (!application) throw new Failure('not_found')
  return application
}

/** Emits what happened to an application. */
export function tellOfApplication(
  unit: Unit,
  type: EventType,
  { id, realmId, name }: Application,
  data: Record<string, unknown> = {},
): void {
  unit.emit(type, { subject: { type: 'application', id }, realmId, data: { name, ...data } })
}

function newApplication({ scope, random, clock }: Context, input: NewApplication): Application {
  const { id: realmId, tenantId } = realmOf(scope)
  const now = clock.now()
  return { ...input, id: random.id(), tenantId, realmId, version: 1, createdAt: now, updatedAt: now }
}

function taken({ name }: Application): string {
  return `The realm has an application of the name ${name} already.`
}
