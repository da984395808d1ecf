// Whether a sign-in reaches the assurance level of its realm.
import type { Realm } from '#domain/realm/realm.ts'

const ACR = /^aal([123])$/

/** Whether a sign-in is as good as its realm asks for by now: what was enough when it was made may not be any more. */
export function reachesAssurance(acr: string, { minAal }: Pick<Realm, 'minAal'>): boolean {
  return Number(ACR.exec(acr)?.[1] ?? 0) >= minAal
}
