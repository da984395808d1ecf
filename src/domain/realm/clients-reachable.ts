// Checks that a change of a realm leaves its clients a way to sign people in.
import { Failure } from '#kernel/error.ts'
import { flawOfDemands } from '../client/sign-in-demands.ts'
import type { Unit } from '../context.ts'
import type { Realm } from './realm.ts'

type Methods = Pick<Realm, 'id' | 'minAal' | 'policy' | 'passkeyEnabled' | 'magicLinkEnabled'>

/**
 * Refuses a change after which nobody could sign in for a client any more, because of what the client demands.
 * @throws Failure `conflict`
 */
export async function checkClientsReachable(unit: Unit, before: Methods, after: Methods): Promise<void> {
  const settings = ({ minAal, policy, passkeyEnabled, magicLinkEnabled }: Methods) =>
    JSON.stringify([minAal, policy.totpEnabled, policy.smsEnabled, passkeyEnabled, magicLinkEnabled])
  if (settings(before) === settings(after)) return
  const demands = await unit.clients.signInDemands(after.id)
  const locked = demands.find((client) => flawOfDemands(after, client) && !flawOfDemands(before, client))
  if (!locked) return
  const { label } = locked
  throw new Failure(
    'conflict',
    `Nobody could sign in for the client ${label} any more: see its sign_in_methods and min_aal.`,
  )
}
