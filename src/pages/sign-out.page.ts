import type { Context } from '#domain/context.ts'
import { contextOf, type Endpoint, type RealmReply, type RealmRequest } from '#domain/realm-request.ts'
import { browserOf, checkForm, checkSameOrigin, csrfToken, readCookie } from '#domain/sign-in/browser.ts'
import { currentSession, type SignedIn } from '#domain/sign-in/current-session.ts'
import {
  findSignOut,
  NO_SIGN_OUT_REQUEST,
  type SignOutRequest,
  signedOutReply,
  signOut,
} from '#domain/sign-in/sign-out.ts'
import { Failure } from '#kernel/error.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { message } from './views/message.ts'
import { signedOut, signOutConfirm } from './views/sign-out.ts'

const PATH = '/sign-out'

/** The page that asks before it signs anybody out. */
export const signOutPage: Endpoint = {
  name: 'sign_out',
  methods: ['GET', 'POST'],
  paths: [PATH],
  refuse: failureReply,
  async respond(house, realmRequest) {
    const context = contextOf(house, realmRequest)
    const posted = realmRequest.method === 'POST'
    if (posted) checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const id = (posted ? realmRequest.form : realmRequest.query).get('transaction')
    const signedIn = await currentSession(context, realmRequest)
    // A second click on the button finds nobody to sign out.
    if (posted && !signedIn) return signedOutReply(realmRequest, NO_SIGN_OUT_REQUEST)
    if (posted) checkForm(context, realmRequest, about(id, signedIn))
    const browserSecret = readCookie(realmRequest, 'browser')
    const request = id === undefined ? NO_SIGN_OUT_REQUEST : await findSignOut(context, id, browserSecret)
    if (!signedIn) return signedOutReply(realmRequest, request)
    return posted
      ? answerForm(context, realmRequest, { id, request, signedIn })
      : show(context, realmRequest, { id, request, signedIn })
  },
}

/** The page that says that one is signed out. */
export const signedOutPage: Endpoint = {
  name: 'signed_out',
  methods: ['GET'],
  paths: ['/signed-out'],
  refuse: failureReply,
  respond: async (_house, realmRequest) => pageReply(200, signedOut({ frame: frameOf(realmRequest) })),
}

interface Waiting {
  /** What names the request; undefined for a person who came on their own. */
  readonly id: string | undefined
  readonly request: SignOutRequest
  readonly signedIn: SignedIn
}

async function answerForm(context: Context, realmRequest: RealmRequest, waiting: Waiting): Promise<RealmReply> {
  const { id, request, signedIn } = waiting
  const decision = realmRequest.form.get('decision')
  if (decision === 'sign_out') {
    await signOut(context, signedIn, id)
    return signedOutReply(realmRequest, request)
  }
  if (decision !== 'stay') throw new Failure('invalid_request', 'The form does not say what was decided.')
  const html = message({
    frame: frameOf(realmRequest),
    title: 'You are still signed in',
    paragraphs: ['Nothing was changed. You can close this window now.'],
  })
  return pageReply(200, html)
}

function show(context: Context, realmRequest: RealmRequest, { id, request, signedIn }: Waiting): RealmReply {
  const browser = browserOf(context, realmRequest)
  const html = signOutConfirm({
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${PATH}`,
    csrf: csrfToken(context, browser.secret, about(id, signedIn)),
    transaction: id,
    account: { email: signedIn.user.email },
    client: request.clientLabel === null ? undefined : { name: request.clientLabel },
  })
  return pageReply(200, html, { leadsTo: request.redirectUri ?? undefined, setCookie: browser.setCookie })
}

function about(id: string | undefined, signedIn: SignedIn | undefined): string[] {
  return ['sign-out', id ?? '', signedIn?.session.id ?? '']
}
