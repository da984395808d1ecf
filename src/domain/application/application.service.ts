import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { parseId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import {
  AGENT_APPLICATION,
  type Application,
  type ApplicationPatch,
  type ApplicationView,
  mayChange,
  NewApplication,
  type Standing,
  viewApplication,
} from './application.ts'

/**
 * Creates an application.
 * @throws Failure `already_exists` where a living one of the realm has its name, `limit_reached`
 */
export async function createApplication(context: Context, input: NewApplication): Promise<ApplicationView> {
  const application = newApplication(context, input)
  await context.write((unit) => insertApplication(context, unit, application))
  return viewApplication(application)
}

/** Writes an application inside a write. @throws Failure `already_exists` where its name is taken, `limit_reached` */
export async function insertApplication(
  { scope }: Pick<Context, 'scope'>,
  unit: Unit,
  application: Application,
): Promise<void> {
  if (application.level === 'tenant' && realmOf(scope).kind !== 'admin') await checkLimit(unit)
  checkName(application)
  if (!(await unit.applications.insert(application))) throw new Failure('already_exists', taken(application))
  tellOfApplication(unit, 'application.created', application)
}

// Whoever makes an agent adds a client to the application of that name: it must not be one that gives its clients more.
function checkName(application: Application): void {
  if (application.name !== AGENT_APPLICATION) return
  if (application.level !== 'tenant' || application.type !== null)
    throw new Failure('already_exists', taken(application))
}

async function checkLimit({ tenants, applications }: Unit): Promise<void> {
  const limit = await tenants.lockQuota('applications')
  if (limit === null || (await applications.count()) < limit) return
  throw new Failure('limit_reached', `The tenant may have ${limit} applications (max_applications_per_tenant).`)
}

/** @throws Failure `not_found` */
export async function getApplication({ read, scope }: Context, id: string): Promise<ApplicationView> {
  return viewApplication(await foundApplication({ scope }, read, id))
}

/** Changes an application. @throws Failure `not_found`, `forbidden`, `already_exists` for a name in use, `precondition_failed` */
export async function updateApplication(
  context: Context,
  { id, ifVersion, ...patch }: ApplicationPatch,
): Promise<ApplicationView> {
  return context.write(async (unit) => {
    const before = await foundApplication(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    checkMayChange(context, before)
    return viewApplication(await changeApplication(context, unit, before, givenOnly(patch)))
  })
}

/** Changes an application inside a write. @throws Failure `already_exists` for a name in use, `precondition_failed` */
export async function changeApplication(
  { clock }: Pick<Context, 'clock'>,
  unit: Unit,
  before: Application,
  change: Partial<Application>,
): Promise<Application> {
  const application = { ...before, ...change, version: before.version + 1, updatedAt: clock.now() }
  checkName(application)
  checkUpdated(await unit.applications.update(application), taken(application))
  tellOfApplication(unit, 'application.updated', application, { changed: Object.keys(change) })
  return application
}

/** Checks that the caller may change what is an application’s. @throws Failure `forbidden` */
export function checkMayChange({ actor }: Pick<Context, 'actor'>, standing: Omit<Standing, 'type'>): void {
  if (mayChange(actor.reach, standing)) return
  throw new Failure('forbidden', 'What is offered to several tenants is changed from above them only.')
}

/**
 * The application of the realm that a new client is to belong to; nobody deletes it until the write is done.
 * @param nameOrId an id in any of its forms, which must be there, or a name, of which one is made where there is none
 * @throws Failure `not_found` for an unknown id, `invalid_input` for what cannot be a name, `forbidden`, `limit_reached`
 */
export async function applicationFor(unit: Unit, context: Context, nameOrId: string): Promise<Application> {
  const realm = realmOf(context.scope)
  const id = parseId('application', nameOrId)
  if (id !== undefined) {
    const application = await unit.applications.hold(realm.id, { column: 'id', value: id })
    if (!application) throw new Failure('not_found', 'There is no application with this id.')
    checkMayChange(context, application)
    return application
  }
  return applicationNamed(unit, context, nameOrId, { limited: realm.kind !== 'admin' })
}

/**
 * The application of the realm that has a name; one is made where there is none. Nobody deletes it until the write is done.
 * @param limited whether it counts against what the tenant may have
 * @throws Failure `invalid_input` for what cannot be a name, `forbidden`, `limit_reached`
 */
export async function applicationNamed(
  unit: Unit,
  context: Context,
  name: string,
  { limited }: { readonly limited: boolean },
): Promise<Application> {
  const realm = realmOf(context.scope)
  const input = parse(NewApplication, { name })
  for (;;) {
    const there = await unit.applications.hold(realm.id, { column: 'name', value: input.name })
    if (there) checkMayChange(context, there)
    if (there) return there
    if (limited) await checkLimit(unit)
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

/** An application of the scope’s realm, ready to be written. */
export function newApplication(
  { scope, random, clock }: Pick<Context, 'scope' | 'random' | 'clock'>,
  input: NewApplication & Partial<Standing>,
): Application {
  const { id: realmId, tenantId } = realmOf(scope)
  const now = clock.now()
  const own: Standing = { level: 'tenant', partnerId: null, type: null }
  return { ...own, ...input, id: random.id(), tenantId, realmId, version: 1, createdAt: now, updatedAt: now }
}

function taken({ name }: Application): string {
  return `The realm has an application of the name ${name} already.`
}
