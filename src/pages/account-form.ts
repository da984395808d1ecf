// What the pages about a person's own account share: how a form is shown and checked, and the way back to a sign-in.

import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { waitingIn } from '#domain/account/waiting-request.ts'
import type { Context } from '#domain/context.ts'
import { ASKED_MAIL_BUDGETS } from '#domain/mail/mail.ts'
import { type MailRedirect, mailRedirect } from '#domain/mail-settings/mail-redirect.ts'
import { noteSignOfAttack } from '#domain/proof-of-work/proof-of-work.service.ts'
import type { ProofForm } from '#domain/proof-of-work/proof-of-work.ts'
import { emailAddress } from '#kernel/field.ts'
import { type Browser, browserOf, readCookie } from '#web/cookies.ts'
import { checkCsrf, csrfToken } from '#web/csrf.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import type { RealmReply, RealmRequest } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import { frameOf, pageReply, wordsFor } from './page-reply.ts'
import { proofFor, type RefusedProof, refusedProof } from './proof-form.ts'
import type { Field } from './views/form.ts'
import { type FormPageProps, formPage } from './views/form-page.ts'
import { type Content, html } from './views/markup.ts'
import { type MessageProps, message } from './views/message.ts'
import { plainText } from './views/plain-text.ts'
import { explainProof } from './views/proof.ts'
import { tooManyAttempts } from './views/sign-in.ts'

/** How many mails pages for people without a session send. */
export function mailsAnHour(realmRequest: RealmRequest): string {
  return wordsFor(realmRequest, 'form').mailsAnHour(ASKED_MAIL_BUDGETS.address.limit)
}

/** What a person is told whose mail does not come. */
export function nothingArrived(realmRequest: RealmRequest): string {
  return `${wordsFor(realmRequest, 'form').nothingArrived} ${mailsAnHour(realmRequest)}`
}

/** What others wrote, as it stands in a sentence. */
export function quoted(text: string): Content {
  return html`<bdi>${plainText(text, 254)}</bdi>`
}

/** One form: its path below the realm’s base, and what its CSRF token is bound to. */
export interface AccountForm extends Omit<FormPageProps, 'frame' | 'action'> {
  readonly path: string
  /** What the form is for: the token of a link, or nothing more than the path. */
  readonly about?: string | undefined
  /** Whether the form leads to a client in the end. */
  readonly leadsAway?: boolean
  /** The browser, where its secret was needed before. */
  readonly browser?: Browser
}

/** A page with a form, shown for the first time or, with a problem, again. */
export function showForm(
  context: Context,
  realmRequest: RealmRequest,
  { path, about, leadsAway = false, browser = browserOf(context, realmRequest), ...form }: AccountForm,
): RealmReply {
  const text = formPage({
    ...form,
    frame: frameOf(realmRequest),
    action: realmRequest.base + path,
    hidden: { ...form.hidden, csrf: csrfToken(context, browser.secret, [path, about ?? '']) },
  })
  const status = form.problem === undefined ? 200 : 400
  const script = form.proof !== undefined
  return pageReply(status, text, { leadsAway, script, setCookie: browser.setCookie })
}

/** What an address form that asks for a mail is: its path, and the proof of work that it may ask for. */
interface MailForm {
  readonly path: string
  readonly proof: ProofForm
}

/**
 * What {@link showForm} needs to have the form ask for a proof of work, where forms do.
 * @param refused why the form is shown again
 */
export async function proofOfForm(
  context: Context,
  realmRequest: RealmRequest,
  { path, proof }: MailForm,
  refused?: RefusedProof,
) {
  const browser = browserOf(context, realmRequest)
  const transaction = (realmRequest.method === 'POST' ? realmRequest.form : realmRequest.query).get('transaction')
  const renew = withQuery(realmRequest.base + path, transaction === undefined ? {} : { transaction })
  return {
    browser,
    proof: await proofFor(context, { form: proof, browserSecret: browser.secret, renew }, refused?.challenge),
  }
}

/** Takes the proof of work of a form that asks for a mail, and counts the form. @returns undefined if the form goes on */
export async function refusedMailForm(
  context: Context,
  realmRequest: RealmRequest,
  proof: ProofForm,
): Promise<RefusedProof | undefined> {
  const refused = await refusedProof(context, realmRequest, proof)
  if (!refused) await noteSignOfAttack(context)
  return refused
}

