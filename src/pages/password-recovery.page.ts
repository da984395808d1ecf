// The pages for who forgot the password: one asks for the address, the other is where the mailed link leads.

import { RECOVERY_PATH, RESET_PATH } from '#domain/account/account-link.ts'
import {
  askForRecovery,
  findRecovery,
  justRecovered,
  type OpenRecovery,
  recoverPassword,
} from '#domain/account/password-recovery.service.ts'
import type { Context } from '#domain/context.ts'
import { sendsMail } from '#domain/mail/mail.ts'
import type { Services } from '#domain/open-context.ts'
import { Failure } from '#kernel/error.ts'
import { readCookie } from '#web/cookies.ts'
import { contextOf, contextOfPerson } from '#web/realm-context.ts'
import type { Endpoint, RealmReply, RealmRequest } from '#web/realm-request.ts'
import {
  addressField,
  addressProblem,
  backToSignIn,
  checkForm,
  newPasswordFields,
  proofOfForm,
  proofProblem,
  readAddress,
  refusedMailForm,
  showForm,
  tell,
  tellOfMail,
  toAccount,
  toMailRedirect,
} from './account-form.ts'
import { failureReply, wordsFor } from './page-reply.ts'
import { flawIn } from './password-flaw.ts'
import type { RefusedProof } from './proof-form.ts'

/** The page that mails a link. Its answer is the same for every address, and the work for it is done afterwards. */
export const forgotPasswordPage: Endpoint = {
  name: 'forgot_password',
  methods: ['GET', 'POST'],
  paths: [RECOVERY_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    if (!sendsMail(context)) throw new Failure('not_found')
    if (realmRequest.method === 'GET') return showAddressForm(context, realmRequest)
    checkForm(context, realmRequest, RECOVERY_PATH)
    const email = readAddress(realmRequest)
    if (email === undefined) return showAddressForm(context, realmRequest, addressProblem(realmRequest))
    const refused = await refusedMailForm(context, realmRequest, 'recovery')
    if (refused) return showAddressForm(context, realmRequest, proofProblem(realmRequest, refused), refused)
    const transaction = realmRequest.form.get('transaction')
    const browserSecret = readCookie(realmRequest, 'browser')
    return {
      ...tellOfMail(realmRequest, { sent: wordsFor(realmRequest, 'recovery').sent, email, path: RECOVERY_PATH }),
      after: () => askForRecovery(context, { email, transaction, browserSecret }),
    }
  },
}

async function showAddressForm(
  context: Context,
  realmRequest: RealmRequest,
  problem?: string,
  refused?: RefusedProof,
): Promise<RealmReply> {
  const { query, form } = realmRequest
  const words = wordsFor(realmRequest, 'recovery')
  return showForm(context, realmRequest, {
    path: RECOVERY_PATH,
    ...(await proofOfForm(context, realmRequest, { path: RECOVERY_PATH, proof: 'recovery' }, refused)),
    title: words.title,
    paragraphs: [words.lead],
    problem,
    hidden: { transaction: (problem === undefined ? query : form).get('transaction') },
    fields: [addressField(realmRequest, form.get('email'))],
    submit: wordsFor(realmRequest, 'mailed').sendMail,
  })
}

/** The page of the mailed link. GET changes nothing, because programs that protect mailboxes open every link. */
export const resetPasswordPage: Endpoint = {
  name: 'reset_password',
  methods: ['GET', 'POST'],
  paths: [RESET_PATH],
  refuse: failureReply,
  async respond(services, realmRequest) {
    const context = contextOf(services, realmRequest)
    const posted = realmRequest.method === 'POST'
    const token = (posted ? realmRequest.form : realmRequest.query).get('token')
    const open = await findRecovery(context, token)
    if (!posted)
      return open && token !== undefined
        ? showPasswordForm(context, realmRequest, token, open)
        : dead(context, realmRequest)
    checkForm(context, realmRequest, RESET_PATH, token)
    return setPassword(services, context, realmRequest, open)
  },
}

async function setPassword(
  services: Services,
  context: Context,
  realmRequest: RealmRequest,
  open: OpenRecovery | undefined,
): Promise<RealmReply> {
  const token = realmRequest.form.need('token')
  const password = realmRequest.form.get('password') ?? ''
  if (!open) {
    const repeated = await justRecovered(context, { token, password })
    return repeated ? changed(context, realmRequest, repeated) : dead(context, realmRequest)
  }
  try {
    await recoverPassword(contextOfPerson(services, realmRequest, open.user), { token, password })
  } catch (error) {
    if (error instanceof Failure && error.code === 'expired') return dead(context, realmRequest)
    return showPasswordForm(context, realmRequest, token, open, flawIn(error, realmRequest.language))
  }
  return changed(context, realmRequest, open)
}

function showPasswordForm(
  context: Context,
  realmRequest: RealmRequest,
  token: string,
  { user }: OpenRecovery,
  problem?: string,
): RealmReply {
  const words = wordsFor(realmRequest, 'recovery')
  return showForm(context, realmRequest, {
    path: RESET_PATH,
    about: token,
    title: words.setTitle,
    paragraphs: [words.setLead],
    problem,
    hidden: { token },
    fields: newPasswordFields(realmRequest, user.email),
    submit: words.set,
  })
}

async function changed(context: Context, realmRequest: RealmRequest, { waiting }: OpenRecovery): Promise<RealmReply> {
  const { changedTitle: title, changed: sentence } = wordsFor(realmRequest, 'recovery')
  const next =
    (await backToSignIn(context, realmRequest, waiting)) ??
    (await toMailRedirect(context, realmRequest, 'resetRedirectUrl')) ??
    toAccount(realmRequest)
  return tell(realmRequest, 200, { title, paragraphs: [sentence], next })
}

function dead(context: Context, realmRequest: RealmRequest): RealmReply {
  const { deadTitle: title, newLink } = wordsFor(realmRequest, 'mailed')
  const paragraphs = [wordsFor(realmRequest, 'recovery').dead]
  const next = { href: realmRequest.base + RECOVERY_PATH, label: newLink }
  return tell(realmRequest, 410, { title, paragraphs, next: sendsMail(context) ? next : undefined })
}
