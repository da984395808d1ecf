// The assurance levels that sign-ins reach, and their authentication context classes (the claim `acr`).
import { type MethodSettings, reachableAal } from './methods.ts'

/** The values of `acr` that sign-ins at a realm can have. */
export function reachableAcrs(realm: MethodSettings): string[] {
  return Array.from({ length: reachableAal(realm) }, (_, index) => `aal${index + 1}`)
}

const ACR = /^aal([123])$/

/** The level of an authentication context class; undefined for an unknown one. */
export function levelOfAcr(acr: string): number | undefined {
  const level = ACR.exec(acr)?.[1]
  return level === undefined ? undefined : Number(level)
}
