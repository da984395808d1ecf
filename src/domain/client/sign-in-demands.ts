// What a client demands of sign-ins besides its realm: the methods that count, and the least level.
import * as z from 'zod'
import { editable } from '#kernel/declared-fields.ts'
import { flawed } from '#kernel/error.ts'
import { assuranceLevel } from '#kernel/field.ts'
import type { Realm } from '../realm/realm.ts'
import { type MethodSettings, reachableAal, SIGN_IN_METHODS } from '../sign-in/methods.ts'

const methods = z
  .array(z.enum(SIGN_IN_METHODS))
  .min(1)
  .max(SIGN_IN_METHODS.length)
  .refine((all) => new Set(all).size === all.length, 'a method is there twice')

/** The fields of a client. */
export const SignInFields = {
  signInMethods: editable(
    methods
      .nullable()
      .describe(
        'The methods with which people sign in for it, of those that are on in the realm; null for all of them. totp includes recovery codes.',
      ),
    { initial: null, view: z.array(z.enum(SIGN_IN_METHODS)).nullable() },
  ),
  minAal: editable(
    assuranceLevel
      .nullable()
      .describe(
        'The least assurance level of a sign-in for it; null for that of the realm. The higher of both counts.',
      ),
    { initial: null },
  ),
}

/** What a client demands of sign-ins. */
export interface SignInDemands {
  readonly signInMethods: MethodSettings['signInMethods']
  readonly minAal: number | null
}

/** The least level of a sign-in for a client. */
export function leastLevel(realm: Pick<Realm, 'minAal'>, client: Pick<SignInDemands, 'minAal'> | undefined): number {
  return Math.max(realm.minAal, client?.minAal ?? 1)
}

/** Which methods are on for a client. */
export function methodsFor(
  { policy, passkeyEnabled, magicLinkEnabled }: MethodSettings,
  client: Pick<SignInDemands, 'signInMethods'> | undefined,
): MethodSettings {
  return { policy, passkeyEnabled, magicLinkEnabled, signInMethods: client?.signInMethods ?? null }
}

/** Why nobody can sign in for a client: the member that asks for too much, and a sentence; undefined if people can. */
export function flawOfDemands(
  realm: MethodSettings & Pick<Realm, 'minAal'>,
  client: SignInDemands,
): { path: 'signInMethods' | 'minAal'; message: string } | undefined {
  const reachable = reachableAal(methodsFor(realm, client))
  if (reachable === 0) return { path: 'signInMethods', message: 'no sign-in can begin with these methods in the realm' }
  const least = leastLevel(realm, client)
  if (least <= reachable) return undefined
  const path = client.signInMethods ? 'signInMethods' : 'minAal'
  return { path, message: `a sign-in reaches level ${reachable} at most, and needs ${least}` }
}

/**
 * Nobody could sign in for a client whose demands its realm cannot meet.
 * @throws Failure `invalid_input`
 */
export function checkDemands(realm: MethodSettings & Pick<Realm, 'minAal'>, client: SignInDemands): void {
  const flaw = flawOfDemands(realm, client)
  if (flaw) throw flawed(flaw.path, flaw.message)
}
