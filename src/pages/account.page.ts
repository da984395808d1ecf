// The page where people see who they are here, and change their name.
import { VERIFICATION_PATH } from '#domain/account/account-link.ts'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { changeOwnName } from '#domain/account/own-account.service.ts'
import { ownLinkedAccounts } from '#domain/account/own-linked-accounts.service.ts'
import { partyOf } from '#domain/authenticator/passkey.service.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import { label } from '#kernel/field.ts'
import { SIGN_OUT_PATH } from '#web/page-paths.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply } from './page-reply.ts'
import { account } from './views/account.ts'

const PASSKEYS = { path: ACCOUNT_PATHS.passkeys, label: 'Passkeys', hint: 'Sign in without a password.' }
const PASSWORD = { path: ACCOUNT_PATHS.password, label: 'Password', hint: 'Change it, or set one.' }
const SECOND_STEP = {
  path: ACCOUNT_PATHS.second_factors,
  label: 'Second step',
  hint: 'What is asked for in a second step, and recovery codes.',
}
const LINKED = {
  path: ACCOUNT_PATHS.linked_accounts,
  label: 'Linked accounts',
  hint: 'Sign in with accounts at other services.',
}
const SESSIONS = { path: ACCOUNT_PATHS.sessions, label: 'Sessions', hint: 'Where you are signed in.' }
const APPS = { path: ACCOUNT_PATHS.apps, label: 'Apps', hint: 'What you allowed to which app.' }
const APPROVALS = {
  path: ACCOUNT_PATHS.approvals,
  label: 'Approvals',
  hint: 'What apps ask you to approve while you are elsewhere.',
}
const UNVERIFIED = { path: VERIFICATION_PATH, label: 'Confirm your address', hint: 'A mail with a link is sent to it.' }
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
  const problem = refused === undefined ? undefined : 'Enter a name of at most 200 characters on one line.'
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
  const { user } = signedIn
  const { linked, others } = await ownLinkedAccounts(context, signedIn.user)
  return [
    ...(sendsMail(context) && !user.emailVerified ? [UNVERIFIED] : []),
    PASSWORD,
    ...(realmRequest.realm.policy.totpEnabled || user.secondFactors > 0 ? [SECOND_STEP] : []),
    ...(partyOf(context) ? [PASSKEYS] : []),
    ...(linked.length + others.length > 0 ? [LINKED] : []),
    SESSIONS,
    APPS,
    APPROVALS,
  ]
}
