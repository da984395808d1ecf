// The page that asks for a second factor in the middle of a sign-in.
import { partyOf, passkeysAt } from '#domain/authenticator/passkey.service.ts'
import { rememberedDays } from '#domain/remembered-device/remembered-device.service.ts'
import { secondMethodsOf } from '#domain/sign-in/next-step.ts'
import { signInWithPasskey } from '#domain/sign-in/passkey-sign-in.service.ts'
import { isAdvance } from '#domain/sign-in/proceed.ts'
import { CODE_METHODS, proveSecondFactor } from '#domain/sign-in/second-factor.service.ts'
import { askedOf, setUpOf } from '#domain/sign-in/set-up.ts'
import { readCookie } from '#web/cookies.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { passkeyAnswer, passkeyCeremony } from './passkey-form.ts'
import { type SecondFactorProblem, secondFactor } from './views/second-factor.ts'
import { formOf, goOn, type HalfWay, halfWay, switchAccount, toPage, type Waiting, waitingFor } from './waiting.ts'

/** What the page offers, in this order. */
const SHOWN_METHODS = ['passkey', ...CODE_METHODS] as const
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
  const code = form.get('code')?.trim() ?? ''
  const method = CODE_METHODS.find((one) => one === named && methods.includes(one))
  if (!method || code === '') return show(waiting, person, methods, named, { kind: 'incomplete' })
  const known = readCookie(realmRequest, 'known')
  const outcome = await proveSecondFactor(context, person.user, { method, code, known }, place, person.proven)
  if (isAdvance(outcome)) return goOn(waiting, outcome)
  return outcome.kind === 'over' ? toPage(waiting, 'sign_in') : show(waiting, person, methods, method, outcome)
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

async function show(
  waiting: Waiting,
  { user }: HalfWay,
  methods: readonly ShownMethod[],
  wanted: string | undefined,
  problem?: SecondFactorProblem,
): Promise<RealmReply> {
  const { context, realmRequest } = waiting
  const method = methods.find((one) => one === wanted) ?? methods[0] ?? 'totp'
  const of = method === 'passkey' ? passkeysAt(partyOf(context), await context.read.authenticators.allOf(user.id)) : []
  const passkey = of.length > 0 ? passkeyCeremony(waiting, 'second_factor', { userId: user.id, of }) : undefined
  const html = secondFactor({
    frame: frameOf(realmRequest),
    ...formOf(waiting, SIGN_IN_PATHS.second_factor),
    method,
    others: methods.filter((one) => one !== method),
    passkey,
    rememberFor: rememberedDays(context),
    problem,
  })
  const retryAfter = problem?.kind === 'too_many_attempts' ? problem.retryAfter : undefined
  const status = problem ? (retryAfter === undefined ? 400 : 429) : 200
  return pageReply(status, html, { leadsAway: true, retryAfter, script: passkey !== undefined })
}
