import { Failure } from '#kernel/error.ts'
import { seeOther, withQuery } from '../authorization/authorization-response.ts'
import type { Context } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { RealmReply, RealmRequest } from '../realm-request.ts'
import { endSession } from '../session/session.service.ts'
import { readCookie, setCookie } from './browser.ts'
import type { SignedIn } from './current-session.ts'

/** How long a person may take to say whether to sign out. Milliseconds. */
const LIFETIME = 900_000

/** A checked request to sign out (OpenID Connect RP-Initiated Logout §2). */
export interface SignOutRequest {
  /** What the client that asks is called. */
  readonly clientLabel: string | null
  /** Where to go afterwards; one that is registered for that client. */
  readonly redirectUri: string | null
  readonly state: string | null
  /** Whom a genuine ID token names. */
  readonly hintedUserId: string | null
}

/** A person who came on their own. */
export const NO_SIGN_OUT_REQUEST: SignOutRequest = {
  clientLabel: null,
  redirectUri: null,
  state: null,
  hintedUserId: null,
}

interface Stored {
  readonly realmId: string
  readonly request: SignOutRequest
  /** SHA-256 of the secret of the browser that may go on; null where the request has not met one. */
  readonly browserHash: string | null
}

/**
 * Keeps a request until the browser comes back with its cookies, or the person has decided.
 * @param browserSecret of the only browser that may go on with it; undefined where that is not known
 * @returns what names it in a URL
 */
export async function keepSignOut(
  context: Context,
  request: SignOutRequest,
  browserSecret: string | undefined,
): Promise<string> {
  const { clock, crypto, random, scope } = context
  const id = random.secret()
  const createdAt = clock.now()
  const browserHash = browserSecret === undefined ? null : crypto.digest(browserSecret)
  const payload: Stored = { realmId: realmOf(scope).id, request, browserHash }
  await context.write((unit) =>
    unit.oneTimeTokens.insert('sign_out_request', crypto.digest(id), {
      payload,
      createdAt,
      expiresAt: createdAt + LIFETIME,
    }),
  )
  return id
}

/**
 * The request that waits under an id.
 * @param browserSecret of the browser that asks
 * @throws Failure `expired` where there is none any more, `forbidden` for another browser
 */
export async function findSignOut(
  { clock, crypto, read, scope }: Context,
  id: string,
  browserSecret: string | undefined,
): Promise<SignOutRequest> {
  const found = await read.oneTimeTokens.find<Stored>('sign_out_request', crypto.digest(id))
  if (!found || found.consumedAt !== null || found.expiresAt <= clock.now()) throw new Failure('expired')
  const { realmId, request, browserHash } = found.payload
  if (realmId !== realmOf(scope).id) throw new Failure('expired')
  if (browserHash === null) return request
  if (browserSecret === undefined || !crypto.equal(crypto.digest(browserSecret), browserHash)) {
    throw new Failure('forbidden', 'This request began in another browser.')
  }
  return request
}

/**
 * Signs a person out: the session ends, and with it every token that came from it.
 * @param id of the request that asked for it, which is spent
 */
export async function signOut(context: Context, { session }: SignedIn, id?: string): Promise<void> {
  const { clock, crypto } = context
  await context.write(async (unit) => {
    if (id !== undefined) await unit.oneTimeTokens.consume('sign_out_request', crypto.digest(id), clock.now())
    await endSession(context, unit, session, 'signed_out')
  })
}

/** Where a person goes who is signed out: back to the client that asked, or to a page that says so. */
export function signedOutReply(realmRequest: RealmRequest, { redirectUri, state }: SignOutRequest): RealmReply {
  const kept = (['session', 'csrf'] as const).filter((name) => readCookie(realmRequest, name) !== undefined)
  const stale = kept.map((name) => setCookie(realmRequest, name, ''))
  if (redirectUri === null) return seeOther(`${realmRequest.base}/signed-out`, stale)
  return seeOther(withQuery(redirectUri, state === null ? {} : { state }), stale)
}
