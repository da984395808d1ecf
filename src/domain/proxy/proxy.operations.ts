// The operations on the reverse proxy of this process.
import * as z from 'zod'
import { listOf } from '#kernel/page.ts'
import { operation, streamOperation } from '../context.ts'
import {
  type ControlEvent,
  type ControlVerb,
  control,
  followStatus,
  lifecycle,
  proxyOf,
  proxyPlace,
  simulate,
} from './proxy.service.ts'
import { ProxyLifecycle, ProxyStatus, RuleInOrder, RulesQuery, SimulatedDecision, Simulation } from './proxy.ts'

const Nothing = z.strictObject({})

interface ControlWords {
  readonly summary: string
  readonly description: string
  readonly event: ControlEvent
}

export const proxyStatus = operation({
  name: 'proxy.status',
  summary: 'Show the state of the proxy',
  description:
    'The sites of the realm with their circuit breakers, and what their rules decided since this process started. Each process counts for itself.',
  permission: 'proxy:read',
  reach: 'realm',
  needs: 'proxy',
  input: Nothing,
  output: ProxyStatus,
  errors: ['not_found'],
  events: [],
  run: async (context) => proxyOf(context).status(proxyPlace(context)),
})

export const proxyFollow = streamOperation({
  name: 'proxy.follow',
  summary: 'Follow the state of the proxy',
  description: 'At once and then every two seconds, until the caller disconnects.',
  permission: 'proxy:read',
  reach: 'realm',
  needs: 'proxy',
  input: Nothing,
  output: ProxyStatus,
  errors: ['not_found'],
  events: [],
  follow: (context, _input, signal) => followStatus(context, signal),
})

export const proxyRules = operation({
  name: 'proxy.rules',
  summary: 'List the proxy rules in their order',
  description:
    'The rules that sites of the realm meet, those of the file first. For each site its own in the order in which they are asked, then those that all of them have.',
  permission: 'proxy:read',
  reach: 'realm',
  needs: 'proxy',
  input: RulesQuery,
  output: listOf(RuleInOrder),
  errors: ['not_found'],
  events: [],
  run: async (context, page) => proxyOf(context).rules(proxyPlace(context), page),
})

export const proxySimulate = operation({
  name: 'proxy.simulate',
  summary: 'Simulate a request to the proxy',
  description: 'Which rule would match, what it would decide and why. Nothing is forwarded or counted.',
  permission: 'proxy:read',
  reach: 'realm',
  needs: 'proxy',
  input: Simulation,
  output: SimulatedDecision,
  errors: ['not_found', 'invalid_request'],
  events: [],
  run: simulate,
})

export const proxyLifecycle = operation({
  name: 'proxy.lifecycle',
  summary: 'Show whether the proxy runs',
  permission: 'proxy:read',
  reach: 'realm',
  needs: 'proxy',
  input: Nothing,
  output: ProxyLifecycle,
  errors: ['not_found'],
  events: [],
  run: lifecycle,
})

export const proxyStart = controlOperation('start', {
  summary: 'Start the proxy of this process',
  description: 'If it runs already, nothing changes.',
  event: 'proxy.started',
})

export const proxyStop = controlOperation('stop', {
  summary: 'Stop the proxy of this process',
  description: 'Requests under way may end. If it does not run, nothing changes.',
  event: 'proxy.stopped',
})

export const proxyReload = controlOperation('reload', {
  summary: 'Read the rules of the proxy again',
  description: 'The file of rules, and those of the database. If the file has an error, the old rules stay.',
  event: 'proxy.reloaded',
})

function controlOperation(verb: ControlVerb, { event, ...said }: ControlWords) {
  return operation({
    name: `proxy.${verb}`,
    ...said,
    permission: 'proxy:write',
    reach: 'platform',
    needs: 'proxy',
    input: Nothing,
    output: ProxyLifecycle,
    errors: ['not_found', 'conflict'],
    events: [event],
    run: (context) => control(context, verb, event),
  })
}
