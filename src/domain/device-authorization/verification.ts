// The user's side of a device authorization (RFC 8628 §3.3). It is handled as an authorization request of the device’s
// client: the user signs in and consents as usual, but consent is always requested, and the result is stored instead of
// sent by a redirect.
import { Failure } from '#kernel/error.ts'
import type { AuthorizationRequest } from '../authorization/authorization-request.ts'
import { idOfChosen } from '../authorization/chosen-organization.ts'
import type { Review } from '../authorization/review.ts'
import type { Transaction } from '../authorization/transaction.ts'
import type { Context } from '../context.ts'
import { FRESH_SIGN_IN } from '../permitted.ts'
import { realmOf } from '../realm/realm.service.ts'
import { approveDevice, denyDevice } from './device-authorization.service.ts'
import type { DeviceAuthorization } from './device-authorization.ts'

/** The page where users enter a code, below the realm’s base URL. */
export const DEVICE_PATH = '/device'

/**
 * The authorization request that the user signs in for and consents to.
 * @throws Failure `invalid_client` if the client was deleted
 */
export async function requestOfDevice(
  { read, scope }: Context,
  issuer: string,
  { id, clientId, scopes, resources, details, organization }: DeviceAuthorization,
): Promise<AuthorizationRequest> {
  const realm = realmOf(scope)
  const named = await read.clients.find(realm.id, clientId)
  if (!named) throw new Failure('invalid_client')
  return {
    clientId,
    clientIdentifier: named.client.clientId,
    redirectUri: `${issuer}${DEVICE_PATH}`,
    redirectUriGiven: true,
    state: null,
    codeChallenge: '',
    scopes,
    resources,
    details,
    nonce: null,
    // Always ask for consent: an attacker may have sent the code to the user (RFC 8628 §5.4).
    prompt: ['consent'],
    // Who administers gets tokens that may make credentials, so an old session is not enough.
    maxAge: realm.kind === 'admin' ? FRESH_SIGN_IN : null,
    loginHint: null,
    organization,
    aal: 1,
    hint: null,
    device: id,
  }
}

/**
 * Approves or denies, if the decision needs no page.
 * @returns undefined if the next step is a page
 * @throws Failure `expired` if it was decided or has expired, and the other failures of an approval
 */
export async function completeDevice(
  context: Context,
  { request, progress, client, signedIn, consentRequests: asks, organization, decision }: Review,
  transaction: Transaction,
): Promise<'approved' | 'denied' | undefined> {
  const { device } = request
  if (device === undefined) return undefined
  if (transaction.answered) return progress.denied ? 'denied' : 'approved'
  if (typeof decision === 'object') {
    if (decision.refuse !== 'access_denied') throw new Failure(decision.refuse)
    if (!signedIn) throw new Failure('login_required')
    await denyDevice(context, device, { client, user: signedIn.user, transaction })
    return 'denied'
  }
  if (decision !== 'issue' || !signedIn || progress.allowed !== signedIn.user.id) return undefined
  const organizationId = idOfChosen(organization)
  await approveDevice(context, device, { request, client, signedIn, transaction, consents: asks, organizationId })
  return 'approved'
}
