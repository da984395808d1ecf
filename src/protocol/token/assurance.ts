// Whether a sign-in reaches the assurance level of its realm and of the client.
import { leastLevel, type SignInDemands } from '#domain/client/sign-in-demands.ts'
import type { Realm } from '#domain/realm/realm.ts'
import { levelOfAcr } from '#domain/sign-in/assurance.ts'
import { levelFor } from '#domain/sign-in/methods.ts'

/**
 * Whether a sign-in is as good as its realm and the client ask for by now: what was enough when it was made may not be any more.
 * Of its methods, those count that the client takes. A sign-in elsewhere has no methods that a client could take or not.
 * @param client that asks for a token
 */
export function reachesAssurance(
  { acr, amr }: { readonly acr: string; readonly amr: readonly string[] },
  realm: Pick<Realm, 'minAal'>,
  client?: SignInDemands,
): boolean {
  const aal = levelOfAcr(acr) ?? 0
  const signInMethods = client?.signInMethods ?? null
  const level = amr.length > 0 ? levelFor({ aal, amr }, { signInMethods }) : aal
  return level >= leastLevel(realm, client)
}
