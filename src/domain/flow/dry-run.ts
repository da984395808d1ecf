// Tries a flow on a made-up or a real person: what each step would come to. Nothing is changed, recorded or sent.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { emailAddress, freeObject, idOf, label } from '#kernel/field.ts'
import type { Context } from '../context.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { MethodName } from '../sign-in/methods.ts'
import type { User } from '../user/user.ts'
import { type Condition, holds } from './condition.ts'
import { beginRun, type Facts, outcomeOf } from './engine.ts'
import { factsOf, measureOf } from './facts.ts'
import { requireFlow } from './flow.service.ts'
import { TimelineView } from './flow-run.ts'
import { OUTCOMES } from './run-state.ts'
import { readSteps } from './step.ts'
import { watch } from './watching.ts'

/** Who would sign in, and how. */
export const DryRun = z.strictObject({
  id: idOf('flow'),
  userId: idOf('user').optional().describe('A user of the directory, instead of `user`.'),
  user: z
    .strictObject({
      email: emailAddress.default('dry-run@example.com'),
      emailVerified: z.boolean().default(false),
      name: label(200).nullable().default(null),
      mfaEnabled: z.boolean().default(false).describe('Whether the person has a second factor.'),
      mfaVerified: z.boolean().default(false).describe('Whether the person has proven it in this sign-in.'),
      roles: z.array(label(100)).max(50).default([]).describe('The names of the roles of the person.'),
    })
    .prefault({})
    .describe('A made-up person.'),
  password: z
    .string()
    .max(1024)
    .optional()
    .meta({ format: 'password', writeOnly: true })
    .describe('The password that the person types. It is measured, and not kept.'),
  metadata: freeObject(4096).default({}).describe('Attributes of the person, besides those of the user.'),
  callWebhooks: z
    .boolean()
    .default(false)
    .describe('Whether webhooks are called: that is an effect, at their receivers.'),
})
export type DryRun = z.output<typeof DryRun>

/** What a flow would come to. */
export const DryRunResult = z.object({
  conditionsHold: z.boolean().describe('Whether the flow would run for this person. The steps are tried in any case.'),
  outcome: z
    .enum(OUTCOMES)
    .describe('The first that is more than going on. The later steps are tried as if the person had done it.'),
  step: z.string().nullable().describe('The step that decided; null if all would be passed.'),
  reason: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).describe('What the steps have learned.'),
  timeline: TimelineView,
})
export type DryRunResult = z.output<typeof DryRunResult>

/** Tries a flow, in whatever mode it is. @throws Failure `not_found` for the flow or the user */
export async function dryRun(context: Context, input: DryRun): Promise<DryRunResult> {
  const flow = await requireFlow(context, context.read, input.id)
  const { id, trigger } = { id: context.random.id(), trigger: flow.trigger }
  if (input.userId !== undefined) checkAlsoPermitted(context, 'users:read')
  const user = input.userId === undefined ? undefined : await findUser(context, input.userId)
  const facts = await factsFor(context, user, input, trigger)
  const startedAt = context.clock.now()
  const run = beginRun({ ...flow, steps: readSteps(flow.steps) }, { id, trigger, startedAt, metadata: {} })
  const progress = await watch(context, { flow, run, user, facts, callsWebhooks: input.callWebhooks })
  const decided = outcomeOf(progress)
  return {
    conditionsHold: holds(flow.conditions as Condition, facts),
    outcome: decided?.outcome ?? 'continue',
    step: decided?.step ?? null,
    reason: decided?.reason ?? null,
    metadata: { ...progress.state.metadata },
    timeline: [...progress.state.timeline],
  }
}

async function findUser({ read, scope }: Context, id: string): Promise<User> {
  const user = await read.users.find(realmOf(scope).directoryId, id)
  if (!user) throw new Failure('not_found', 'The user does not exist.')
  return user
}

async function factsFor(
  context: Context,
  user: User | undefined,
  { user: made, password, metadata }: DryRun,
  trigger: Facts['trigger'],
): Promise<Facts> {
  const typed = password === undefined ? null : measureOf(password)
  if (user) {
    const methods: MethodName[] = [
      trigger === 'magic_link' ? 'email' : trigger === 'oauth_callback' ? 'external' : 'password',
    ]
    return { ...(await factsOf(context, context.read, user, { methods }, { trigger, metadata })), password: typed }
  }
  const realm = realmOf(context.scope)
  const { mfaVerified, mfaEnabled } = made
  const mfa = mfaVerified ? 'proven' : mfaEnabled ? 'provable' : realm.policy.totpEnabled ? 'enrollable' : 'unreachable'
  return {
    ...{ trigger, userId: null, email: made.email, name: made.name, emailVerified: made.emailVerified },
    ...{ mfaEnrolled: mfaEnabled, mfaVerified, mfa, mfaWithoutRecovery: mfa },
    roles: made.roles.map((name) => ({ id: '', name })),
    metadata,
    redirectOrigins: realm.policy.flowRedirectOrigins,
    password: typed,
  }
}
