// The sign-in page.
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
import { type Content, html } from './markup.ts'
import { problemNotice } from './notice.ts'
import { type PasskeyFormProps, passkeyForm } from './passkey.ts'
import { plainHost, plainText, plainValue } from './plain-text.ts'

/** Why the form is shown again. None of them tells whether the account exists. */
export type SignInProblem =
  /** The e-mail and password do not match an account that may sign in. */
  | { readonly kind: 'incorrect' }
  /** The e-mail or the password was not given. */
  | { readonly kind: 'incomplete' }
  /** Too many attempts; `retryAfter` is in seconds. */
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }
  /** The form was open for too long, or its CSRF token does not match. */
  | { readonly kind: 'stale' }
  /** The passkey is none of an account that may sign in. */
  | { readonly kind: 'passkey' }
  /** The passkey took too long. */
  | { readonly kind: 'passkey_stale' }
  /** A mail was asked for without an address. */
  | { readonly kind: 'no_address' }

/**
 * The sign-in form posts `transaction`, `csrf`, `email`, `password`, and `decision=mail` for a mail
 * instead of the password, and `decision=switch_account` for another account.
 */
export interface SignInProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  /** Names the authorization request that waits; absent if there is none. */
  readonly transaction?: string | undefined
  readonly csrf: string
  /** Who asked for the sign-in: its display name, and the host the person will return to. */
  readonly client?: { readonly name: string; readonly host?: string | undefined } | undefined
  /** Fills the e-mail field: what was typed before, or `login_hint`. */
  readonly email?: string | undefined
  /** The person is known and must prove it once more (`prompt=login`, `max_age`): the e-mail is shown and fixed. */
  readonly confirm?: boolean | undefined
  /** Offers to go on with another account; meant for `confirm`. */
  readonly canSwitchAccount?: boolean | undefined
  readonly problem?: SignInProblem | undefined
  /** Offers passkeys. */
  readonly passkey?: PasskeyFormProps | undefined
  /** Whether a mail can be asked for instead of the password. */
  readonly mail?: boolean
  /** The identity providers: each has a button that posts `provider`. */
  readonly providers?: readonly { readonly id: string; readonly name: string }[]
  /** Whether an address alone may be enough, because its domain has a provider. */
  readonly passwordOptional?: boolean
  /** The page for who forgot the password: a path on this server. */
  readonly recovery?: string | undefined
  /** The page for who has no account: a path on this server. */
  readonly registration?: string | undefined
}

const words = {
  title: 'Sign in',
  confirmTitle: 'Confirm it’s you',
  error: 'Error: ',
  continueTo: (client: Content): Content => ['to continue to ', client],
  confirmFor: (client: Content): Content => ['Enter your password once more to continue to ', client],
  confirmAlone: 'Enter your password once more to continue.',
  unnamed: 'an app without a name',
  returnTo: (host: Content): Content => ['You will return to ', host, '.'],
  email: 'E-mail',
  password: 'Password',
  submit: 'Sign in',
  confirm: 'Continue',
  switch: 'Not you? Use another account',
  incorrect: 'That e-mail and password do not match. Check both and try again.',
  confirmIncorrect: 'That password is not right. Try again.',
  incomplete: 'Enter your e-mail and your password.',
  tooMany: (wait: string) => `Too many attempts. Wait ${wait}, then try again.`,
  seconds: (count: number) => (count === 1 ? '1 second' : `${count} seconds`),
  minutes: (count: number) => `${count} minutes`,
  forgot: 'Forgot your password?',
  register: 'Create an account',
  mail: 'Sign in by e-mail instead',
  no_address: 'Enter your e-mail address, and a mail with a code and a link is sent to it.',
  provider: (name: string) => (/^(continue|sign in|log in)\b/i.test(name) ? name : `Continue with ${name}`),
  passkeyButton: 'Sign in with a passkey',
  passkey: 'That passkey does not work here. Try another one, or sign in another way.',
  passkey_stale: 'That took too long. Try again.',
  stale: 'This page was open for too long. Enter your password again.',
}

