// Decides about flows: creates, changes and deletes them. A flow that nobody could pass is refused.
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import { parse } from '#kernel/parse.ts'
import type { Context, Stores, Unit } from '../context.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { checkHoldsIn } from '../role/role.service.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import { Condition } from './condition.ts'
import {
  FLOWS_MAX,
  type Flow,
  FlowFields,
  type FlowPatch,
  type FlowView,
  type FlowWithSecret,
  type NewFlow,
  SECRET_PREFIX,
} from './flow.ts'
import { SECRET_PURPOSE } from './flow-webhook.ts'
import { sealHeaders } from './header-values.ts'
import { flawsOf, noticesOf } from './reachable.ts'
import { allSteps, readSteps, type Step } from './step.ts'

/**
 * Creates a flow.
 * @throws Failure `invalid_input` for a definition that is not valid, `invalid_request` for a flow that nobody could pass,
 *   `not_found` for a role or an organization, `unreachable_host`, `limit_reached`, `forbidden`
 */
export async function createFlow(context: Context, input: NewFlow): Promise<FlowWithSecret> {
  const { clock, crypto, random, scope } = context
  const realm = realmOf(scope)
  const now = clock.now()
  const secret = `${SECRET_PREFIX}${random.secret()}`
  const plain: Flow = {
    ...input,
    id: random.id(),
    tenantId: realm.tenantId,
    realmId: realm.id,
    secret: crypto.seal(SECRET_PURPOSE, secret),
    headers: null,
    targets: '',
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  const flow = await checked(context, plain, undefined)
  await context.write(async (unit) => {
    if ((await unit.flows.count(realm.id)) >= FLOWS_MAX) {
      throw new Failure('limit_reached', `A realm has at most ${FLOWS_MAX} flows.`)
    }
    await lockTargets(context, unit, flow)
    await unit.flows.insert(flow)
    emitEvent(unit, 'flow.created', flow, { trigger: flow.trigger, mode: flow.mode })
  })
  return { ...viewFlow(context, flow), secret }
}

/** @throws Failure `not_found` */
export async function getFlow(context: Context, { id }: { readonly id: string }): Promise<FlowView> {
  return viewFlow(context, await requireFlow(context, context.read, id))
}

/**
 * Changes a flow. Sign-ins that wait in it begin the flow again.
 * @throws Failure `not_found`, `precondition_failed`, and as {@link createFlow}
 */
export async function updateFlow(context: Context, { id, ifVersion, ...patch }: FlowPatch): Promise<FlowView> {
  const read = await requireFlow(context, context.read, id)
  const planned = await checked(context, { ...read, ...definedOnly(patch) }, read)
  return context.write(async (unit) => {
    const before = await lockFlow(context, unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    if (before.version !== read.version) throw new Failure('precondition_failed')
    const { name, trigger, mode, priority, conditions, steps, headers, targets } = planned
    const values = { name, trigger, mode, priority, conditions, steps, headers, targets }
    const revised = revise(FlowFields, before, values, context.clock.now())
    if (!revised) return viewFlow(context, before)
    const { after, change } = revised
    await lockTargets(context, unit, after)
    checkUpdated(await unit.flows.update(after), '')
    emitEvent(unit, 'flow.updated', after, { ...change })
    return viewFlow(context, after)
  })
}

/** Creates a new secret; the one before does not sign any more. @throws Failure `not_found` */
export async function rotateFlowSecret(context: Context, { id }: { readonly id: string }): Promise<FlowWithSecret> {
  const { clock, crypto, random } = context
  const secret = `${SECRET_PREFIX}${random.secret()}`
  const sealed = crypto.seal(SECRET_PURPOSE, secret)
  return context.write(async (unit) => {
    const before = await lockFlow(context, unit, id)
    const flow: Flow = { ...before, secret: sealed, version: before.version + 1, updatedAt: clock.now() }
    checkUpdated(await unit.flows.update(flow), '')
    emitEvent(unit, 'flow.secret_rotated', flow)
    return { ...viewFlow(context, flow), secret }
  })
}

/** Deletes a flow with its runs. Sign-ins that wait in it go on without it. @throws Failure `not_found` */
export async function deleteFlow(context: Context, { id }: { readonly id: string }): Promise<void> {
  const { clock, scope } = context
  await context.write(async (unit) => {
    const flow = await lockFlow(context, unit, id)
    await unit.flows.delete(realmOf(scope).id, id, clock.now())
    await unit.flowRuns.deleteOfFlow(id)
    emitEvent(unit, 'flow.deleted', flow)
  })
}

/** A flow of the context's realm. @throws Failure `not_found` */
export async function requireFlow(
  { scope }: Pick<Context, 'scope'>,
  { flows }: Pick<Stores, 'flows'>,
  id: string,
): Promise<Flow> {
  const flow = await flows.find(realmOf(scope).id, id)
  if (!flow) throw new Failure('not_found')
  return flow
}

/** The view of a flow. The values of headers are not in it. */
export function viewFlow(context: Pick<Context, 'network' | 'scope'>, flow: Flow): FlowView {
  return { ...FlowFields.show(flow), notices: noticesOf(context, realmOf(context.scope), flow) }
}

async function lockFlow({ scope }: Context, unit: Unit, id: string): Promise<Flow> {
  const flow = await unit.flows.lock(realmOf(scope).id, id)
  if (!flow) throw new Failure('not_found')
  return flow
}

/** Checks a definition, and completes what follows from it. @param before the flow as it was */
async function checked(context: Context, flow: Flow, before: Flow | undefined): Promise<Flow> {
  const { network, scope } = context
  const realm = realmOf(scope)
  parse(Condition, flow.conditions)
  const steps = readSteps(flow.steps)
  for (const step of allSteps(steps)) if (step.type === 'redirect') checkAddress(step.config.url, step.address)
  const flaws = allSteps(steps).flatMap((step) => flawsOf(context, realm, step))
  if (flow.mode === 'enabled' && flaws.length > 0) {
    throw new Failure('invalid_request', {
      message: `${flaws[0]?.path}: ${flaws[0]?.message}`,
      flaws: flaws.slice(0, 20),
    })
  }
  if (realm.kind === 'admin') throw new Failure('conflict', 'The realm of administrators has no flows.')
  for (const step of allSteps(steps)) if (step.type === 'webhook') network.checkUrl(step.config.url)
  const sealed = sealHeaders(context, flow, before)
  if (!before || givesOtherwise(before, { ...flow, ...sealed })) {
    for (const permission of allSteps(steps).flatMap(permissionOf)) checkAlsoPermitted(context, permission)
  }
  return { ...flow, ...sealed, targets: targetsOf(steps).join(' ') }
}

/** @throws Failure `invalid_input` for what is no address of the web */
function checkAddress(url: string, address: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return
  const flaw = { path: `steps.${address}.config.url`, message: 'not an http or https URL' }
  throw flawed(flaw.path, flaw.message)
}

/** Whether a change decides anew to whom the steps give something. A name, and a mode in which nothing runs, do not. */
function givesOtherwise(before: Flow, after: Flow): boolean {
  if (after.mode === 'enabled' && before.mode !== 'enabled') return true
  return (['steps', 'trigger', 'conditions', 'priority'] as const).some(
    (member) => JSON.stringify(before[member]) !== JSON.stringify(after[member]),
  )
}

/** What guards what a step changes. */
function permissionOf(step: Step) {
  if (step.type === 'assign_role') return ['roles:write'] as const
  if (step.type === 'add_to_org') return ['organizations:write'] as const
  return step.type === 'set_metadata' && step.config.on === 'user' ? (['users:write'] as const) : []
}

function targetsOf(steps: readonly Step[]): string[] {
  const named = allSteps(steps).flatMap((step) => {
    if (step.type === 'assign_role') return [step.config.role_id, step.config.org_id]
    return step.type === 'add_to_org' ? [step.config.org_id] : []
  })
  return [...new Set(named.filter((id) => id !== undefined))]
}

/** Makes sure inside a write that what the steps name is there. @throws Failure `not_found` */
async function lockTargets({ scope }: Context, unit: Unit, { steps }: Flow): Promise<void> {
  const { id: realmId, directoryId } = realmOf(scope)
  for (const step of allSteps(readSteps(steps))) {
    if (step.type !== 'assign_role' && step.type !== 'add_to_org') continue
    const { org_id: organizationId } = step.config
    if (step.type === 'assign_role') {
      const role = await unit.roles.lock(realmId, step.config.role_id)
      if (!role) throw new Failure('not_found', 'There is no such role.')
      checkHoldsIn(role, organizationId)
    }
    if (organizationId !== undefined && !(await unit.organizations.lock(directoryId, organizationId))) {
      throw new Failure('not_found', 'There is no such organization.')
    }
  }
}

function emitEvent(unit: Unit, type: EventType, { id, name }: Flow, data: Record<string, unknown> = {}): void {
  unit.emit(type, { subject: { type: 'flow', id, label: name }, data: { name, ...data } })
}
