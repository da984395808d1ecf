// Requests to sign out that the browser carries until the user decides, and the end of the user's session.
import { type Carried, carry, readCarried } from '../authorization/carried-request.ts'
import type { Context } from '../context.ts'
import { type LogoutFrame, showLogout } from '../logout-delivery/front-channel.service.ts'
import { endSession } from '../session/session.service.ts'
import type { SignedIn } from './signed-in.ts'

const KIND = 'sign_out_request'

/** A checked request to sign out (OpenID Connect RP-Initiated Logout §2). */
export interface SignOutRequest {
  /** The name of the client. */
  readonly clientLabel: string | null
  /** The registered URI to which the user returns. */
  readonly redirectUri: string | null
  /** Whether nobody verified the client, so that it gets back only the person whom its ID token identifies. */
  readonly isUnverified: boolean
  readonly state: string | null
  /** The user that a valid ID token identifies. */
  readonly hintedUserId: string | null
  /** The session that it names by `sid`. */
  readonly hintedSessionId: string | null
}

/** A request by a user who opened the page directly. */
export const NO_SIGN_OUT_REQUEST: SignOutRequest = {
  clientLabel: null,
  redirectUri: null,
  isUnverified: false,
  state: null,
  hintedUserId: null,
  hintedSessionId: null,
}

/**
 * A request for the browser to carry until it comes back with its cookies, or until the person has decided.
 * @param browserSecret of the only browser that can go on with it; undefined if that is not known
 * @returns what identifies it in a URL
 * @throws Failure `invalid_request` for a request that is too long
 */
export function carrySignOut(
  context: Context,
  request: SignOutRequest,
  browserSecret: string | undefined,
): Carried<SignOutRequest> {
  return carry(context, KIND, request, browserSecret)
}

/**
 * The request to sign out that a browser carries.
 * @param browserSecret of the browser that asks
 * @throws Failure `expired` if it is too old, `forbidden` for another browser
 */
export function readSignOut(context: Context, id: string, browserSecret: string | undefined): Carried<SignOutRequest> {
  return readCarried(context, KIND, id, browserSecret)
}

/**
 * The request as it is followed for a person. Whoever registers a client at a realm could send anybody anywhere by a link
 * to the realm, so such a client gets back only a person whom it knows.
 * @param userId of the person who is signed in
 */
export function followedBy(request: SignOutRequest, userId: string | undefined): SignOutRequest {
  const isKnown = userId !== undefined && request.hintedUserId === userId
  return isKnown || !request.isUnverified
    ? { ...request, isUnverified: false }
    : { ...request, isUnverified: false, redirectUri: null }
}

/**
 * Signs a person out: the session ends, and with it every token that came from it.
 * @returns what the browser has to load, so that clients end their sessions there
 */
export async function signOut(context: Context, signedIn: SignedIn): Promise<LogoutFrame[]> {
  const { session, user } = signedIn
  return context.write(async (unit) => {
    await endSession(context, unit, session, { why: 'signed_out', by: user })
    return showLogout(context, unit, signedIn)
  })
}
