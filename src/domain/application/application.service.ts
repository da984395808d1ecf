// Decides about applications: creates, changes and finds them.
import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { parseId } from '#kernel/id.ts'
import { parse } from '#kernel/parse.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import {
  AGENT_APPLICATION,
  type Application,
  ApplicationFields,
  type ApplicationPatch,
  type ApplicationView,
  DOCUMENT_APPLICATION,
  mayChange,
  NewApplication,
  type Ownership,
  viewApplication,
} from './application.ts'

/**
 * Creates an application.
 * @throws Failure `already_exists` if an application of the realm has the same name, `limit_reached`
 */
export async function createApplication(context: Context, input: NewApplication): Promise<ApplicationView> {
  const application = newApplication(context, input)
  await context.write((unit) => insertApplication(context, unit, application))
  return viewApplication(application)
}

/** Writes an application inside a write. @throws Failure `already_exists` if the name is in use, `limit_reached` */
export async function insertApplication(
  { scope }: Pick<Context, 'scope'>,
  unit: Unit,
  application: Application,
): Promise<void> {
  if (application.level === 'tenant' && realmOf(scope).kind !== 'admin') await checkLimit(unit)
  checkName(application)
  if (!(await unit.applications.insert(application))) throw new Failure('already_exists', inUseMessage(application))
  emitApplicationEvent(unit, 'application.created', application)
}

// The server adds clients to the applications with these names, so their clients must not have more rights than it gives.
function checkName(application: Application): void {
  if (![AGENT_APPLICATION, DOCUMENT_APPLICATION].includes(application.name)) return
  if (application.level !== 'tenant' || application.type !== null)
    throw new Failure('already_exists', inUseMessage(application))
}

async function checkLimit({ tenant, applications }: Unit): Promise<void> {
  const limit = await tenant.lockQuota('applications')
  if (limit === null || (await applications.count()) < limit) return
  throw new Failure('limit_reached', `The tenant may have ${limit} applications (max_applications_per_tenant).`)
}

/** @throws Failure `not_found` */
export async function getApplication({ read, scope }: Context, id: string): Promise<ApplicationView> {
  return viewApplication(await requireApplication({ scope }, read, id))
}

/**
 * Changes an application.
 * @throws Failure `not_found`, `forbidden`, `already_exists` if the name is in use, `precondition_failed`
 */
export async function updateApplication(
  context: Context,
  { id, ifVersion, ...patch }: ApplicationPatch,
): Promise<ApplicationView> {
  return context.write(async (unit) => {
    const before = await requireApplication(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    checkMayChange(context, before)
    return viewApplication(await changeApplication(context, unit, before, definedOnly(patch)))
  })
}

/**
 * Changes an application inside a write.
 * @throws Failure `already_exists` if the name is in use, `precondition_failed`
 */
export async function changeApplication(
  { clock }: Pick<Context, 'clock'>,
  unit: Unit,
  before: Application,
  values: Partial<Application>,
): Promise<Application> {
  const revised = revise(ApplicationFields, before, values, clock.now())
  if (!revised) return before
  const { after: application, change } = revised
  checkName(application)
  checkUpdated(await unit.applications.update(application), inUseMessage(application))
  emitApplicationEvent(unit, 'application.updated', application, { ...change })
  return application
}

/** Checks that the caller may change an application. @throws Failure `forbidden` */
export function checkMayChange({ actor }: Pick<Context, 'actor'>, ownership: Omit<Ownership, 'type'>): void {
  if (mayChange(actor.reach, ownership)) return
  throw new Failure(
    'forbidden',
    'An application for several tenants can only be changed by an administrator of its level.',
  )
}

/**
 * Finds the application for a new client, and locks it until the write ends, so that nobody deletes it.
 * @param nameOrId an id in any form, which must exist; or a name, for which an application is created if there is
 *   none
 * @throws Failure `not_found` for an unknown id, `invalid_input` for an invalid name, `forbidden`, `limit_reached`
 */
export async function applicationFor(unit: Unit, context: Context, nameOrId: string): Promise<Application> {
  const realm = realmOf(context.scope)
  const id = parseId('application', nameOrId)
  if (id !== undefined) {
    const application = await unit.applications.lock(realm.id, { column: 'id', value: id })
    if (!application) throw new Failure('not_found', 'The application does not exist.')
    checkMayChange(context, application)
    return application
  }
  return applicationNamed(unit, context, nameOrId, { limited: realm.kind !== 'admin' })
}

/**
 * Finds the application of the realm with a name, or creates it. Locks it until the write ends, so that nobody deletes
 * it.
 * @param limited whether the application counts towards the tenant's limit
 * @throws Failure `invalid_input` for an invalid name, `forbidden`, `limit_reached`
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
    const existing = await unit.applications.lock(realm.id, { column: 'name', value: input.name })
    if (existing) checkMayChange(context, existing)
    if (existing) return existing
    if (limited) await checkLimit(unit)
    const application = newApplication(context, input)
    if (!(await unit.applications.insert(application))) continue // A concurrent write created it between the two statements.
    emitApplicationEvent(unit, 'application.created', application)
    return application
  }
}

/** An application of the scope’s realm that is not deleted. @throws Failure `not_found` */
export async function requireApplication(
  { scope }: Pick<Context, 'scope'>,
  stores: Stores,
  id: string,
): Promise<Application> {
  const application = await stores.applications.find(realmOf(scope).id, id)
  if (!application) throw new Failure('not_found')
  return application
}

/** Emits an event about an application. */
export function emitApplicationEvent(
  unit: Unit,
  type: EventType,
  { id, realmId, name }: Application,
  data: Record<string, unknown> = {},
): void {
  unit.emit(type, { subject: { type: 'application', id, label: name }, realmId, data: { name, ...data } })
}

/** A new application of the scope’s realm, ready to be inserted. */
export function newApplication(
  { scope, random, clock }: Pick<Context, 'scope' | 'random' | 'clock'>,
  input: NewApplication & Partial<Ownership>,
): Application {
  const { id: realmId, tenantId } = realmOf(scope)
  const now = clock.now()
  const own: Ownership = { level: 'tenant', partnerId: null, type: null }
  return { ...own, ...input, id: random.id(), tenantId, realmId, version: 1, createdAt: now, updatedAt: now }
}

function inUseMessage({ name }: Application): string {
  return `The realm has an application of the name ${name} already.`
}
