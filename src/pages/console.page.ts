// The page that hands an administrator over to the console, after a sign-in where one is needed.
import { demandedLevel } from '#domain/account/own-factors.service.ts'
import { CONSOLE_CALLBACK_PATH, CONSOLE_PATH, handOver } from '#domain/console/console-handoff.ts'
import { Failure } from '#kernel/error.ts'
import { currentSession } from '#web/current-session.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { failureReply } from './page-reply.ts'
import { signInForPage } from './waiting.ts'

const STATE = /^[\w-]{20,100}$/
const MAX_AGE = /^\d{1,6}$/

/**
 * Only admin realms have it. `state` comes from the console's own sign-in, which recognises its browser by it; `max_age`
 * asks for a recent sign-in, in seconds.
 */
export const consolePage: Endpoint = {
  name: 'console',
  methods: ['GET'],
  paths: [CONSOLE_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const { realm, query } = realmRequest
    if (realm.kind !== 'admin') throw new Failure('not_found')
    const state = query.get('state') ?? ''
    const maxAge = query.get('max_age')
    if (!STATE.test(state) || (maxAge !== undefined && !MAX_AGE.test(maxAge))) {
      throw new Failure('invalid_request', 'Open the console at its own address.')
    }
    const context = contextOf(services, realmRequest)
    const page = { path: CONSOLE_PATH, query: { state, ...(maxAge !== undefined && { max_age: maxAge }) } }
    const age = maxAge === undefined ? {} : { maxAge: Number(maxAge) }
    const signedIn = await currentSession(context, realmRequest)
    if (!signedIn) return signInForPage(context, realmRequest, page, age)
    const { session, user } = signedIn
    const aal = await demandedLevel(context, signedIn, { changes: false })
    const isOld = age.maxAge !== undefined && context.clock.now() - session.authenticatedAt >= age.maxAge * 1000
    if (isOld || session.aal < aal) {
      return signInForPage(context, realmRequest, page, { aal, loginHint: user.email, ...age })
    }
    const code = await context.write((unit) => handOver(context, unit, signedIn, state))
    const { adminUrl } = context.registry.settings
    return seeOther(withQuery(adminUrl + CONSOLE_CALLBACK_PATH, { realm: realm.issuerId, code, state }))
  },
}
