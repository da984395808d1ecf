// What the pages about a person's own account share: how a form is shown and checked, and the way back to a sign-in.
import { waitingIn } from '#domain/account/waiting-request.ts'
import type { Context } from '#domain/context.ts'
import { ASKED_MAIL_BUDGETS } from '#domain/mail/mail.ts'
import { Failure } from '#kernel/error.ts'
import { emailAddress } from '#kernel/field.ts'
import { browserOf, readCookie } from '#web/cookies.ts'
import { checkCsrf, csrfToken } from '#web/csrf.ts'
import { SIGN_IN_PATHS } from '#web/page-paths.ts'
import type { RealmReply, RealmRequest } from '#web/realm-request.ts'
import { withQuery } from '#web/reply.ts'
import { frameOf, pageReply } from './page-reply.ts'
import type { Field } from './views/form.ts'
import { type FormPageProps, formPage } from './views/form-page.ts'
import { type MessageProps, message } from './views/message.ts'

/** How many mails pages for people without a session send. */
export const MAILS_AN_HOUR = `An address gets at most ${ASKED_MAIL_BUDGETS.address.limit} mails in an hour.`

/** What a person is told whose mail does not come. */
export const NOTHING_ARRIVED = `Did nothing arrive? Look into the folder for spam, and check the address. ${MAILS_AN_HOUR}`

/** One form: its path below the realm’s base, and what its CSRF token is bound to. */
export interface AccountForm extends Omit<FormPageProps, 'frame' | 'action'> {
  readonly path: string
  /** What the form is for: the token of a link, or nothing more than the path. */
  readonly about?: string | undefined
  /** Whether the form leads to a client in the end. */
  readonly leadsAway?: boolean
}

/** A page with a form, shown for the first time or, with a problem, again. */
export function showForm(
  context: Context,
  realmRequest: RealmRequest,
  { path, about, leadsAway = false, ...form }: AccountForm,
): RealmReply {
  const browser = browserOf(context, realmRequest)
  const html = formPage({
    ...form,
    frame: frameOf(realmRequest),
    action: realmRequest.base + path,
    hidden: { ...form.hidden, csrf: csrfToken(context, browser.secret, [path, about ?? '']) },
  })
  return pageReply(form.problem === undefined ? 200 : 400, html, { leadsAway, setCookie: browser.setCookie })
}

/** Refuses a form that was not posted from the page of {@link showForm} in this browser. @throws Failure `forbidden` */
export function checkForm(context: Context, realmRequest: RealmRequest, path: string, about = ''): void {
  checkCsrf(context, realmRequest, [path, about])
}

/** A page that only says something. */
export function tell(realmRequest: RealmRequest, status: number, told: Omit<MessageProps, 'frame'>): RealmReply {
  return pageReply(status, message({ frame: frameOf(realmRequest), ...told }))
}

/** The field of an e-mail address. */
export function addressField(value: string | undefined): Field {
  return { name: 'email', label: 'E-mail', type: 'text', autocomplete: 'username', value, autofocus: true }
}

/** The field of a person’s name, which may stay empty. */
export function nameField(value: string | undefined): Field {
  return {
    name: 'name',
    label: 'Name (optional)',
    type: 'text',
    autocomplete: 'name',
    inputMode: 'text',
    value,
    optional: true,
  }
}

/** The fields of a new password. @param email of the account, for password managers */
export function newPasswordFields(email: string, length: number): readonly Field[] {
  const hint = `At least ${length} characters. A few unrelated words are strong and easy to remember.`
  return [
    { name: 'email', label: 'E-mail', type: 'text', autocomplete: 'username', value: email, readonly: true },
    {
      name: 'password',
      label: 'New password',
      type: 'password',
      autocomplete: 'new-password',
      hint,
      minLength: length,
      autofocus: true,
    },
  ]
}

/** The e-mail address in a form; undefined if it is none. */
export function readAddress({ form }: RealmRequest): string | undefined {
  const { success, data } = emailAddress.safeParse(form.get('email')?.trim())
  return success ? data : undefined
}

/** What is wrong with a password, as a sentence. @throws the error, if it is about anything else */
export function flawIn(error: unknown): string {
  if (!(error instanceof Failure) || error.code !== 'invalid_input') throw error
  const flaw = error.detail.flaws?.[0]?.message ?? error.message
  return `${flaw.charAt(0).toUpperCase()}${flaw.slice(1)}.`
}

/** The way on to the sign-in for a request that waits in this browser; undefined if none does. */
export async function backToSignIn(context: Context, realmRequest: RealmRequest, transaction: string | null) {
  const browserSecret = readCookie(realmRequest, 'browser')
  const waiting = await waitingIn(context, { transaction: transaction ?? undefined, browserSecret })
  if (waiting === null) return undefined
  return { href: withQuery(realmRequest.base + SIGN_IN_PATHS.sign_in, { transaction: waiting }), label: 'Sign in' }
}
