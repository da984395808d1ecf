// The page that asks for a second factor in the middle of a sign-in.
import { partyOf, passkeysAt } from '#domain/authenticator/passkey.service.ts'
import { rememberedDays } from '#domain/remembered-device/remembered-device.service.ts'
import { secondMethodsOf } from '#domain/sign-in/next-step.ts'
import { signInWithPasskey } from '#domain/sign-in/passkey-sign-in.service.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { CODE_METHODS, proveSecondFactor } from '#domain/sign-in/second-factor.service.ts'
import { askedOf, setUpOf } from '#domain/sign-in/set-up.ts'
import { sendSmsCode } from '#domain/sign-in/sms-code.service.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import { readCookie } from '#web/cookies.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { passkeyAnswer, passkeyCeremony } from './passkey-form.ts'
import { type PhoneChoice, type SecondFactorProblem, secondFactor } from './views/second-factor.ts'
import { formOf, goOn, type HalfWay, halfWay, switchAccount, toPage, type Waiting, waitingFor } from './waiting.ts'

/** What the page offers, in this order. */
const SHOWN_METHODS = ['passkey', ...CODE_METHODS] as const
const AuthenticatorId = idOf('authenticator')
type ShownMethod = (typeof SHOWN_METHODS)[number]

/** The page for the second factor. Without a first factor that still counts, it leads back to the sign-in page. */
export const secondFactorPage: Endpoint = {
  name: 'second_factor',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_PATHS.second_factor],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const waiting = await waitingFor(services, realmRequest)
    // A repeated form is answered as the first one was.
    const isRepeated = realmRequest.method === 'POST' && waiting.transaction.proven?.answer !== undefined
    if (isRepeated) return answerAgain(waiting)
    const person = await halfWay(waiting, 'second_factor')
    if ('status' in person) return person
    const methods = await methodsOf(waiting, person)
    if (realmRequest.method !== 'POST') return show(waiting, person, methods, realmRequest.query.get('method'))
    if (realmRequest.form.get('decision') === 'switch_account') return switchAccount(waiting)
    return answerForm(waiting, person, methods)
  },
}

async function methodsOf({ context, realmRequest, place }: Waiting, { user, proven }: HalfWay): Promise<ShownMethod[]> {
  const person = askedOf(proven.flows).of(await setUpOf(context, context.read, user))
  const methods = secondMethodsOf({ ...realmRequest.realm, signInMethods: place.signInMethods }, person)
  return SHOWN_METHODS.filter((method) => methods.includes(method))
}

async function answerForm(waiting: Waiting, person: HalfWay, methods: readonly ShownMethod[]): Promise<RealmReply> {
  const { context, realmRequest, place } = waiting
  const { form } = realmRequest
  const named = form.get('method')
  if (named === 'passkey') return answerPasskey(waiting, person, methods)
  if (form.get('decision') === 'send') return sendCode(waiting, person, methods)
  const code = form.get('code')?.trim() ?? ''
  const method = CODE_METHODS.find((one) => one === named && methods.includes(one))
  if (!method || code === '') return show(waiting, person, methods, named, { kind: 'incomplete' })
  const known = readCookie(realmRequest, 'known')
  const outcome = await proveSecondFactor(context, person.user, { method, code, known }, place, person.proven)
  if (isAdvance(outcome)) return goOn(waiting, outcome)
  return outcome.kind === 'over' ? toPage(waiting, 'sign_in') : show(waiting, person, methods, method, outcome)
}

/** Sends a code, and leads back to the page, so that a reload sends none. */
async function sendCode(waiting: Waiting, person: HalfWay, methods: readonly ShownMethod[]): Promise<RealmReply> {
  const { context, realmRequest, place } = waiting
  const id = AuthenticatorId.safeParse(realmRequest.form.get('authenticator')).data
  if (!methods.includes('sms') || id === undefined) return show(waiting, person, methods, 'sms')
  try {
    await sendSmsCode(context, person.user, id, place, person.proven)
  } catch (error) {
    if (!(error instanceof Failure && error.detail.told)) throw error
    const { retryAfter = 0 } = error.detail
    const kind = error.code === 'too_many_requests' ? 'too_many_codes' : 'not_sent'
    return show(waiting, person, methods, 'sms', kind === 'not_sent' ? { kind } : { kind, retryAfter })
  }
  return toPage(waiting, 'second_factor', { method: 'sms' })
}

async function answerPasskey(waiting: Waiting, person: HalfWay, methods: readonly ShownMethod[]): Promise<RealmReply> {
  const { context, place } = waiting
  const outcome = await signInWithPasskey(context, passkeyAnswer(waiting, 'second_factor'), place, person)
  if (isAdvance(outcome)) return goOn(waiting, outcome)
  return outcome.kind === 'over' ? toPage(waiting, 'sign_in') : show(waiting, person, methods, 'passkey', outcome)
}

async function answerAgain(waiting: Waiting): Promise<RealmReply> {
  const { context, realmRequest, transaction, place } = waiting
  const { form, realm } = realmRequest
  const user = await context.read.users.find(realm.directoryId, transaction.proven?.userId ?? '')
  const method = CODE_METHODS.find((one) => one === form.get('method'))
  if (!user || !method) return toPage(waiting, 'sign_in')
  const code = form.get('code')?.trim() ?? ''
  const outcome = await proveSecondFactor(
    context,
    user,
    { method, code, known: readCookie(realmRequest, 'known') },
    place,
  )
  return outcome.kind === 'signed_in' ? goOn(waiting, outcome) : toPage(waiting, 'sign_in')
}

/** The telephones of the person, and whether a code for one of them is under way. */
async function phonesOf({ context }: Waiting, { user, proven }: HalfWay): Promise<PhoneChoice> {
  const all = await context.read.authenticators.allOf(user.id)
  const phones = all.filter(({ kind }) => kind === 'sms').map(({ id, name }) => ({ id, name }))
  const { sms } = proven
  const sent = sms && sms.until > context.clock.now() ? phones.find(({ id }) => id === sms.authenticatorId) : undefined
  return { phones, sent: sent?.name }
}

async function show(
  waiting: Waiting,
  person: HalfWay,
  methods: readonly ShownMethod[],
  wanted: string | undefined,
  problem?: SecondFactorProblem,
): Promise<RealmReply> {
  const { context, realmRequest } = waiting
  const { user } = person
  const method = methods.find((one) => one === wanted) ?? methods[0] ?? 'totp'
  const of = method === 'passkey' ? passkeysAt(partyOf(context), await context.read.authenticators.allOf(user.id)) : []
  const passkey = of.length > 0 ? passkeyCeremony(waiting, 'second_factor', { userId: user.id, of }) : undefined
  const html = secondFactor({
    frame: frameOf(realmRequest),
    ...formOf(waiting, SIGN_IN_PATHS.second_factor),
    method,
    others: methods.filter((one) => one !== method),
    passkey,
    sms: method === 'sms' ? await phonesOf(waiting, person) : undefined,
    rememberFor: rememberedDays(context),
    problem,
  })
  const retryAfter = problem && 'retryAfter' in problem ? problem.retryAfter : undefined
  const status = problem ? (retryAfter === undefined ? 400 : 429) : 200
  return pageReply(status, html, { leadsAway: true, retryAfter, script: passkey !== undefined })
}
