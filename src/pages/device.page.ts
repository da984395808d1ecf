// The device page, where users enter the code that a device shows (RFC 8628 §3.3).
import { beginTransaction } from '#domain/authorization/transaction.ts'
import type { Context } from '#domain/context.ts'
import { lookUpUserCode } from '#domain/device-authorization/device-authorization.service.ts'
import { DEVICE_PATH, requestOfDevice } from '#domain/device-authorization/verification.ts'
import { Failure } from '#kernel/error.ts'
import { browserOf, readCookie } from '#web/cookies.ts'
import { checkCsrf, csrfToken } from '#web/csrf.ts'
import { currentSession } from '#web/current-session.ts'
import { RESUME_PATH } from '#web/page-paths.ts'
import { contextOf } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { seeOther, withQuery } from '#web/reply.ts'
import { failureReply, frameOf, pageReply, wordsFor } from './page-reply.ts'
import { type UserCodeProblem, userCodeForm } from './views/device.ts'
import { message } from './views/message.ts'

const ABOUT = ['device']

/**
 * The device page (RFC 8628 §3.3). A code in the URL only fills in the form. After a correct code the user signs in,
 * sees who requests which access, and decides.
 */
export const devicePage: Endpoint = {
  name: 'device',
  methods: ['GET', 'POST'],
  paths: [DEVICE_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    if (realmRequest.method === 'POST') return answerForm(context, realmRequest)
    const result = realmRequest.query.get('result')
    if (result === 'approved' || result === 'denied') return showResult(realmRequest, result)
    return show(context, realmRequest, realmRequest.query.get('user_code'))
  },
}

function showResult(realmRequest: RealmRequest, result: 'approved' | 'denied'): RealmReply {
  const words = wordsFor(realmRequest, 'device')
  const title = words[`${result}Title`]
  return pageReply(200, message({ frame: frameOf(realmRequest), title, paragraphs: [words[result]] }))
}

async function answerForm(context: Context, realmRequest: RealmRequest): Promise<RealmReply> {
  checkCsrf(context, realmRequest, ABOUT)
  const browserSecret = readCookie(realmRequest, 'browser')
  if (browserSecret === undefined) throw new Failure('forbidden')
  const typed = realmRequest.form.get('user_code') ?? ''
  const signedIn = await currentSession(context, realmRequest)
  const looked = await lookUpUserCode(context, typed, signedIn?.user.id)
  if ('retryAfter' in looked) {
    return show(context, realmRequest, typed, { kind: 'too_many_attempts', retryAfter: looked.retryAfter })
  }
  if (!looked.found) return show(context, realmRequest, typed, { kind: 'unknown' })
  const request = await requestOfDevice(context, realmRequest.issuer, looked.found)
  const { id } = beginTransaction(context, request, browserSecret)
  return seeOther(withQuery(realmRequest.base + RESUME_PATH, { transaction: id }))
}

function show(
  context: Context,
  realmRequest: RealmRequest,
  userCode: string | undefined,
  problem?: UserCodeProblem,
): RealmReply {
  const browser = browserOf(context, realmRequest)
  const html = userCodeForm({
    frame: frameOf(realmRequest),
    action: `${realmRequest.base}${DEVICE_PATH}`,
    csrf: csrfToken(context, browser.secret, ABOUT),
    userCode,
    problem,
  })
  const retryAfter = problem?.kind === 'too_many_attempts' ? problem.retryAfter : undefined
  const status = problem ? (retryAfter === undefined ? 400 : 429) : 200
  return pageReply(status, html, { setCookie: browser.setCookie, retryAfter })
}
