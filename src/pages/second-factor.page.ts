// The page that asks for a second factor in the middle of a sign-in.
import { secondMethodsOf } from '#domain/sign-in/next-step.ts'
import { setUpOf } from '#domain/sign-in/proceed.ts'
import { CODE_METHODS, type CodeMethod, proveSecondFactor } from '#domain/sign-in/second-factor.service.ts'
import { readCookie } from '#web/cookies.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { type SecondFactorProblem, secondFactor } from './views/second-factor.ts'
import {
  formOf,
  goOn,
  type HalfWay,
  halfWay,
  SIGN_IN_PATHS,
  switchAccount,
  toPage,
  type Waiting,
  waitingFor,
} from './waiting.ts'

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
    if (realmRequest.method !== 'POST') return show(waiting, methods, realmRequest.query.get('method'))
    if (realmRequest.form.get('decision') === 'switch_account') return switchAccount(waiting)
    return answerForm(waiting, person, methods)
  },
}

async function methodsOf({ context, realmRequest }: Waiting, { user }: HalfWay): Promise<CodeMethod[]> {
  const methods = secondMethodsOf(realmRequest.realm, await setUpOf(context.read, user))
  return CODE_METHODS.filter((method) => methods.includes(method))
}

async function answerForm(waiting: Waiting, person: HalfWay, methods: readonly CodeMethod[]): Promise<RealmReply> {
  const { context, realmRequest, place } = waiting
  const { form } = realmRequest
  const named = form.get('method')
  const code = form.get('code')?.trim() ?? ''
  const method = methods.find((one) => one === named)
  if (!method || code === '') return show(waiting, methods, named, { kind: 'incomplete' })
  const known = readCookie(realmRequest, 'known')
  const outcome = await proveSecondFactor(context, person.user, { method, code, known }, place, person.proven)
  if (outcome.kind === 'signed_in' || outcome.kind === 'more') return goOn(waiting, outcome)
  return outcome.kind === 'over' ? toPage(waiting, 'sign_in') : show(waiting, methods, method, outcome)
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

function show(
  waiting: Waiting,
  methods: readonly CodeMethod[],
  wanted: string | undefined,
  problem?: SecondFactorProblem,
): RealmReply {
  const { realmRequest } = waiting
  const method = methods.find((one) => one === wanted) ?? methods[0] ?? 'totp'
  const html = secondFactor({
    frame: frameOf(realmRequest),
    ...formOf(waiting, SIGN_IN_PATHS.second_factor),
    method,
    others: methods.filter((one) => one !== method),
    problem,
  })
  const retryAfter = problem?.kind === 'too_many_attempts' ? problem.retryAfter : undefined
  const status = problem ? (retryAfter === undefined ? 400 : 429) : 200
  return pageReply(status, html, { leadsAway: true, retryAfter })
}
