// The page where people see who they are here, and change their name.
import { VERIFICATION_PATH } from '#domain/account/account-link.ts'
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { changeOwnProfile } from '#domain/account/own-account.service.ts'
import { mayDeleteAccount } from '#domain/account/own-deletion.service.ts'
import { ownLinkedAccounts } from '#domain/account/own-linked-accounts.service.ts'
import { partyOf } from '#domain/authenticator/passkey.service.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import { isOwn } from '#domain/profile-attribute/profile-attribute.service.ts'
import { label } from '#kernel/field.ts'
import { SIGN_OUT_PATH } from '#web/page-paths.ts'
import type { Endpoint, RealmReply } from '#web/realm-request.ts'
import { type AccountVisit, done, frameOfVisit, replyToVisit, visitAccount } from './account-visit.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import {
  firstProblem,
  labelOf,
  type Problems,
  problemsOf,
  profileFields,
  shownOnAccount,
  typedProfile,
  valueShown,
} from './profile-form.ts'
import { account } from './views/account.ts'
import type { Field } from './views/form.ts'
import { plainText } from './views/plain-text.ts'

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
    return changeProfile(visit)
  },
}

async function changeProfile(visit: AccountVisit): Promise<RealmReply> {
  const { context, realmRequest, signedIn } = visit
  const own = shownOnAccount(realmRequest).filter(isOwn)
  const { values, problems } = typedProfile(realmRequest, own)
  if (problems.size > 0) return show(visit, { problems })
  const typed = realmRequest.form.get('name')?.trim() ?? ''
  const name = typed === '' ? null : Name.safeParse(typed).data
  if (name === undefined) return show(visit, { name: typed })
  const isNamed = own.some((one) => one.name === 'name')
  try {
    await changeOwnProfile(context, signedIn, new Map([...(isNamed ? [] : [['name', name] as const]), ...values]))
  } catch (error) {
    return show(visit, { problems: problemsOf(error, realmRequest, own) })
  }
  return done(visit)
}

/** What is wrong with the form: the name, or attributes. */
interface Refused {
  readonly name?: string
  readonly problems?: Problems
}

async function show(visit: AccountVisit, refused: Refused = {}): Promise<RealmReply> {
  const { realmRequest } = visit
  const { user } = visit.signedIn
  const shown = shownOnAccount(realmRequest)
  const own = shown.filter(isOwn)
  const flaw =
    refused.name === undefined
      ? refused.problems && firstProblem(realmRequest, own, refused.problems)
      : { problem: wordsFor(realmRequest, 'account').wrongName, problemAt: 'name' }
  const isNamed = own.some(({ name }) => name === 'name')
  const html = account({
    ...frameOfVisit(visit, flaw?.problem),
    account: user,
    fields: [
      ...(isNamed ? [] : [ownNameField(visit, refused.name)]),
      ...profileFields(realmRequest, own, { user, problems: refused.problems }),
    ],
    problemAt: flaw?.problemAt,
    facts: [
      ...shown.flatMap((one) => {
        const value = isOwn(one) ? undefined : valueShown(realmRequest, one, user)
        return value === undefined ? [] : [{ label: labelOf(realmRequest, one), value }]
      }),
      ...(await acceptedTerms(visit)),
    ],
    submit: own.length === 0 ? wordsFor(realmRequest, 'account').saveName : wordsFor(realmRequest, 'profile').save,
    parts: await partsFor(visit),
    signOut: SIGN_OUT_PATH,
  })
  return replyToVisit(visit, html, { status: flaw ? 400 : 200 })
}

/** The terms that the person accepted last. */
async function acceptedTerms({ context, realmRequest, signedIn }: AccountVisit) {
  const { id } = signedIn.user
  const { data } = await context.read.termsAcceptances.list(realmRequest.realm.id, id, { limit: 100 })
  const last = data.at(-1)
  if (!last) return []
  const value = `${plainText(last.version, 50)} · ${realmRequest.language.moment(last.acceptedAt)}`
  return [{ label: wordsFor(realmRequest, 'terms').accepted, value }]
}

function ownNameField({ realmRequest, signedIn }: AccountVisit, typed: string | undefined): Field {
  return {
    name: 'name',
    label: wordsFor(realmRequest, 'account').name,
    type: 'text',
    inputMode: 'text',
    autocomplete: 'name',
    value: typed ?? realmRequest.form.get('name') ?? signedIn.user.name ?? undefined,
    optional: true,
  }
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
    activity,
    apps,
    approvals,
    connections,
    data,
    deletion,
  } = ACCOUNT_PATHS
  const { totpEnabled, smsEnabled } = realmRequest.realm.policy
  const hasSecondStep = totpEnabled || smsEnabled || user.secondFactors > 0
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
    {
      path: activity,
      label: wordsFor(realmRequest, 'activity').title,
      hint: wordsFor(realmRequest, 'activity').hint,
    },
    { path: apps, label: words.apps, hint: words.appsHint },
    { path: approvals, label: words.approvals, hint: words.approvalsHint },
    { path: connections, label: words.connections, hint: words.connectionsHint },
    {
      path: data,
      label: wordsFor(realmRequest, 'accountData').title,
      hint: wordsFor(realmRequest, 'accountData').hint,
    },
    ...(mayDeleteAccount(context) ? [{ path: deletion, label: words.deletion, hint: words.deletionHint }] : []),
  ]
}
