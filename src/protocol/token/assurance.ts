// Whether a sign-in reaches the assurance level of its realm.
import type { Realm } from '#domain/realm/realm.ts'
import { levelOfAcr } from '#domain/sign-in/assurance.ts'

/** Whether a sign-in is as good as its realm asks for by now: what was enough when it was made may not be any more. */
export function reachesAssurance(acr: string, { minAal }: Pick<Realm, 'minAal'>): boolean {
  return (levelOfAcr(acr) ?? 0) >= minAal
}
