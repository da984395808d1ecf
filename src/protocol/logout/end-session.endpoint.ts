// OpenID Connect RP-Initiated Logout 1.0.

import { readIdTokenHint } from '#domain/authorization/id-token-hint.ts'
import { isWithin } from '#domain/client/redirect-uri.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import { carrySignOut, followedBy, readSignOut, type SignOutRequest, signOut } from '#domain/sign-in/sign-out.ts'
import { Failure } from '#kernel/error.ts'
import { browserOf, readCookie } from '#web/cookies.ts'
import { currentSession } from '#web/current-session.ts'
import type { Parameters } from '#web/parameters.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { refuseAsPage, seeOther, withQuery } from '#web/reply.ts'
import { signedOutReply } from '#web/sign-out-reply.ts'

const PATH = '/oauth/logout'
const STATE_MAX = 4096

/** RP-Initiated Logout §2. */
export const endSessionEndpoint: Endpoint = {
  name: 'end_session_endpoint',
  speaks: true,
  methods: ['GET', 'POST'],
  paths: [PATH, '/logout'],
  refuse: refuseAsPage,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const { base, form, query } = realmRequest
    if (realmRequest.method === 'POST') {
      // Posted from the client’s site it comes without cookies; asked again as a GET it brings them, without the ID token.
      const { id } = carrySignOut(context, await readRequest(context, form), undefined)
      return seeOther(withQuery(`${base}${PATH}`, { transaction: id }))
    }
    const id = query.get('transaction')
    if (id === undefined) return proceed(context, realmRequest, await readRequest(context, query))
    return proceed(context, realmRequest, readSignOut(context, id, readCookie(realmRequest, 'browser')).request)
  },
}

// Nobody is signed out by a link alone: only a client that shows which session it means (RP-Initiated Logout §2, `sid`), and whom it may send them back to, is
// not asked about. Everything else is for the person to confirm.
async function proceed(context: Context, realmRequest: RealmRequest, asked: SignOutRequest): Promise<RealmReply> {
  const signedIn = await currentSession(context, realmRequest)
  const request = followedBy(asked, signedIn?.user.id)
  if (!signedIn) return signedOutReply(realmRequest, request)
  const { user, session } = signedIn
  const isMeant = request.hintedUserId === user.id && request.hintedSessionId === session.id
  if (isMeant && request.redirectUri !== null) {
    return signedOutReply(realmRequest, request, await signOut(context, signedIn))
  }
  const browser = browserOf(context, realmRequest)
  const { id: transaction } = carrySignOut(context, request, browser.secret)
  return seeOther(withQuery(`${realmRequest.base}/sign-out`, { transaction }), browser.setCookie)
}

/** What does not verify is left out rather than refused: the person can still sign out, but is not sent anywhere. */
async function readRequest(context: Context, parameters: Parameters): Promise<SignOutRequest> {
  parameters.refuseRepeated()
  const realm = realmOf(context.scope)
  const token = parameters.get('id_token_hint')
  const hinted = token === undefined ? undefined : await readIdTokenHint(context, token)
  const clientId = parameters.get('client_id') ?? hinted?.clientIdentifier
  const known = clientId === undefined ? undefined : await context.registry.client(realm.tenantId, realm.id, clientId)
  const forOther = hinted !== undefined && hinted.clientIdentifier !== clientId
  const client = forOther || known?.status !== 'active' ? undefined : known
  const uri = parameters.get('post_logout_redirect_uri')
  const state = parameters.get('state') ?? null
  if (state !== null && state.length > STATE_MAX) throw new Failure('invalid_request', 'state is too long.')
  return {
    clientLabel: client?.label ?? null,
    redirectUri: uri !== undefined && client?.postLogoutRedirectUris.includes(uri) && isWithin(realm, uri) ? uri : null,
    isUnverified: client !== undefined && client.registeredBy !== 'administrator',
    state,
    hintedUserId: forOther ? null : (hinted?.userId ?? null),
    hintedSessionId: forOther ? null : (hinted?.sessionId ?? null),
  }
}
