import { seeOther, withQuery } from '#domain/authorization/authorization-response.ts'
import { beginTransaction } from '#domain/authorization/transaction.ts'
import type { Context } from '#domain/context.ts'
import { lookUpUserCode } from '#domain/device-authorization/device-authorization.service.ts'
import { DEVICE_PATH, requestOfDevice } from '#domain/device-authorization/verification.ts'
import { contextOf, type Endpoint, type RealmReply, type RealmRequest } from '#domain/realm-request.ts'
import { browserOf, checkForm, checkSameOrigin, csrfToken, readCookie } from '#domain/sign-in/browser.ts'
import { currentSession } from '#domain/sign-in/current-session.ts'
import { Failure } from '#kernel/error.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { type UserCodeProblem, userCodeForm } from './views/device.ts'
import { message } from './views/message.ts'

const ABOUT = ['device']

const RESULTS: Readonly<Record<string, { readonly title: string; readonly paragraphs: readonly string[] }>> = {
  approved: {
    title: 'Your device is connected',
    paragraphs: ['It goes on by itself in a few seconds. You can close this window now.'],
  },
  denied: {
    title: 'The device was refused',
    paragraphs: ['It gets nothing of yours. You can close this window now.'],
  },
}

/**
 * The page where people enter the code that a device shows (RFC 8628 §3.3). A code in the address only fills the form
 * in; with the right code, the person signs in, is told who asks for what, and decides.
 */
export const devicePage: Endpoint = {
  name: 'device',
  methods: ['GET', 'POST'],
  paths: [DEVICE_PATH],
  refuse: failureReply,
  async respond(house, realmRequest) {
    const context = contextOf(house, realmRequest)
    if (realmRequest.method === 'POST') return answerForm(context, realmRequest)
    const result = realmRequest.query.get('result')
    const told = result !== undefined && Object.hasOwn(RESULTS, result) ? RESULTS[result] : undefined
    if (told) return pageReply(200, message({ frame: frameOf(realmRequest), ...told }))
    return show(context, realmRequest, realmRequest.query.get('user_code'))
  },
}

async function answerForm(context: Context, realmRequest: RealmRequest): Promise<RealmReply> {
  checkSameOrigin(realmRequest.headers, realmRequest.issuer)
  checkForm(context, realmRequest, ABOUT)
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
  const { id } = await beginTransaction(context, request, browserSecret)
  return seeOther(withQuery(`${realmRequest.base}/oauth/authorize/resume`, { transaction: id }))
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
