// The rows for flows, which add demands to sign-ins.
import * as z from 'zod'
import { DryRun, DryRunResult } from '#domain/flow/dry-run.ts'
import * as flows from '#domain/flow/flow.operations.ts'
import { FlowView, FlowWithSecret, type MODES, NewFlow } from '#domain/flow/flow.ts'
import { FlowRunView } from '#domain/flow/flow-run.ts'
import { type Codec, isObject } from '../codec.ts'
import type { Route } from '../surface.ts'
import {
  bounded,
  computed,
  created,
  decodeId,
  list,
  noContent,
  ok,
  representation,
  row,
  time,
  totalled,
} from './dialect.ts'

/** `enabled` is true or false; a flow in shadow mode is not enabled. */
const enabled: Codec = {
  schema: z.boolean(),
  encode: (mode: (typeof MODES)[number]) => mode === 'enabled',
  decode: (sent) => (sent === true ? 'enabled' : sent === false ? 'disabled' : sent),
}

/** Steps, whose roles have SharkAuth’s prefix. What adds to an organization names the member’s role `role_id`. */
const steps: Codec = {
  schema: NewFlow.shape.steps,
  decode: (sent) => (Array.isArray(sent) ? sent.map(stepOf) : sent),
}

function stepOf(step: unknown): unknown {
  if (!isObject(step)) return step
  const inside = ['then', 'else'].filter((name) => Array.isArray(step[name]))
  const nested = Object.fromEntries(inside.map((name) => [name, (step[name] as unknown[]).map(stepOf)]))
  return { ...step, ...nested, ...(isObject(step.config) && { config: configOf(step.type, step.config) }) }
}

function configOf(type: unknown, { role_id: role, ...config }: Record<string, unknown>): object {
  if (role === undefined) return config
  if (type === 'add_to_org') return { ...config, role }
  return { ...config, role_id: typeof role === 'string' ? decodeId('role', role) : role }
}

const members = {
  names: { mode: 'enabled' },
  codecs: { mode: enabled, steps },
  pick: ['id', 'name', 'trigger', 'steps', 'mode', 'priority', 'conditions', 'createdAt', 'updatedAt'],
} as const
const flow = representation(FlowView, members)
const newFlow = representation(FlowWithSecret, { ...members, pick: [...members.pick, 'secret'] })

type Decided = Pick<FlowRunView, 'step' | 'timeline'>
const decided = {
  blocked_at_step: computed(z.number().int().optional(), ({ step }: Decided) =>
    step === null ? undefined : Number.parseInt(step, 10),
  ),
}
const run = representation(
  FlowRunView,
  { pick: ['id', 'flowId', 'userId', 'trigger', 'outcome', 'reason', 'metadata', 'startedAt', 'finishedAt'] },
  decided,
)

const shownStep = z.object({ index: z.number(), step: z.string(), type: z.string(), outcome: z.string() })
const tried = representation(
  DryRunResult,
  { pick: ['outcome', 'reason', 'metadata'] },
  {
    ...decided,
    timeline: computed(z.array(shownStep.loose()), ({ timeline }: Decided) =>
      timeline.map(({ at, reason, ...entry }, index) => ({
        ...{ index, ...entry, started_at: time(at) },
        ...(reason !== null && { reason }),
      })),
    ),
  },
)

/** The made-up person; what only SharkAuth has of one is passed over. */
const person: Codec = {
  schema: DryRun.shape.user,
  decode: (sent) => {
    if (!isObject(sent)) return sent
    const { email, email_verified: emailVerified, name, mfa_enabled: mfaEnabled, mfa_verified: mfaVerified } = sent
    return { email, emailVerified, name, mfaEnabled, mfaVerified }
  },
}

const BASE = '/api/v1/admin/flows'

/** Flows (SharkAuth, “Auth Flows”). */
export const flowRoutes: readonly Route[] = [
  row(`POST ${BASE}`, flows.flowCreate, created(newFlow)),
  row(`GET ${BASE}`, flows.flowList, list(flow, 'data', totalled), { pick: ['trigger'] }),
  row(`GET ${BASE}/{id}`, flows.flowGet, ok(flow)),
  row(`PATCH ${BASE}/{id}`, flows.flowUpdate, ok(flow)),
  row(`DELETE ${BASE}/{id}`, flows.flowDelete, noContent),
  row(`POST ${BASE}/{id}/test`, flows.flowDryRun, ok(tried), {
    pick: ['user', 'password', 'metadata'],
    codecs: { user: person },
  }),
  row(`GET ${BASE}/{id}/runs`, flows.flowListRuns, list(run, 'data', bounded(20, 100)), { pick: [] }),
]
