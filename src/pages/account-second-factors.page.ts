// The page where people set up and remove authenticator apps and telephones, and renew their recovery codes.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { addOwnApp, checkHasApps, type OfferedApp, offerApp, offeredApp } from '#domain/account/own-app.service.ts'
import { removeOwnApp, removeOwnPhone, renewRecoveryCodes } from '#domain/account/own-factors.service.ts'
import { addOwnPhone, type OfferedPhone, offeredPhone, offerPhone } from '#domain/account/own-phone.service.ts'
import { AUTHENTICATORS_MAX, viewAuthenticator } from '#domain/authenticator/authenticator.ts'
import { secondMethodsOf } from '#domain/sign-in/next-step.ts'
import { setUpAt } from '#domain/sign-in/set-up.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { accountSecondFactors, addedApp, addedPhone, renewedCodes } from './views/account-second-factors.ts'
import { signInForPage } from './waiting.ts'

const AuthenticatorId = idOf('authenticator')

/** The page of the second factors. It needs a recent sign-in, with a second factor of a person who has one. */
export const accountSecondFactorsPage: Endpoint = {
  name: 'account_second_factors',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.second_factors],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.second_factors, { recent: true })
    if ('status' in visit) return visit
    if (realmRequest.method !== 'POST') return show(visit)
    try {
      return await answerForm(visit)
    } catch (error) {
      const problem = problemIn(error, realmRequest)
      if (problem === undefined) throw error
      return show(visit, problem)
    }
  },
}

/** Why a change was refused, as a sentence; undefined for an error that is about something else. */
function problemIn(error: unknown, realmRequest: RealmRequest): string | undefined {
  const words = wordsFor(realmRequest, 'secondFactors')
  if (!(error instanceof Failure)) return undefined
  if (error.code === 'limit_reached') return words.tooMany
  return error.detail.told && error.detail.told !== 'onlyWay' ? words[error.detail.told] : undefined
}

async function answerForm(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, path, signedIn } = visit
  const decision = realmRequest.form.get('decision')
  // The recent sign-in is asked for a second factor, and sets one up.
  if (decision === 'set_up') {
    checkHasApps(context)
    return signInForPage(context, realmRequest, { path }, { aal: 2 })
  }
  if (decision === 'add') return showApp(visit, offerApp(context, signedIn, visit.browser.secret))
  if (decision === 'confirm') return confirmApp(visit)
  if (decision === 'renew_codes') {
    const codes = await renewRecoveryCodes(context, signedIn)
    return replyToVisit(visit, renewedCodes({ ...frameOfVisit(visit), codes }))
  }
  if (decision === 'send_code') return sendCode(visit)
  if (decision === 'confirm_phone') return confirmPhone(visit)
  if (decision !== 'remove' && decision !== 'remove_phone')
    throw new Failure('invalid_request', 'The form does not say what was decided.')
  const id = AuthenticatorId.safeParse(realmRequest.form.get('authenticator')).data
  if (id === undefined) throw new Failure('not_found')
  await (decision === 'remove' ? removeOwnApp : removeOwnPhone)(context, signedIn, id)
  return done(visit)
}

async function sendCode(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn, browser } = visit
  const phone = await offerPhone(context, signedIn, realmRequest.form.get('number') ?? '', browser.secret)
  return showPhone(visit, phone)
}

async function confirmPhone(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn, browser } = visit
  const { form } = realmRequest
  const phone = offeredPhone(context, signedIn, form.get('enrolment'), browser.secret)
  const added = await addOwnPhone(context, signedIn, phone, form.get('code') ?? '')
  if (added.kind === 'incorrect') return showPhone(visit, phone, wordsFor(realmRequest, 'secondFactor').sms.incorrect)
  if (!added.codes) return done(visit)
  return replyToVisit(visit, renewedCodes({ ...frameOfVisit(visit), codes: added.codes }))
}

function showPhone(visit: AccountVisit, { id, number }: OfferedPhone, problem?: string): RealmReply {
  const html = addedPhone({ ...frameOfVisit(visit, problem), phone: { id, number } })
  return replyToVisit(visit, html, { status: problem ? 400 : 200 })
}

async function confirmApp(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn, browser } = visit
  const { form } = realmRequest
  const app = offeredApp(context, signedIn, form.get('enrolment'), browser.secret)
  if (await addOwnApp(context, signedIn, app, form.get('code') ?? '')) return done(visit)
  return showApp(visit, app, wordsFor(realmRequest, 'secondFactors').incorrect)
}

function showApp(visit: AccountVisit, app: OfferedApp, problem?: string): RealmReply {
  const html = addedApp({ ...frameOfVisit(visit, problem), app, account: visit.signedIn.user.email })
  return replyToVisit(visit, html, { status: problem ? 400 : 200 })
}

async function show(visit: AccountVisit, problem?: string): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const { user } = signedIn
  const { realm } = realmRequest
  const all = await context.read.authenticators.allOf(user.id)
  const shown = all.map(viewAuthenticator)
  const apps = shown.filter(({ kind }) => kind === 'totp')
  const asked = secondMethodsOf(realm, setUpAt(context, user, all))
  const phones = shown.filter(({ kind }) => kind === 'sms')
  const hasSecond = user.secondFactors > 0
  const hasRoom = apps.length < AUTHENTICATORS_MAX.totp
  const html = accountSecondFactors({
    ...frameOfVisit(visit, problem),
    apps,
    codesLeft: shown.find(({ kind }) => kind === 'recovery_code')?.codesLeft ?? null,
    phones,
    offersPhone: realm.policy.smsEnabled && phones.length < AUTHENTICATORS_MAX.sms,
    number: problem === undefined ? undefined : realmRequest.form.get('number'),
    asks: { app: asked.includes('totp'), sms: asked.includes('sms'), passkey: asked.includes('passkey') },
    offer: realm.policy.totpEnabled && hasRoom ? (hasSecond ? 'add' : 'set_up') : undefined,
    hasSecond,
  })
  return replyToVisit(visit, html, { status: problem ? 409 : 200 })
}
