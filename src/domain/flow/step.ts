// The steps of flows: what each type is told, and how the steps of a flow are read.
import * as z from 'zod'
import { Failure, type Flaw } from '#kernel/error.ts'
import { idOf, isJson, label } from '#kernel/field.ts'
import { memberRole } from '../organization/organization.ts'
import { Condition } from './condition.ts'

/** How many steps a flow may have, with those inside others, and how deep they may be nested. */
export const STEPS_MAX = 30
const NESTING_MAX = 3
const JSON_DEPTH = 16

const seconds = (least: number, most: number) => z.number().int().min(least).max(most)
const url = z.string().min(1).max(2000)
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/
/** Headers that the server writes itself, or that lead elsewhere. */
const OWN_HEADERS = /^(host|content-.*|transfer-encoding|connection|te|trailer|upgrade|expect|countersign-.*)$/i

const CONFIGS = {
  require_email_verification: z.strictObject({}),
  require_mfa_enrollment: z.strictObject({ skip_if_enrolled: z.boolean().default(true) }),
  require_mfa_challenge: z.strictObject({ allow_recovery: z.boolean().default(true) }),
  require_password_strength: z.strictObject({
    min_length: z.number().int().min(8).max(128).default(12),
    require_special: z.boolean().default(true),
  }),
  redirect: z.strictObject({ url, delay: seconds(0, 60).default(0), signed: z.boolean().default(false) }),
  webhook: z.strictObject({
    url,
    method: z.literal('POST').default('POST'),
    timeout: seconds(1, 30).default(5),
    headers: z
      .record(
        z
          .string()
          .regex(HEADER)
          .refine((name) => !OWN_HEADERS.test(name), 'a header that the server writes itself'),
        z.string().regex(/^[\x20-\x7e]{1,1000}$/),
      )
      .refine((headers) => Object.keys(headers).length <= 10, 'at most 10 headers')
      .default({}),
  }),
  set_metadata: z.strictObject({
    key: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    value: z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]),
    on: z.enum(['user', 'run']).default('user'),
  }),
  assign_role: z.strictObject({ role_id: idOf('role'), org_id: idOf('organization').optional() }),
  add_to_org: z.strictObject({ org_id: idOf('organization'), role: memberRole.default('member') }),
  custom_check: z.strictObject({ condition: Condition, message: label(200).optional() }),
  delay: z.strictObject({ seconds: seconds(1, 60) }),
  conditional: z.strictObject({}),
} as const

/** The types of steps. */
export const STEP_TYPES = Object.keys(CONFIGS) as [StepType, ...StepType[]]
export type StepType = keyof typeof CONFIGS

/** What happens where a step fails: the sign-in ends, or the flow goes on as if the step were not there. */
export const ON_ERROR = ['block', 'continue'] as const

type Typed = {
  readonly [Type in StepType]: { readonly type: Type; readonly config: z.output<(typeof CONFIGS)[Type]> }
}[StepType]

/** A step of a flow, as it is taken. */
export type Step = Typed & {
  readonly address: string
  readonly onError: (typeof ON_ERROR)[number]
  /** Of a step of the type `conditional`: when the first list of steps is taken, and when the other one. */
  readonly condition: Condition
  readonly met: readonly Step[]
  readonly unmet: readonly Step[]
}

const Outline = z.strictObject({
  type: z.enum(STEP_TYPES),
  config: z.record(z.string(), z.unknown()).default({}),
  on_error: z.enum(ON_ERROR).default('block'),
  condition: z.unknown().optional(),
  // biome-ignore lint/suspicious/noThenProperty: the documented name
  then: z.array(z.unknown()).optional(),
  else: z.array(z.unknown()).optional(),
})

/**
 * Reads the steps of a definition.
 * @throws Failure `invalid_input` with what is wrong with which member
 */
export function readSteps(given: readonly unknown[]): Step[] {
  if (!isJson(given, JSON_DEPTH)) refuse([{ path: 'steps', message: `not JSON of at most ${JSON_DEPTH} levels` }])
  const flaws: Flaw[] = []
  const steps = readList(given, 'steps', '', 0, flaws)
  if (allSteps(steps).length > STEPS_MAX) flaws.push({ path: 'steps', message: `more than ${STEPS_MAX} steps` })
  if (flaws.length > 0) refuse(flaws)
  return steps
}

/** All steps, with those inside others, in the order of the definition. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...allSteps(step.met), ...allSteps(step.unmet)])
}

function readList(given: readonly unknown[], path: string, prefix: string, depth: number, flaws: Flaw[]): Step[] {
  return given.flatMap((one, index) => {
    const step = readStep(one, { path: `${path}.${index}`, address: `${prefix}${index}`, depth }, flaws)
    return step ? [step] : []
  })
}

interface Position {
  readonly path: string
  readonly address: string
  readonly depth: number
}

function readStep(given: unknown, { path, address, depth }: Position, flaws: Flaw[]): Step | undefined {
  const outline = parsed(Outline, given, path, flaws)
  if (!outline) return undefined
  const { type, on_error: onError } = outline
  const config = parsed(CONFIGS[type] as z.ZodType, outline.config, `${path}.config`, flaws)
  const [met = [], unmet = []] = [outline.then, outline.else]
  if (type === 'conditional') {
    if (depth >= NESTING_MAX) flaws.push({ path, message: `nested deeper than ${NESTING_MAX}` })
    if (met.length + unmet.length === 0) flaws.push({ path, message: 'needs then or else' })
  } else if ((outline.then ?? outline.else ?? outline.condition) !== undefined) {
    flaws.push({ path, message: 'only a conditional has condition, then and else' })
  }
  if (depth >= NESTING_MAX && type === 'conditional') return undefined
  const condition = parsed(Condition, jsonOrText(outline.condition ?? {}), `${path}.condition`, flaws)
  const list = (name: 'then' | 'else', of: readonly unknown[]) =>
    readList(of, `${path}.${name}`, `${address}.${name}.`, depth + 1, flaws)
  const more = { address, onError, condition: condition ?? {}, met: list('then', met), unmet: list('else', unmet) }
  return config === undefined ? undefined : ({ type, config, ...more } as unknown as Step)
}

/** A condition as JSON, or as a text of JSON, as the documented API has it. */
function jsonOrText(condition: unknown): unknown {
  if (typeof condition !== 'string') return condition
  if (condition === '') return {}
  try {
    const read = JSON.parse(condition.slice(0, 8192))
    return isJson(read, JSON_DEPTH) ? read : condition
  } catch {
    return condition
  }
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: string,
  flaws: Flaw[],
): z.output<Schema> | undefined {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  for (const { path: inside, message } of result.error.issues) {
    flaws.push({ path: [path, ...inside.map(String)].join('.'), message })
  }
  return undefined
}

function refuse(flaws: readonly Flaw[]): never {
  const [first] = flaws
  throw new Failure('invalid_input', { message: `${first?.path}: ${first?.message}`, flaws: flaws.slice(0, 20) })
}
