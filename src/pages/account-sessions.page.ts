// The page where people see where they are signed in, and end sessions.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { endOtherSessions, endOwnSession, ownSessions } from '#domain/account/own-account.service.ts'
import { forgetDevice, ownDevices } from '#domain/remembered-device/remembered-device.service.ts'
import { NO_SIGN_OUT_REQUEST, signOut } from '#domain/sign-in/sign-out.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { signedOutReply } from '#web/sign-out-reply.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply } from './page-reply.ts'
import { accountSessions } from './views/account-sessions.ts'

/** How many sessions a page shows. */
const SHOWN = 25
const SessionId = idOf('session')
const DeviceId = idOf('remembered_device')

/** The page of the sessions. */
export const accountSessionsPage: Endpoint = {
  name: 'account_sessions',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.sessions],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.sessions)
    if ('status' in visit) return visit
    return realmRequest.method === 'POST' ? answerForm(visit) : show(visit)
  },
}

async function answerForm(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const decision = realmRequest.form.get('decision')
  if (decision === 'end_others') {
    await endOtherSessions(context, signedIn)
    return done(visit)
  }
  if (decision === 'forget') {
    const id = DeviceId.safeParse(realmRequest.form.get('device')).data
    if (id === undefined) throw new Failure('not_found')
    await forgetDevice(context, { id: signedIn.user.id, rememberedDeviceId: id })
    return done(visit)
  }
  if (decision !== 'end') throw new Failure('invalid_request', 'The form does not say what was decided.')
  const id = SessionId.safeParse(realmRequest.form.get('session')).data
  if (id === undefined) throw new Failure('not_found')
  if (id === signedIn.session.id) {
    return signedOutReply(realmRequest, NO_SIGN_OUT_REQUEST, await signOut(context, signedIn))
  }
  await endOwnSession(context, signedIn, id)
  return done(visit)
}

async function show(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const { data, nextCursor } = await ownSessions(context, signedIn.user, realmRequest.query.get('cursor'), SHOWN)
  const html = accountSessions({
    ...frameOfVisit(visit),
    sessions: data.map((session) => ({ ...session, isThis: session.id === signedIn.session.id })),
    devices: await ownDevices(context, signedIn.user),
    cursor: nextCursor,
  })
  return replyToVisit(visit, html)
}
