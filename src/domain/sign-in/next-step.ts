// Decides what a sign-in needs after a factor was proven, without any side effect.
import type { Realm } from '../realm/realm.ts'
import {
  assuranceOf,
  isTaken,
  METHOD_NAMES,
  type MethodName,
  type MethodSettings,
  reachableAal,
  rowOf,
  type SetUp,
} from './methods.ts'

/**
 * What comes next: a session, a second factor, setting one up, what the realm still needs of the person, a sign-in that begins
 * with a method that the client takes, or nothing that would reach the level.
 */
export type NextStep = 'session' | 'sign_in' | 'second_factor' | 'enrolment' | 'details' | 'unreachable'

/** What the step depends on. */
export interface StepInput {
  readonly realm: MethodSettings & Pick<Realm, 'minAal'>
  /** The level that the request asks for, besides that of the realm. */
  readonly aal: number
  /** What of the person's works at the realm. */
  readonly person: SetUp
  /** How many second factors the person has, also those that do not work at the realm. */
  readonly secondFactors: number
  readonly proven: readonly MethodName[]
  /** Whether the person chose before not to be asked for a second factor in this browser. */
  readonly isRemembered: boolean
}

/**
 * Decides what comes next. A person who has a second factor is asked for one, but for a browser that is remembered, where no
 * level demands it. A person who has none at all sets one
 * up where the level demands it, and the realm lets people do so. Who has one that only works elsewhere in the directory
 * sets up none: else the password alone would get another one beside it. What a client does not take counts for nothing; a
 * person whose second factors it does not take cannot go on, so that no client spares people theirs.
 */
export function nextStep(input: StepInput): NextStep {
  const { realm, person } = input
  const proven = input.proven.filter((name) => isTaken(name, realm))
  const isFirst = (name: MethodName) => rowOf(name).isFirst
  if (input.proven.some(isFirst) && !proven.some(isFirst)) return 'sign_in'
  const { aal: reached } = assuranceOf(proven)
  const needed = Math.max(realm.minAal, input.aal)
  const isExcused = input.isRemembered && reached >= needed
  const isAsked = reached < 2 && !isExcused && secondMethodsOf({ ...realm, signInMethods: null }, person).length > 0
  if (isAsked) return secondMethodsOf(realm, person).length > 0 ? 'second_factor' : 'unreachable'
  if (reached >= needed) return 'session'
  const canEnrol =
    input.secondFactors === 0 && proven.some(isFirst) && realm.policy.totpEnabled && isTaken('totp', realm)
  return canEnrol && needed <= reachableAal(realm) ? 'enrolment' : 'unreachable'
}

/**
 * The second factors that a person can choose from at a realm, or for a client. Recovery codes stand in for another one, and are none where
 * the realm asks for no other one of the person.
 */
export function secondMethodsOf(realm: MethodSettings, person: SetUp): MethodName[] {
  const methods = METHOD_NAMES.map((name) => [name, rowOf(name)] as const)
    .filter(([, method]) => method.isSecond && method.isOn(realm) && method.isSetUp(person))
    .filter(([name]) => isTaken(name, realm))
    .map(([name]) => name)
  return methods.every((name) => name === 'recovery_code') ? [] : methods
}
