// The fields and views of flows: what is demanded of people who sign in, besides what the realm demands.
import * as z from 'zod'
import { declare, type NounOf } from '#kernel/declaration.ts'
import { constant, editable, managed, VERSIONED } from '#kernel/declared-fields.ts'
import { idOf, idOut, ifVersion, isJson, jsonOf, label } from '#kernel/field.ts'
import { listQuery } from '#kernel/page.ts'
import { STEP_TYPES, STEPS_MAX } from './step.ts'
import { TRIGGERS } from './trigger.ts'

/** How many flows a realm may have. */
export const FLOWS_MAX = 50
const STEPS_JSON_MAX = 16_384
const CONDITIONS_JSON_MAX = 4096
const JSON_DEPTH = 16
export const SECRET_PREFIX = 'flwsec_'

/** enabled: it runs; shadow: it is only watched; disabled: nothing happens. */
export const MODES = ['enabled', 'shadow', 'disabled'] as const

const shortJson = (longest: number) => (value: unknown, issue: z.RefinementCtx) => {
  const flaw = isJson(value, JSON_DEPTH)
    ? JSON.stringify(value).length > longest && `longer than ${longest} characters of JSON`
    : `not JSON of at most ${JSON_DEPTH} levels`
  if (flaw) issue.addIssue({ code: 'custom', message: flaw })
}

const steps = z
  .array(z.record(z.string(), z.unknown()))
  .min(1)
  .max(STEPS_MAX)
  .superRefine(shortJson(STEPS_JSON_MAX))
  .meta(jsonOf(STEPS_JSON_MAX))
  .describe(
    `The steps in their order. Each has a type (${STEP_TYPES.join(', ')}), its config, and on_error (block or continue); a conditional has a condition, then and else. The page about flows describes them.`,
  )

const conditions = z
  .record(z.string(), z.unknown())
  .superRefine(shortJson(CONDITIONS_JSON_MAX))
  .meta(jsonOf(CONDITIONS_JSON_MAX))
  .describe(
    'Which sign-ins the flow is for; empty for all. Members, which all have to hold: email_domain, has_metadata, metadata_eq, trigger_eq, user_has_role, email_verified, mfa_enrolled, mfa_verified, all_of, any_of, not.',
  )

/** The fields of a flow. */
export const FlowFields = declare({
  id: constant(idOut('flow')),
  name: editable(label(100)),
  trigger: editable(
    z
      .enum(TRIGGERS)
      .describe(
        'When it runs: at a sign-in with a password or passkey (login), by mail (magic_link), at an identity provider (oauth_callback), and at the first one after the person made the account (signup) or set a password by a mailed link (password_reset).',
      ),
  ),
  mode: editable(z.enum(MODES).describe('enabled: it runs. shadow: it is only watched. disabled: nothing happens.'), {
    initial: 'enabled',
  }),
  priority: editable(
    z
      .number()
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .describe('Of the flows of a trigger, only the one of the highest priority runs whose conditions hold.'),
    { initial: 0 },
  ),
  conditions: editable(conditions, { initial: {} }),
  // The ids in it are those of the tenant, and the definition is long: events say that it changed.
  steps: editable(steps, { audited: 'name' }),
  realmId: constant(idOut('realm')),
  tenantId: constant(z.string(), { view: null }),
  /** Sealed; signs the requests of webhooks. */
  secret: managed(z.string(), { view: null }),
  /** The values of the headers of webhooks, by step and name. Sealed; null for none. */
  headers: managed(z.string().nullable(), { view: null }),
  /** The ids of the roles and organizations that the steps name, between spaces. */
  targets: managed(z.string(), { view: null }),
  ...VERSIONED,
})

/** The input for a new flow. */
export const NewFlow = z.strictObject(FlowFields.creation)
export type NewFlow = z.output<typeof NewFlow>

/** The input for an update of a flow; absent members stay unchanged, steps and conditions are replaced. */
export const FlowPatch = z.strictObject({ id: idOf('flow'), ifVersion, ...FlowFields.patch })
export type FlowPatch = z.output<typeof FlowPatch>

export const FlowQuery = listQuery('created_at').extend({
  trigger: z.enum(TRIGGERS).optional().describe('Only flows of this trigger.'),
  mode: z.enum(MODES).optional().describe('Only flows in this mode.'),
})
export type FlowQuery = z.output<typeof FlowQuery>

/** A flow. */
export type Flow = NounOf<typeof FlowFields>

/** The schema of a flow in admin responses. */
export const FlowView = z.object({
  ...FlowFields.view,
  notices: z.array(z.string()).describe('What of the flow has no effect, or keeps people out, in sentences.'),
})
export type FlowView = z.output<typeof FlowView>

/** A flow with its new secret. */
export const FlowWithSecret = FlowView.extend({
  secret: z.string().describe('The secret that signs the requests of its webhooks. Shown only in this response.'),
})
export type FlowWithSecret = z.output<typeof FlowWithSecret>
