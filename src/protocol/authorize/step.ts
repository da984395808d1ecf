// Steps that read an authorization request. A step gets the parameters and facts that it declares, and returns new
// facts. It changes nothing.

import type { AuthorizationDetail } from '#domain/authorization/authorization-detail.ts'
import type { AuthorizationRequest } from '#domain/authorization/authorization-request.ts'
import { DEFAULT_RESPONSE_MODE, type ResponseMode } from '#domain/authorization/response-mode.ts'
import type { Client } from '#domain/client/client.ts'
import type { Profile } from '#domain/realm/profile.ts'
import type { Resource } from '#domain/resource/resource.ts'
import type { Confirmation } from '#domain/token-family/token-family.ts'
import { columnOf } from '#kernel/declaration.ts'
import { Failure } from '#kernel/error.ts'
import type { LanguageTag } from '#language/languages.ts'
import type { Parameters } from '#web/parameters.ts'
import type { Proof } from '../binding/proof.ts'
import type { ReadContext } from '../read-context.ts'

/** The kinds of request: by a browser, pushed (RFC 9126), from a device (RFC 8628), over a back channel (CIBA). */
export const KINDS = ['authorize', 'pushed', 'device', 'backchannel'] as const
export type Kind = (typeof KINDS)[number]

/** Everything that the steps can find out. */
export interface Facts extends Omit<AuthorizationRequest, 'clientId' | 'clientIdentifier' | 'device'> {
  readonly responseMode: ResponseMode
  readonly details: readonly AuthorizationDetail[]
  readonly language: LanguageTag | null
  readonly organization: string | null
  readonly boundTo: Confirmation | null
}
export type Fact = keyof Facts

/** The facts of a request without parameters. */
export const DEFAULTS: Facts = {
  redirectUri: '',
  redirectUriGiven: false,
  state: null,
  responseMode: DEFAULT_RESPONSE_MODE,
  codeChallenge: '',
  scopes: [],
  resources: [],
  details: [],
  nonce: null,
  claims: null,
  prompt: [],
  maxAge: null,
  loginHint: null,
  language: null,
  organization: null,
  aal: 1,
  hint: null,
  boundTo: null,
}

/** What every step gets. */
export interface StepInput {
  readonly context: ReadContext
  readonly client: Client
  readonly issuer: string
  readonly profile: Profile
  /** The tenant’s resources by identifier. */
  readonly resources: ReadonlyMap<string, Resource>
  /** The key that the client has proved to hold, at endpoints where it can. */
  readonly proof: Proof | undefined
}

/** The parameters that a step declares, and no others. */
interface Reader<Name extends string> {
  get(name: Name): string | undefined
  need(name: Name): string
  all(name: Name): string[]
}

export interface Step<Name extends string, Need extends Fact, Give extends Fact> {
  readonly reads: readonly Name[]
  readonly needs: readonly Need[]
  readonly gives: readonly Give[]
  /** @throws Failure with a code of RFC 6749 §4.1.2.1 or its extensions */
  take(
    parameters: Reader<Name>,
    input: StepInput,
    found: Pick<Facts, Need>,
  ): Pick<Facts, Give> | Promise<Pick<Facts, Give>>
}

/** Gives a declaration its types: reading an undeclared parameter or fact does not compile. */
export const step = <const Name extends string, const Need extends Fact, const Give extends Fact>(
  declared: Step<Name, Need, Give>,
): Step<Name, Need, Give> => declared

/** A step in the table, its types erased. */
export interface AnyStep extends Pick<Step<string, Fact, Fact>, 'reads' | 'needs' | 'gives'> {
  /** What the operator reads where it refuses. */
  readonly name?: string
  take(parameters: Parameters, input: StepInput, found: Facts): Partial<Facts> | Promise<Partial<Facts>>
}

/** A step, and the kinds of request that use it. */
export type Row = readonly [step: AnyStep, ...kinds: Kind[]]

/** The facts, all of them or those found before a step failed. */
export interface Outcome {
  readonly found: Partial<Facts>
  readonly failure?: Failure
}

/**
 * The steps of each kind.
 * @param names the steps by what they are called
 * @throws Error at startup where a step needs a fact that no earlier step gives
 */
export function stepsByKind(
  rows: readonly Row[],
  names: Readonly<Record<string, unknown>>,
): ReadonlyMap<Kind, readonly AnyStep[]> {
  const nameOf = new Map(Object.entries(names).map(([name, step]) => [step, columnOf(name)]))
  const named = rows.map(([step, ...kinds]): Row => [{ ...step, name: nameOf.get(step) ?? 'request' }, ...kinds])
  return new Map(KINDS.map((kind) => [kind, ordered(kind, named)]))
}

function ordered(kind: Kind, rows: readonly Row[]): readonly AnyStep[] {
  const steps = rows.filter(([, ...kinds]) => kinds.includes(kind)).map(([first]) => first)
  const known = new Set<Fact>()
  for (const { needs, gives } of steps) {
    const missing = needs.find((need) => !known.has(need))
    if (missing !== undefined) throw new Error(`${kind}: a step needs ${missing}, which no earlier step gives.`)
    for (const fact of gives) known.add(fact)
  }
  return steps
}

/** Runs the steps in order. A failure is returned with the facts found before it: they say where to send the error. */
export async function takeSteps(steps: readonly AnyStep[], parameters: Parameters, input: StepInput): Promise<Outcome> {
  let found: Partial<Facts> = {}
  let name: string | undefined
  try {
    for (const step of steps) {
      name = step.name
      const more = step.take(parameters, input, found as Facts)
      found = { ...found, ...(more instanceof Promise ? await more : more) }
    }
    return { found }
  } catch (error) {
    if (error instanceof Failure) return { found, failure: name === undefined ? error : error.with({ step: name }) }
    throw error
  }
}
