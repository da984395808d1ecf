// The page that lists the modules of the conformance runner.
import { BASIC } from './basic.ts'
import { FAPI_DPOP, FAPI_MTLS } from './fapi.ts'
import { BACK_CHANNEL, FRONT_CHANNEL, RP_INITIATED } from './logout.ts'
import type { Module } from './module.ts'
import { CONFIG, DYNAMIC } from './registration.ts'

interface AnyPlan {
  readonly title: string
  readonly modules: readonly Pick<Module<never>, 'name' | 'asserts'>[]
  readonly left: Readonly<Record<string, string>>
}

export const PLANS: readonly AnyPlan[] = [
  BASIC,
  CONFIG,
  DYNAMIC,
  RP_INITIATED,
  BACK_CHANNEL,
  FRONT_CHANNEL,
  FAPI_DPOP,
  FAPI_MTLS,
]

/** The rows of a plan: module, result and what is asserted. Every module that is run passes, or the tests fail. */
export function rowsOf({
  modules,
  left,
}: AnyPlan): readonly (readonly [name: string, result: string, asserts: string])[] {
  return [
    ...modules.map(({ name, asserts }) => [name, 'passed', asserts] as const),
    ...Object.entries(left).map(([name, why]) => [name, 'not run', why] as const),
  ]
}
