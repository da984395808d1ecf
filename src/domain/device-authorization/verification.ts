// The person’s side of a device authorization (RFC 8628 §3.3): an authorization request of the device’s client that is
// signed in for and consented to as any other, but always asked about, and answered here instead of by a redirect.
import { Failure } from '#kernel/error.ts'
import type { AuthorizationRequest } from '../authorization/authorization-request.ts'
import { seeOther } from '../authorization/authorization-response.ts'
import type { Review } from '../authorization/review.ts'
import type { Transaction } from '../authorization/transaction.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { RealmReply, RealmRequest } from '../realm-request.ts'
import { approveDevice, denyDevice } from './device-authorization.service.ts'
import type { DeviceAuthorization } from './device-authorization.ts'

/** The page where people enter a code, under the realm’s base. */
export const DEVICE_PATH = '/device'

/** What a person is to sign in for and to allow. @throws Failure `invalid_client` where the client is gone */
export async function requestOfDevice(
  { read, scope }: Context,
  issuer: string,
  { id, clientId, scopes, resources }: DeviceAuthorization,
): Promise<AuthorizationRequest> {
  const named = await read.clients.find(realmOf(scope).id, clientId)
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
    nonce: null,
    // Never let in unasked: the request may be a stranger’s (RFC 8628 §5.4).
    prompt: ['consent'],
    maxAge: null,
    loginHint: null,
    aal: 1,
    hint: null,
    device: id,
  }
}

/**
 * Approves or denies, where the decision needs no person any more.
 * @returns undefined where a person is needed first
 * @throws Failure `expired` where it was decided or is over, and whatever else keeps this person from approving
 */
export async function answerDevice(
  context: Context,
  { base }: RealmRequest,
  { request, progress, client, signedIn, asks, decision }: Review,
  transaction: Transaction,
): Promise<RealmReply | undefined> {
  const { device } = request
  if (device === undefined) return undefined
  if (typeof decision === 'object') {
    if (decision.refuse !== 'access_denied') throw new Failure(decision.refuse)
    if (!signedIn) throw new Failure('login_required')
    await denyDevice(context, device, { client, userId: signedIn.user.id, transaction })
    return seeOther(`${base}${DEVICE_PATH}?result=denied`)
  }
  if (decision !== 'issue' || !signedIn || progress.allowed !== signedIn.user.id) return undefined
  await approveDevice(context, device, { request, client, session: signedIn.session, transaction, consents: asks })
  return seeOther(`${base}${DEVICE_PATH}?result=approved`)
}
