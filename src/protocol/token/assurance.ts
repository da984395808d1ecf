// Whether a sign-in reaches the assurance level of its realm and of the client.
import { leastLevel, type SignInDemands } from '#domain/client/sign-in-demands.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { levelOfAcr } from '#domain/sign-in/assurance.ts'

/**
 * Whether a sign-in is as good as its realm and the client ask for by now: what was enough when it was made may not be any more.
 * @param client that asks for a token
 */
export function reachesAssurance(
  acr: string,
  realm: Pick<Realm, 'minAal'>,
  client?: Pick<SignInDemands, 'minAal'>,
): boolean {
  return (levelOfAcr(acr) ?? 0) >= leastLevel(realm, client)
}
