// The page where people see who they are here, and change their name.
import { VERIFICATION_PATH } from '#domain/account/account-link.ts'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { changeOwnName } from '#domain/account/own-account.service.ts'
import { mayDeleteAccount } from '#domain/account/own-deletion.service.ts'
import { ownLinkedAccounts } from '#domain/account/own-linked-accounts.service.ts'
import { partyOf } from '#domain/authenticator/passkey.service.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import { label } from '#kernel/field.ts'
import { SIGN_OUT_PATH } from '#web/page-paths.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { account } from './views/account.ts'

const Name = label(200)

/** The first page of the account. */
export const accountPage: Endpoint = {
  name: 'account',
  methods: ['GET', 'POST'],
  paths: [ACCOUNT_PATHS.overview],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const visit = await visitAccount(services, realmRequest, ACCOUNT_PATHS.overview)
    if ('status' in visit) return visit
    if (realmRequest.method !== 'POST') return show(visit)
    const typed = realmRequest.form.get('name')?.trim() ?? ''
    const name = typed === '' ? null : Name.safeParse(typed).data
    if (name === undefined) return show(visit, typed)
    await changeOwnName(visit.context, visit.signedIn, name)
    return done(visit)
  },
}

async function show(visit: AccountVisit, refused?: string): Promise<RealmReply> {
  const { user } = visit.signedIn
  const problem = refused === undefined ? undefined : wordsFor(visit.realmRequest, 'account').wrongName
  const html = account({
    ...frameOfVisit(visit, problem),
    account: user,
    typed: refused,
    parts: await partsFor(visit),
    signOut: SIGN_OUT_PATH,
  })
  return replyToVisit(visit, html, { status: problem ? 400 : 200 })
}

/** The other pages, as far as there is something for the person to do. */
async function partsFor({ context, realmRequest, signedIn }: AccountVisit) {
  const words = wordsFor(realmRequest, 'account')
  const { user } = signedIn
  const { linked, others } = await ownLinkedAccounts(context, signedIn.user)
  const {
    passkeys,
    password,
    second_factors: secondFactors,
    linked_accounts: linkedAccounts,
    sessions,
    apps,
    approvals,
    deletion,
  } = ACCOUNT_PATHS
  const hasSecondStep = realmRequest.realm.policy.totpEnabled || user.secondFactors > 0
  return [
    ...(sendsMail(context) && !user.emailVerified
      ? [{ path: VERIFICATION_PATH, label: words.unverifiedLink, hint: words.unverifiedHint }]
      : []),
    { path: password, label: words.password, hint: words.passwordHint },
    ...(hasSecondStep ? [{ path: secondFactors, label: words.secondStep, hint: words.secondStepHint }] : []),
    ...(partyOf(context) ? [{ path: passkeys, label: words.passkeys, hint: words.passkeysHint }] : []),
    ...(linked.length + others.length > 0
      ? [{ path: linkedAccounts, label: words.linkedAccounts, hint: words.linkedAccountsHint }]
      : []),
    { path: sessions, label: words.sessions, hint: words.sessionsHint },
    { path: apps, label: words.apps, hint: words.appsHint },
    { path: approvals, label: words.approvals, hint: words.approvalsHint },
    ...(mayDeleteAccount(context) ? [{ path: deletion, label: words.deletion, hint: words.deletionHint }] : []),
  ]
}
