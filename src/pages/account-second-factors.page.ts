// The page where people set up and remove authenticator apps, and renew their recovery codes.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { removeOwnApp, renewRecoveryCodes } from '#domain/account/own-account.service.ts'
import { viewAuthenticator } from '#domain/authenticator/authenticator.ts'
import { Failure } from '#kernel/error.ts'
import { idOf } from '#kernel/field.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply } from './page-reply.ts'
import { accountSecondFactors, renewedCodes } from './views/account-second-factors.ts'
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
      if (error instanceof Failure && error.code === 'conflict') return show(visit, error.message)
      throw error
    }
  },
}

async function answerForm(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, path, signedIn } = visit
  const decision = realmRequest.form.get('decision')
  // The recent sign-in is asked for a second factor, and sets one up.
  if (decision === 'set_up') return signInForPage(context, realmRequest, { path }, { aal: 2 })
  if (decision === 'renew_codes') {
    const codes = await renewRecoveryCodes(context, signedIn)
    return replyToVisit(visit, renewedCodes({ ...frameOfVisit(visit), codes }))
  }
  if (decision !== 'remove') throw new Failure('invalid_request', 'The form does not say what was decided.')
  const id = AuthenticatorId.safeParse(realmRequest.form.get('authenticator')).data
  if (id === undefined) throw new Failure('not_found')
  await removeOwnApp(context, signedIn, id)
  return done(visit)
}

async function show(visit: AccountVisit, problem?: string): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const all = (await context.read.authenticators.allOf(signedIn.user.id)).map(viewAuthenticator)
  const html = accountSecondFactors({
    ...frameOfVisit(visit, problem),
    apps: all.filter(({ kind }) => kind === 'totp'),
    codesLeft: all.find(({ kind }) => kind === 'recovery_code')?.codesLeft ?? null,
    canSetUp: realmRequest.realm.policy.totpEnabled && signedIn.user.secondFactors === 0,
    canRenew: signedIn.user.secondFactors > 0,
  })
  return replyToVisit(visit, html, problem ? 409 : 200)
}
