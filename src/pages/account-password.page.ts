// The page where people change their password, or set their first one.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { changeOwnPassword } from '#domain/account/own-account.service.ts'
import { canRemovePassword, removeOwnPassword } from '#domain/account/own-password.service.ts'
import { isInDirectory } from '#domain/external-sign-in/external-provider.ts'
import { Failure } from '#kernel/error.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { newPasswordFields } from './account-form.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { flawIn } from './password-flaw.ts'
import { accountPassword } from './views/account-password.ts'
import { knownBrowserCookie } from './waiting.ts'

/**
 * The page of the password. It needs a recent sign-in instead of the present password, so that a second factor is asked
 * for too, and guesses have the limits of the sign-in.
 */
export const accountPasswordPage: Endpoint = {
  name: 'account_password',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.password],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.password, { recent: true })
    if ('status' in visit) return visit
    if (realmRequest.method !== 'POST') return show(visit)
    const { context, signedIn } = visit
    const isRemoval = realmRequest.form.get('decision') === 'remove'
    try {
      const user = isRemoval
        ? await removeOwnPassword(context, signedIn)
        : await changeOwnPassword(context, signedIn, realmRequest.form.get('password') ?? '')
      return done(visit, [knownBrowserCookie(context, realmRequest, user, signedIn.session.aal)])
    } catch (error) {
      const isLast = error instanceof Failure && error.detail.told === 'onlyWay'
      return show(visit, isLast ? wordsFor(realmRequest, 'account').onlyWay : flawIn(error, realmRequest.language))
    }
  },
}

async function show(visit: AccountVisit, problem?: string): Promise<RealmReply> {
  const { email, passwordSetAt } = visit.signedIn.user
  const html = accountPassword({
    ...frameOfVisit(visit, problem),
    isFirstOne: passwordSetAt === null,
    isInDirectory: await isInDirectory(visit.context, visit.signedIn.user.id),
    canRemove: await canRemovePassword(visit.context, visit.signedIn),
    fields: newPasswordFields(visit.realmRequest, email),
  })
  return replyToVisit(visit, html, { status: problem ? 400 : 200 })
}
