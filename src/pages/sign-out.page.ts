// The pages before and after signing out.
import type { Carried } from '#domain/authorization/carried-request.ts'
import type { Context } from '#domain/context.ts'
import { followedBy, NO_SIGN_OUT_REQUEST, readSignOut, type SignOutRequest, signOut } from '#domain/sign-in/sign-out.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { Failure } from '#kernel/error.ts'
import { browserOf, readCookie } from '#web/cookies.ts'
import { checkCsrf, checkSameOrigin, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { SIGN_OUT_PATH, SIGNED_OUT_PATH } from '#web/page-paths.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { signedOutReply } from '#web/sign-out-reply.ts'
import { failureReply, frameOf, pageReply, wordsFor } from './page-reply.ts'
import { destinationOf } from './views/destination.ts'
import { message } from './views/message.ts'
import { signedOut, signOutConfirm } from './views/sign-out.ts'

/** The page that asks for confirmation before signing out. */
export const signOutPage: Endpoint = {
  name: 'sign_out',
  methods: ['GET', 'POST'],
  paths: [SIGN_OUT_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    // Without a session there is no token to check.
    if (posted) checkSameOrigin(realmRequest.headers, realmRequest.issuer)
    const id = (posted ? realmRequest.form : realmRequest.query).get('transaction')
    const signedIn = await currentSession(context, realmRequest)
    const carried = id === undefined ? undefined : readSignOut(context, id, readCookie(realmRequest, 'browser'))
    const request = followedBy(carried?.request ?? NO_SIGN_OUT_REQUEST, signedIn?.user.id)
    // A second click on the button finds nobody to sign out, and leads where the first one did.
    if (!signedIn) return signedOutReply(realmRequest, request)
    if (posted) checkCsrf(context, realmRequest, formPurpose(carried?.key, signedIn))
    return posted
      ? answerForm(context, realmRequest, { carried, request, signedIn })
      : show(context, realmRequest, { carried, request, signedIn })
  },
}

/** The page after signing out. */
export const signedOutPage: Endpoint = {
  name: 'signed_out',
  methods: ['GET'],
  paths: [SIGNED_OUT_PATH],
  refuse: failureReply,
  respond: async (_services, realmRequest) => pageReply(200, signedOut({ frame: frameOf(realmRequest) })),
}

interface Waiting {
  /** The request as the browser carries it; undefined for a person who came on their own. */
  readonly carried: Carried<SignOutRequest> | undefined
  readonly request: SignOutRequest
  readonly signedIn: SignedIn
}

async function answerForm(context: Context, realmRequest: RealmRequest, waiting: Waiting): Promise<RealmReply> {
  const { request, signedIn } = waiting
  const decision = realmRequest.form.get('decision')
  if (decision === 'sign_out') {
    return signedOutReply(realmRequest, request, await signOut(context, signedIn))
  }
  if (decision !== 'stay') throw new Failure('invalid_request', 'The form does not say what was decided.')
  const words = wordsFor(realmRequest, 'signOut')
  const html = message({
    frame: frameOf(realmRequest),
    title: words.stayedTitle,
    paragraphs: [words.stayed],
  })
  return pageReply(200, html)
}

function show(context: Context, realmRequest: RealmRequest, { carried, request, signedIn }: Waiting): RealmReply {
  const browser = browserOf(context, realmRequest)
  const html = signOutConfirm({
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${SIGN_OUT_PATH}`,
    csrf: csrfToken(context, browser.secret, formPurpose(carried?.key, signedIn)),
    transaction: carried?.id,
    account: { email: signedIn.user.email },
    client: request.clientLabel === null ? undefined : { name: request.clientLabel, host: hostOf(request) },
  })
  return pageReply(200, html, { leadsAway: request.redirectUri !== null, setCookie: browser.setCookie })
}

function hostOf({ redirectUri }: SignOutRequest): string | undefined {
  const destination = redirectUri === null ? undefined : destinationOf(redirectUri)
  return destination?.kind === 'web' ? destination.label : undefined
}

function formPurpose(key: string | undefined, signedIn: SignedIn): string[] {
  return ['sign-out', key ?? '', signedIn.session.id]
}
