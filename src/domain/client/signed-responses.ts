// Which algorithms a realm signs with for its clients: those that it has keys of, or gets them for.
import { flawed } from '#kernel/error.ts'
import type { Context } from '../context.ts'
import type { SigningAlgorithm } from '../outside.ts'
import { profileOf } from '../realm/profile.ts'
import { realmOf } from '../realm/realm.service.ts'
import { ensureAlgorithm } from '../signing-key/signing-key.service.ts'
import { REALM_ALGORITHMS } from '../signing-key/signing-key.ts'
import type { Client } from './client.ts'
import { RESPONSE_FIELDS } from './response-protection.ts'

/** The fields with the algorithms that a client chose. */
export const SIGNED_FIELDS = RESPONSE_FIELDS.filter((field) => field.endsWith('SignedResponseAlg'))

type Choices = Partial<Pick<Client, (typeof RESPONSE_FIELDS)[number] | 'profile'>>

/** The algorithms that a client of the scope’s realm can choose. A realm that is a few seconds old still gets some of their keys. */
export async function choosableAlgorithms(
  { scope, registry }: Pick<Context, 'scope' | 'registry'>,
  client?: Pick<Client, 'profile' | 'requirePushedAuthorizationRequests'>,
): Promise<SigningAlgorithm[]> {
  const realm = realmOf(scope)
  const ring = await registry.keyRing(realm.tenantId, realm.id)
  return profileOf(realm, client).signingAlgorithms.filter(
    (algorithm) => REALM_ALGORITHMS.some((one) => one === algorithm) || ring?.signers.has(algorithm),
  )
}

/**
 * Makes the keys of the algorithms that a client chose where the realm is too young to have them, so that nothing is
 * signed for the client in another way. This comes before the write that saves the client.
 * @param choices the fields that are set
 * @throws Failure `invalid_input` for an algorithm that the realm has no keys of, or that the profile does not allow
 */
export async function ensureSigningKeys(context: Context, choices: Choices): Promise<void> {
  const chosen = SIGNED_FIELDS.filter((field) => choices[field])
  if (chosen.length === 0) return
  const { profile = null } = choices
  const possible = await choosableAlgorithms(context, { profile, requirePushedAuthorizationRequests: false })
  const refused = chosen.find((field) => !possible.some((algorithm) => algorithm === choices[field]))
  if (refused !== undefined) {
    const message = `the realm does not sign with ${choices[refused]}: it has no such keys, or the profile does not allow it`
    throw flawed(refused, message)
  }
  for (const algorithm of new Set(chosen.map((field) => choices[field]))) {
    await ensureAlgorithm(context, algorithm as SigningAlgorithm)
  }
}