/** A refused proof as a sentence. */
export function proofProblem(realmRequest: RealmRequest, { problem }: RefusedProof): string {
  const page = { frame: frameOf(realmRequest) }
  return problem.kind === 'too_many_attempts' ? tooManyAttempts(page, problem.retryAfter) : explainProof(page, problem)
}

/** Refuses a form that was not posted from the page of {@link showForm} in this browser. @throws Failure `forbidden` */
export function checkForm(context: Context, realmRequest: RealmRequest, path: string, about = ''): void {
  checkCsrf(context, realmRequest, [path, about])
}

/** A page that only says something. */
export function tell(realmRequest: RealmRequest, status: number, told: Omit<MessageProps, 'frame'>): RealmReply {
  return pageReply(status, message({ frame: frameOf(realmRequest), ...told }))
}

/** What is said once a mail was asked for: whither it goes, and the form again for who entered another address. */
export function tellOfMail(
  realmRequest: RealmRequest,
  { sent, email, path }: { readonly sent: string; readonly email: string; readonly path: string },
): RealmReply {
  const words = wordsFor(realmRequest, 'mailed')
  const transaction = realmRequest.form.get('transaction')
  const query: Readonly<Record<string, string>> = transaction === undefined ? {} : { transaction }
  return tell(realmRequest, 200, {
    title: words.mailboxTitle,
    paragraphs: [html`<strong>${quoted(email)}</strong>`, sent, nothingArrived(realmRequest)],
    other: { href: withQuery(realmRequest.base + path, query), label: words.newLink },
  })
}

/** What is wrong with an address that {@link readAddress} does not take. */
export function addressProblem(realmRequest: RealmRequest): string {
  if ((realmRequest.form.get('email') ?? '').trim() === '') return wordsFor(realmRequest, 'form').addressNeeded
  return wordsFor(realmRequest, 'getStarted').wrongEmail
}

/** The field of an e-mail address. */
export function addressField(realmRequest: RealmRequest, value: string | undefined): Field {
  const label = wordsFor(realmRequest, 'form').email
  return { name: 'email', label, type: 'text', autocomplete: 'username', value, autofocus: true }
}

/** The field of a person’s name, which may stay empty. */
export function nameField(realmRequest: RealmRequest, value: string | undefined): Field {
  return {
    name: 'name',
    label: wordsFor(realmRequest, 'form').nameOptional,
    type: 'text',
    autocomplete: 'name',
    inputMode: 'text',
    value,
    optional: true,
  }
}

/** The fields of a new password. @param email of the account, for password managers */
export function newPasswordFields(
  realmRequest: RealmRequest,
  email: string,
  { isOptional = false }: { readonly isOptional?: boolean } = {},
): readonly Field[] {
  const words = wordsFor(realmRequest, 'form')
  const length = realmRequest.realm.policy.passwordMinLength
  return [
    { name: 'email', label: words.email, type: 'text', autocomplete: 'username', value: email, readonly: true },
    {
      name: 'password',
      label: isOptional ? words.newPasswordOptional : words.newPassword,
      type: 'password',
      autocomplete: 'new-password',
      hint: words.passwordRule(length),
      minLength: length,
      optional: isOptional,
      autofocus: true,
    },
  ]
}

/** The e-mail address in a form; undefined if it is none. */
export function readAddress({ form }: RealmRequest): string | undefined {
  const { success, data } = emailAddress.safeParse(form.get('email')?.trim())
  return success ? data : undefined
}

/** The way on for a person who is sent nowhere else: the account, which asks who it is. */
export function toAccount(realmRequest: RealmRequest): { readonly href: string; readonly label: string } {
  return { href: realmRequest.base + ACCOUNT_PATHS.overview, label: wordsFor(realmRequest, 'account').back }
}

/** The way on to where the realm sends people after a mailed link; undefined for nowhere. */
export async function toMailRedirect(context: Context, realmRequest: RealmRequest, which: MailRedirect) {
  const href = await mailRedirect(context, which)
  return href === undefined ? undefined : { href, label: wordsFor(realmRequest, 'error').goOn }
}

/** The way on to the sign-in for a request that waits in this browser; undefined if none does. */
export async function backToSignIn(context: Context, realmRequest: RealmRequest, transaction: string | null) {
  const browserSecret = readCookie(realmRequest, 'browser')
  const waiting = await waitingIn(context, { transaction: transaction ?? undefined, browserSecret })
  if (waiting === null) return undefined
  return {
    href: withQuery(realmRequest.base + SIGN_IN_PATHS.sign_in, { transaction: waiting }),
    label: wordsFor(realmRequest, 'form').signIn,
  }
}
