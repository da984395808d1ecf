// The operations on flows.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { DryRun, DryRunResult, dryRun } from './dry-run.ts'
import { createFlow, deleteFlow, getFlow, requireFlow, rotateFlowSecret, updateFlow, viewFlow } from './flow.service.ts'
import { FlowPatch, FlowQuery, FlowView, FlowWithSecret, NewFlow } from './flow.ts'
import { FlowRunQuery, FlowRunView, viewRun } from './flow-run.ts'

const FlowId = z.strictObject({ id: idOf('flow') })

const NEEDS = [
  { permission: 'roles:write', when: 'a step assigns a role' },
  { permission: 'organizations:write', when: 'a step adds people to an organization' },
  { permission: 'users:write', when: 'a step sets an attribute of users' },
] as const

export const flowCreate = operation({
  name: 'flow.create',
  summary: 'Create a flow',
  description:
    'A flow adds demands to sign-ins, and never takes one away. A failed step ends the sign-in, unless its on_error says continue. Try it with a dry run, or in shadow mode, before you enable it.',
  permission: 'flows:write',
  reach: 'realm',
  freshSignIn: true,
  alsoNeeds: NEEDS,
  input: NewFlow,
  output: FlowWithSecret,
  errors: ['not_found', 'conflict', 'limit_reached', 'unreachable_host'],
  events: ['flow.created'],
  run: createFlow,
})

export const flowList = operation({
  name: 'flow.list',
  summary: 'List the flows of a realm',
  permission: 'flows:read',
  reach: 'realm',
  input: FlowQuery,
  output: listOf(FlowView),
  errors: ['not_found'],
  events: [],
  run: async (context, query) =>
    mapPage(await context.read.flows.list(realmOf(context.scope).id, query), (flow) => viewFlow(context, flow)),
})

export const flowGet = operation({
  name: 'flow.get',
  summary: 'Show a flow',
  permission: 'flows:read',
  reach: 'realm',
  input: FlowId,
  output: FlowView,
  errors: ['not_found'],
  events: [],
  run: getFlow,
})

export const flowUpdate = operation({
  name: 'flow.update',
  summary: 'Change a flow',
  description:
    'Only the given members change; steps and conditions are replaced as a whole. A header value of (stored) stays as it is. Sign-ins that wait in the flow begin it again.',
  permission: 'flows:write',
  reach: 'realm',
  freshSignIn: true,
  alsoNeeds: NEEDS,
  input: FlowPatch,
  output: FlowView,
  errors: ['not_found', 'conflict', 'unreachable_host', 'precondition_failed'],
  events: ['flow.updated'],
  run: updateFlow,
})

export const flowRotateSecret = operation({
  name: 'flow.rotate_secret',
  summary: 'Rotate the secret that signs the requests of a flow',
  description: 'The secret before does not sign any more.',
  permission: 'flows:write',
  reach: 'realm',
  freshSignIn: true,
  irreversible: true,
  input: FlowId,
  output: FlowWithSecret,
  errors: ['not_found', 'precondition_failed'],
  events: ['flow.secret_rotated'],
  run: rotateFlowSecret,
})

export const flowDelete = operation({
  name: 'flow.delete',
  summary: 'Delete a flow with its runs',
  description: 'Sign-ins that wait in it go on without it.',
  permission: 'flows:write',
  reach: 'realm',
  irreversible: true,
  input: FlowId,
  output: z.void(),
  errors: ['not_found'],
  events: ['flow.deleted'],
  run: deleteFlow,
})

export const flowDryRun = operation({
  name: 'flow.dry_run',
  summary: 'Try a flow without any effect',
  description:
    'Tells what each step would come to, for a made-up person or a user. Nothing is changed or recorded, and webhooks are only called if call_webhooks says so. It works in every mode.',
  permission: 'flows:write',
  reach: 'realm',
  alsoNeeds: [{ permission: 'users:read', when: 'it is tried on a user' }],
  input: DryRun,
  output: DryRunResult,
  errors: ['not_found'],
  events: [],
  run: dryRun,
})

export const flowListRuns = operation({
  name: 'flow.list_runs',
  summary: 'List the runs of a flow',
  description:
    'Newest first: what each step came to, and what became of the sign-in. Of a flow in shadow mode, what it would have decided, beside what happened.',
  permission: 'flows:read',
  reach: 'realm',
  input: FlowRunQuery,
  output: listOf(FlowRunView),
  errors: ['not_found'],
  events: [],
  run: async (context, query) => {
    await requireFlow(context, context.read, query.id)
    return mapPage(await context.read.flowRuns.list(query), viewRun)
  },
})
