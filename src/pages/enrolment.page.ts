// The pages that set up an authenticator app in the middle of a sign-in, and show the recovery codes.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { isForClient } from '#domain/authorization/transaction.ts'
import type { Services } from '#domain/open-context.ts'
import { rememberedDays } from '#domain/remembered-device/remembered-device.service.ts'
import { beginEnrolment, confirmEnrolment, finishEnrolment } from '#domain/sign-in/enrolment.service.ts'
import type { PageRequest } from '#domain/sign-in/page-request.ts'
import type { User } from '#domain/user/user.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import { contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { failureReply, frameOf, pageReply } from './page-reply.ts'
import { enrolment, recoveryCodes } from './views/enrolment.ts'
import { formOf, goOn, type HalfWay, halfWay, switchAccount, toPage, type Waiting, waitingFor } from './waiting.ts'

/** The page with the key of the app. It leads back to the sign-in page without a first factor that still counts. */
export const enrolmentPage: Endpoint = {
  name: 'authenticator_enrolment',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_PATHS.enrolment],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const waiting = await waitingFor(services, realmRequest)
    const person = await halfWay(waiting, 'enrolment')
    if ('status' in person) return person
    if (realmRequest.method !== 'POST') return showKey(waiting, person)
    if (realmRequest.form.get('decision') === 'switch_account') return switchAccount(waiting)
    const code = realmRequest.form.get('code') ?? ''
    if (code.trim() === '') return showKey(waiting, person, 'incomplete')
    const isRight = await confirmEnrolment(waiting.context, person.user, code, waiting.place)
    return isRight ? toPage(waiting, 'recovery_codes') : showKey(waiting, person, 'incorrect')
  },
}

/** The page with the recovery codes. The app and the codes count once the person has said that the codes are kept. */
export const recoveryCodesPage: Endpoint = {
  name: 'recovery_codes',
  methods: ['GET', 'POST'],
  paths: [SIGN_IN_PATHS.recovery_codes],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const waiting = await waitingFor(services, realmRequest)
    const { context, transaction, place } = waiting
    if (realmRequest.method === 'POST' && transaction.proven?.answer !== undefined) {
      const { directoryId } = realmRequest.realm
      const user = await context.read.users.find(directoryId, transaction.proven.userId)
      return user ? finish(services, waiting, user) : toPage(waiting, 'sign_in')
    }
    const person = await halfWay(waiting, 'enrolment')
    if ('status' in person) return person
    if (realmRequest.method === 'POST') return finish(services, waiting, person.user)
    const { confirmed } = await beginEnrolment(context, person.user, place, person.proven)
    if (!confirmed) return toPage(waiting, 'enrolment')
    const html = recoveryCodes({
      frame: frameOf(realmRequest),
      ...formOf(waiting, SIGN_IN_PATHS.recovery_codes),
      codes: confirmed.codes,
      rememberFor: rememberedDays(context),
    })
    return pageReply(200, html, { leadsAway: true })
  },
}

async function finish(services: Services, waiting: Waiting, user: User): Promise<RealmReply> {
  const person = contextOfPerson(services, waiting.realmRequest, user)
  return goOn(waiting, await finishEnrolment(person, user, waiting.place))
}

async function showKey(
  waiting: Waiting,
  { user, proven }: HalfWay,
  problem?: 'incomplete' | 'incorrect',
): Promise<RealmReply> {
  const { context, realmRequest, place } = waiting
  const { key, uri } = await beginEnrolment(context, user, place, proven)
  const html = enrolment({
    frame: frameOf(realmRequest),
    ...formOf(waiting, SIGN_IN_PATHS.enrolment),
    ...{ key, uri, account: user.email, problem },
    back: isForAccount(waiting) ? realmRequest.base + ACCOUNT_PATHS.overview : undefined,
  })
  return pageReply(problem ? 400 : 200, html, { leadsAway: true })
}

/** Whether a page of the account asks for more than the realm does, so that the person has a session for the others. */
function isForAccount({ transaction, realmRequest }: Waiting): boolean {
  if (isForClient(transaction)) return false
  const { page, aal } = transaction.request as PageRequest
  return aal > realmRequest.realm.minAal && page.path.startsWith(ACCOUNT_PATHS.overview)
}
