// What the pages of a person's own account share: who is signed in, when a fresh sign-in is asked for, and their forms.
import type { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { demandedLevel } from '#domain/account/own-factors.service.ts'
import type { Context } from '#domain/context.ts'
import type { Services } from '#domain/open-context.ts'
import type { SignedIn } from '#domain/sign-in/signed-in.ts'
import { type Browser, browserOf } from '#web/cookies.ts'
import { checkCsrf, checkSameOrigin, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { frameOf, pageReply } from './page-reply.ts'
import type { AccountFrame } from './views/account.ts'
import { signInForPage } from './waiting.ts'

/** How old the sign-in may be for a change of what a person signs in with. Seconds. */
const RECENT = 600

/** The path of one of the pages. */
export type AccountPath = (typeof ACCOUNT_PATHS)[keyof typeof ACCOUNT_PATHS]

/** A signed-in person at one of the pages. */
export interface AccountVisit {
  /** In which the person acts. */
  readonly context: Context
  readonly realmRequest: RealmRequest
  readonly path: AccountPath
  readonly signedIn: SignedIn
  readonly browser: Browser
}

/**
 * Who is at a page of the account. A form is checked to be the page's own, in this browser and for this session.
 * @param recent whether the page changes what a person signs in with: it needs a sign-in within the last ten minutes
 * @param query what the page gets in its query after the sign-in
 * @returns the reply that has the person sign in and come back, where there is none who may see the page
 * @throws Failure `forbidden` for a form of another page, session or site, `unmet_authentication_requirements` as
 *   `demandedLevel`
 */
export async function visitAccount(
  services: Services,
  realmRequest: RealmRequest,
  path: AccountPath,
  { recent = false, query }: { readonly recent?: boolean; readonly query?: Readonly<Record<string, string>> } = {},
): Promise<AccountVisit | RealmReply> {
  const context = contextOf(services, realmRequest)
  const posted = realmRequest.method === 'POST'
  const page = { path, ...(query && { query }) }
  // Without a recent session there is no token to check.
  if (posted) checkSameOrigin(realmRequest.headers, realmRequest.issuer)
  const signedIn = await currentSession(context, realmRequest)
  if (!signedIn) return signInForPage(context, realmRequest, page)
  const { session, user } = signedIn
  const aal = await demandedLevel(context, signedIn, { changes: recent })
  const isOld = recent && context.clock.now() - session.authenticatedAt >= RECENT * 1000
  if (isOld || session.aal < aal) {
    const demands = { aal, loginHint: user.email, ...(recent && { maxAge: RECENT }) }
    return signInForPage(context, realmRequest, page, demands)
  }
  if (posted) checkCsrf(context, realmRequest, about(path, signedIn))
  const browser = browserOf(context, realmRequest)
  return { context: contextOfPerson(services, realmRequest, user), realmRequest, path, signedIn, browser }
}

/** What every page of the account has. @param problem why it is shown again: a sentence */
export function frameOfVisit(visit: AccountVisit, problem?: string): AccountFrame {
  const { context, realmRequest, path, signedIn, browser } = visit
  return {
    frame: frameOf(realmRequest),
    base: realmRequest.base,
    action: realmRequest.base + path,
    csrf: csrfToken(context, browser.secret, about(path, signedIn)),
    problem,
    isDone: problem === undefined && realmRequest.query.get('done') === 'yes',
  }
}

/** A page of the account as a reply. @param script whether it has the script for passkeys */
export function replyToVisit(
  { browser }: AccountVisit,
  html: string,
  { status = 200, script }: { readonly status?: number; readonly script?: boolean } = {},
): RealmReply {
  return pageReply(status, html, { setCookie: browser.setCookie, script })
}

/** Leads back to the page after a form, so that a reload posts nothing again. The page says that it is done. */
export function done({ realmRequest, path }: AccountVisit, cookies: readonly string[] = []): RealmReply {
  return seeOther(withQuery(realmRequest.base + path, { done: 'yes' }), cookies)
}

function about(path: AccountPath, { session }: SignedIn): string[] {
  return ['account', path, session.id]
}
