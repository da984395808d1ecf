// OpenID Connect RP-Initiated Logout 1.0.
import { seeOther, withQuery } from '#domain/authorization/authorization-response.ts'
import { readIdTokenHint } from '#domain/authorization/id-token-hint.ts'
import { isWithin } from '#domain/client/redirect-uri.ts'
import type { Context } from '#domain/context.ts'
import { realmOf } from '#domain/realm/realm.service.ts'
import {
  contextOf,
  type Endpoint,
  type Parameters,
  type RealmReply,
  type RealmRequest,
  refuseAsPage,
} from '#domain/realm-request.ts'
import { browserOf, readCookie } from '#domain/sign-in/browser.ts'
import { currentSession } from '#domain/sign-in/current-session.ts'
import { findSignOut, keepSignOut, type SignOutRequest, signedOutReply, signOut } from '#domain/sign-in/sign-out.ts'
import { Failure } from '#kernel/error.ts'

const PATH = '/oauth/logout'
const STATE_MAX = 4096

/** RP-Initiated Logout §2. */
export const endSessionEndpoint: Endpoint = {
  name: 'end_session_endpoint',
  methods: ['GET', 'POST'],
  paths: [PATH, '/logout'],
  refuse: refuseAsPage,
  async respond(house, realmRequest) {
    const context = contextOf(house, realmRequest)
    const { base, form, query } = realmRequest
    if (realmRequest.method === 'POST') {
      // Posted from the client’s site it comes without cookies; it is kept, so that the ID token stays out of URLs.
      const id = await keepSignOut(context, await readRequest(context, form), undefined)
      return seeOther(withQuery(`${base}${PATH}`, { transaction: id }))
    }
    const id = query.get('transaction')
    if (id === undefined) return proceed(context, realmRequest, await readRequest(context, query))
    return proceed(context, realmRequest, await findSignOut(context, id, readCookie(realmRequest, 'browser')))
  },
}

// Nobody is signed out by a link alone: only a client that shows whom it means, and whom it may send them back to, is
// not asked about. Everything else is for the person to confirm.
async function proceed(context: Context, realmRequest: RealmRequest, request: SignOutRequest): Promise<RealmReply> {
  const signedIn = await currentSession(context, realmRequest)
  if (!signedIn) return signedOutReply(realmRequest, request)
  if (request.hintedUserId === signedIn.user.id && request.redirectUri !== null) {
    await signOut(context, signedIn)
    return signedOutReply(realmRequest, request)
  }
  const browser = browserOf(context, realmRequest)
  const transaction = await keepSignOut(context, request, browser.secret)
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
    state,
    hintedUserId: forOther ? null : (hinted?.userId ?? null),
  }
}
