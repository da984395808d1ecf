// The assurance levels that sign-ins reach, and their authentication context classes (the claim `acr`).

/** The level that a password reaches: the highest here. */
export const REACHABLE_AAL = 1

/** The values of `acr` that sign-ins can have. */
export const REACHABLE_ACRS: readonly string[] = Array.from({ length: REACHABLE_AAL }, (_, index) => `aal${index + 1}`)

const ACR = /^aal([123])$/

/** The level of an authentication context class; undefined for an unknown one. */
export function levelOfAcr(acr: string): number | undefined {
  const level = ACR.exec(acr)?.[1]
  return level === undefined ? undefined : Number(level)
}