/** The page that asks for e-mail and password, or, to confirm, for the password alone. */
export function signIn(props: SignInProps): string {
  const { problem, confirm } = props
  const email = plainValue(props.email ?? '')
  const title = confirm ? words.confirmTitle : words.title
  const problemId = problem && 'problem'
  const emailInvalid = !confirm && isAboutEmail(problem, email)
  const passwordInvalid = problem?.kind === 'incorrect' || problem?.kind === 'incomplete'
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${title}</h1>
      ${lead(props)}
    </div>
    ${problemNotice(problem && explainSignIn(problem, confirm))}
    <form class="stack" method="post" action=${props.action}>
      ${hidden({ transaction: props.transaction, csrf: props.csrf })}
      ${field({
        name: 'email',
        label: words.email,
        type: 'text',
        autocomplete: props.passkey && !confirm ? 'username webauthn' : 'username',
        value: email || undefined,
        readonly: confirm === true,
        autofocus: !email,
        problemId: emailInvalid ? problemId : undefined,
        invalid: emailInvalid,
      })}
      ${field({
        name: 'password',
        label: words.password,
        type: 'password',
        autocomplete: 'current-password',
        autofocus: email !== '',
        optional: props.passwordOptional === true,
        problemId,
        invalid: passwordInvalid,
      })}
      <div class="actions">
        ${submit('primary', confirm ? words.confirm : words.submit)}
        ${props.mail && submit('secondary', words.mail, 'mail', { isChecked: false })}
      </div>
    </form>
    ${props.recovery && html`<p class="aside"><a href=${props.recovery}>${words.forgot}</a></p>`}
    ${props.passkey && passkeyForm(props.passkey, { action: props.action, fields: { transaction: props.transaction, csrf: props.csrf }, label: words.passkeyButton })}
    ${props.providers && props.providers.length > 0 && providerForm(props, props.providers)}
    ${props.registration && html`<p class="aside"><a href=${props.registration}>${words.register}</a></p>`}
    ${props.canSwitchAccount && switchForm(props)}
    ${props.client?.host && html`<p class="aside">${words.returnTo(html`<strong><bdi>${plainHost(props.client.host)}</bdi></strong>`)}</p>`}
  </div>`
  return pageText({ frame: props.frame, title: (problem ? words.error : '') + title, content })
}

function isAboutEmail(problem: SignInProblem | undefined, email: string): boolean {
  if (problem?.kind === 'incorrect' || problem?.kind === 'no_address') return true
  return problem?.kind === 'incomplete' && email === ''
}

function lead({ client, confirm }: SignInProps): Content {
  if (!client) return confirm && html`<p class="lead">${words.confirmAlone}</p>`
  const name = html`<strong><bdi>${plainText(client.name, 64) || words.unnamed}</bdi></strong>`
  return html`<p class="lead">${confirm ? words.confirmFor(name) : words.continueTo(name)}</p>`
}

/** The buttons of the identity providers. */
function providerForm({ action, transaction, csrf }: SignInProps, providers: NonNullable<SignInProps['providers']>) {
  return html`<form method="post" action=${action}>
    ${hidden({ transaction, csrf })}
    <div class="actions">
      ${providers.map(
        ({ id, name }) =>
          html`<button class="button secondary" type="submit" name="provider" value=${id}>
            <bdi>${plainText(words.provider(name), 80)}</bdi>
          </button>`,
      )}
    </div>
  </form>`
}

/** A form of its own, so that the password field above need not be filled to leave. */
function switchForm(props: SignInProps): Content {
  return html`<form method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    ${submit('link', words.switch, 'switch_account')}
  </form>`
}

/** A problem as a sentence. @param confirm whether only the password was asked for */
export function explainSignIn(problem: SignInProblem, confirm: boolean | undefined): string {
  if (problem.kind === 'incorrect') return confirm ? words.confirmIncorrect : words.incorrect
  if (problem.kind === 'too_many_attempts') return tooManyAttempts(problem.retryAfter)
  return words[problem.kind]
}

/** What a person reads after too many attempts. @param retryAfter seconds */
export function tooManyAttempts(retryAfter: number): string {
  return words.tooMany(duration(retryAfter))
}

function duration(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds))
  return whole <= 90 ? words.seconds(whole) : words.minutes(Math.ceil(whole / 60))
}
