// The pages to which the reverse proxy sends people: to sign in for a site, and what says that a site needs another tier.

import type { Context } from '#domain/context.ts'
import { makeSiteCode } from '#domain/proxy-site/site-sign-in.service.ts'
import { SITE_CALLBACK_PATH, SITE_SIGN_IN_PATH } from '#domain/proxy-site/site-sign-in.ts'
import { Failure } from '#kernel/error.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { failureReply, frameOf, pageReply, wordsFor } from './page-reply.ts'
import { message } from './views/message.ts'
import { signInForPage } from './waiting.ts'

const STATE = /^[\w-]{43}$/
const APPLICATION = /^[\w-]{1,80}$/
const TIER = /^[\w -]{1,32}$/

/**
 * Signs a person in for a site of the reverse proxy, and sends the browser back there with a code. The site has to be one of
 * this realm, so that the redirect leads nowhere else.
 */
export const siteSignInPage: Endpoint = {
  name: 'proxy_sign_in',
  methods: ['GET'],
  paths: [SITE_SIGN_IN_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const returnTo = realmRequest.query.need('return_to')
    const state = realmRequest.query.need('state')
    if (!STATE.test(state)) throw new Failure('invalid_request', 'The parameter state has another form.')
    const publicUrl = await siteOf(context, realmRequest, returnTo)
    const signedIn = await currentSession(context, realmRequest)
    const query = { return_to: returnTo, state }
    if (!signedIn) return signInForPage(context, realmRequest, { path: SITE_SIGN_IN_PATH, query })
    const code = await makeSiteCode(context, { sessionId: signedIn.session.id, publicUrl, state, returnTo })
    return seeOther(withQuery(publicUrl + SITE_CALLBACK_PATH, { code }))
  },
}

/** Says that what a person asked for is for another tier (402), with a way to get there. */
export const paywallPage: Endpoint = {
  name: 'paywall',
  methods: ['GET'],
  paths: ['/paywall/*'],
  refuse: failureReply,
  async respond(services, realmRequest) {
    if (!APPLICATION.test(realmRequest.rest ?? '')) throw new Failure('not_found')
    const context = contextOf(services, realmRequest)
    const tier = realmRequest.query.need('tier')
    if (!TIER.test(tier)) throw new Failure('invalid_request', 'The parameter tier has another form.')
    const returnTo = realmRequest.query.get('return')
    const site = returnTo === undefined ? undefined : await siteOf(context, realmRequest, returnTo)
    const words = wordsFor(realmRequest, 'paywall')
    const html = message({
      frame: frameOf(realmRequest),
      title: words.title,
      paragraphs: [words.lead(tier)],
      ...(returnTo !== undefined && {
        next: { href: withQuery(returnTo, { upgrade: tier }), label: words.upgrade },
        other: { href: `${site}/`, label: words.back },
      }),
    })
    return pageReply(402, html)
  },
}

/** The public URL of the site of this realm that an address lies at. @throws Failure `invalid_request` where there is none */
async function siteOf({ process }: Context, { realm }: RealmRequest, address: string): Promise<string> {
  const url =
    address.length <= 8192 && /^https?:\/\//.test(address) && URL.canParse(address) ? new URL(address) : undefined
  const publicUrl = url && (await process.proxy?.publicUrlAt(realm.id, url.host))
  if (publicUrl === undefined || publicUrl !== url?.origin || !address.startsWith(`${publicUrl}/`)) {
    throw new Failure('invalid_request', 'The address is not one of an application behind the proxy of this realm.')
  }
  return publicUrl
}
