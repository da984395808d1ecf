// Answers what the admin API asks of the reverse proxy.
import { Failure } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import { ANONYMOUS, type Caller } from '../proxy-rule/condition.ts'
import { canonicalTarget } from '../proxy-rule/target.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { ProxyLifecycle, ProxyStatus, SimulatedCaller, SimulatedDecision, Simulation } from './proxy.ts'
import type { ProxyControl, ProxyPlace } from './proxy-control.ts'

/** How often a stream tells the status, in milliseconds. */
const STATUS_EVERY = 2000

/** The proxy of this process. @throws Failure `not_found` where it was off when the process started */
export function proxyOf({ process }: Pick<Context, 'process'>): ProxyControl {
  if (!process.proxy) throw new Failure('not_found', 'The proxy is off: the server was started without proxy_address.')
  return process.proxy
}

/** The realm of a request. */
export function proxyPlace({ scope }: Pick<Context, 'scope'>): ProxyPlace {
  const { id: realmId, tenantId } = realmOf(scope)
  return { tenantId, realmId }
}

/** Whether the proxy runs. What concerns the process is for callers with the reach of the platform. */
export async function lifecycle(context: Context): Promise<ProxyLifecycle> {
  const isOperator = context.actor.reach.kind === 'platform'
  return proxyOf(context).lifecycle(isOperator ? undefined : proxyPlace(context))
}

/** Tells the status at once, and then every two seconds. */
export async function* followStatus(context: Context, signal: AbortSignal): AsyncIterable<ProxyStatus> {
  const proxy = proxyOf(context)
  while (!signal.aborted) {
    yield await proxy.status(proxyPlace(context))
    await context.clock.pause(STATUS_EVERY)
  }
}

/** Decides about a request that nobody sent. @throws Failure `not_found`, `invalid_request` */
export async function simulate(
  context: Context,
  { host, method, path, identity }: Simulation,
): Promise<SimulatedDecision> {
  const proxy = proxyOf(context)
  const asked = { method: method.toUpperCase(), path: canonicalTarget(path).path }
  return proxy.simulate(proxyPlace(context), host, asked, identity ? callerOf(identity) : ANONYMOUS)
}

function callerOf(given: SimulatedCaller): Caller {
  const { userId, userEmail: email, agentId, clientId, permissions, authMethod: method, ...same } = given
  const isAnonymous = userId === null && agentId === null && clientId === null
  const machine = agentId === null ? 'client' : 'agent'
  const kind = isAnonymous ? 'anonymous' : userId === null ? machine : agentId === null ? 'user' : 'agent'
  return { ...same, kind, userId, email, name: null, agentId, clientId, method, permissions: new Set(permissions) }
}

export type ControlVerb = 'start' | 'stop' | 'reload'
export type ControlEvent = 'proxy.started' | 'proxy.stopped' | 'proxy.reloaded'

/** Does something to the proxy of this process. @returns how it is then */
export async function control(context: Context, what: ControlVerb, event: ControlEvent): Promise<ProxyLifecycle> {
  const proxy = proxyOf(context)
  await proxy[what]()
  await context.write((unit) => unit.emit(event, { subject: { type: 'proxy', id: 'proxy' } }))
  return proxy.lifecycle()
}
