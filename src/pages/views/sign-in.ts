// The sign-in page.
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
import { problemNotice } from './notice.ts'
import { type PasskeyFormProps, passkeyForm } from './passkey.ts'
import { plainHost, plainText, plainValue } from './plain-text.ts'
import { explainProof, type ProofProblem, type ProofProps, proofFields } from './proof.ts'

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
  | ProofProblem

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
  /** What people can type in place of an address. */
  readonly identifiers?: readonly ('username' | 'phone')[]
  /** The person is known and must prove it once more (`prompt=login`, `max_age`): the e-mail is shown and fixed. */
  readonly confirm?: boolean | undefined
  /** Offers to go on with another account; meant for `confirm`. */
  readonly canSwitchAccount?: boolean | undefined
  readonly problem?: SignInProblem | undefined
  /** The proof of work that the form for the address asks for. */
  readonly proof?: ProofProps | undefined
  /** Offers passkeys. */
  readonly passkey?: PasskeyFormProps | undefined
  /** Whether there is a field for the password; true by default. */
  readonly password?: boolean
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

/** The page that asks for e-mail and password, or, to confirm, for the password alone. */
export function signIn(props: SignInProps): string {
  const { problem, confirm } = props
  const words = wordsOf(props, 'signIn')
  const title = confirm ? words.confirmTitle : words.title
  const content = html`<div class="stack">
    <div class="heading">
      ${ownTexts(props, title)}
      ${lead(props)}
    </div>
    ${problemNotice(problem && explainSignIn(props, problem, confirm))}
    ${accountForm(props)}
    ${props.recovery && html`<p class="aside"><a href=${props.recovery}>${words.forgot}</a></p>`}
    ${props.passkey && passkeyForm(props.passkey, { frame: props.frame, action: props.action, fields: { transaction: props.transaction, csrf: props.csrf }, label: words.passkeyButton })}
    ${props.providers && props.providers.length > 0 && providerForm(props, props.providers)}
    ${props.registration && html`<p class="aside"><a href=${props.registration}>${words.register}</a></p>`}
    ${props.canSwitchAccount && switchForm(props)}
    ${props.client?.host && html`<p class="aside">${words.returnTo(html`<strong><bdi>${plainHost(props.client.host)}</bdi></strong>`)}</p>`}
  </div>`
  return pageText({ frame: props.frame, title: tabTitle(props, title, problem !== undefined), content })
}

/** The form for the address, with or without the password; nothing where no address is of use. */
function accountForm(props: SignInProps): Content {
  const { problem, confirm, mail, password = true, passwordOptional: isRouted = false } = props
  if (!(password || mail || isRouted)) return undefined
  const [words, forms] = [wordsOf(props, 'signIn'), wordsOf(props, 'form')]
  const email = plainValue(props.email ?? '')
  const isSubmitted = password || isRouted
  const emailInvalid = !confirm && isAboutEmail(problem, email)
  return html`<form class="stack" method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    ${field({
      name: 'email',
      label: identifierLabel(props),
      inputMode: (props.identifiers ?? []).length > 0 ? 'text' : 'email',
      type: 'text',
      autocomplete: props.passkey && !confirm ? 'username webauthn' : 'username',
      value: email || undefined,
      readonly: confirm === true,
      autofocus: !email,
      problemId: emailInvalid ? 'problem' : undefined,
      invalid: emailInvalid,
    })}
    ${password && passwordField(props, email)}
    ${proofFields(props, props.proof)}
    <div class="actions">
      ${isSubmitted && submit('primary', confirm || !password ? forms.proceed : forms.signIn)}
      ${mail && submit(isSubmitted ? 'secondary' : 'primary', words.mail, 'mail', { isChecked: false })}
    </div>
  </form>`
}

function passwordField(props: SignInProps, email: string): Content {
  const { problem } = props
  return field({
    name: 'password',
    label: wordsOf(props, 'form').password,
    type: 'password',
    autocomplete: 'current-password',
    autofocus: email !== '',
    optional: props.passwordOptional === true,
    problemId: problem && 'problem',
    invalid: problem?.kind === 'incorrect' || problem?.kind === 'incomplete',
  })
}

function identifierLabel(props: SignInProps): string {
  const words = wordsOf(props, 'form')
  const { identifiers = [] } = props
  const [hasName, hasPhone] = [identifiers.includes('username'), identifiers.includes('phone')]
  if (hasName) return hasPhone ? words.emailUsernameOrPhone : words.emailOrUsername
  return hasPhone ? words.emailOrPhone : words.email
}

/** The heading, and what the branding says to somebody who has not signed in. */
function ownTexts({ frame, confirm }: SignInProps, title: string): Content {
  const { headline, intro } = confirm ? {} : (frame.brand.texts ?? {})
  return [
    html`<h1>${headline === undefined ? title : plainText(headline, 80)}</h1>`,
    intro && html`<p class="lead">${plainText(intro, 300)}</p>`,
  ]
}

function isAboutEmail(problem: SignInProblem | undefined, email: string): boolean {
  if (problem?.kind === 'incorrect' || problem?.kind === 'no_address') return true
  return problem?.kind === 'incomplete' && email === ''
}

function lead(props: SignInProps): Content {
  const { client } = props
  // The words are about the password.
  const confirm = props.confirm && props.password !== false
  const words = wordsOf(props, 'signIn')
  if (!client) return confirm && html`<p class="lead">${words.confirmAlone}</p>`
  const name = html`<strong><bdi>${plainText(client.name, 64) || wordsOf(props, 'form').unnamedApp}</bdi></strong>`
  return html`<p class="lead">${confirm ? words.confirmFor(name) : words.continueTo(name)}</p>`
}

/** The buttons of the identity providers. */
function providerForm(props: SignInProps, providers: NonNullable<SignInProps['providers']>) {
  const { action, transaction, csrf } = props
  const words = wordsOf(props, 'signIn')
  return html`<form method="post" action=${action}>
    ${hidden({ transaction, csrf })}
    <div class="actions">
      ${providers.map(
        ({ id, name }) =>
          html`<button class="button secondary" type="submit" name="provider" value=${id}>
            <span>${hasVerb(name) ? plainText(name, 64) : words.provider(html`<bdi>${plainText(name, 64)}</bdi>`)}</span>
          </button>`,
      )}
    </div>
  </form>`
}

/** Whether the name of a provider says by itself what its button does. */
function hasVerb(name: string): boolean {
  return /^(continue|sign in|log in)\b/i.test(name)
}

/** A form of its own, so that the password field above need not be filled to leave. */
function switchForm(props: SignInProps): Content {
  return html`<form method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    ${submit('link', wordsOf(props, 'signIn').switch, 'switch_account')}
  </form>`
}

/** A problem as a sentence. @param confirm whether only the password was asked for */
export function explainSignIn(
  page: { readonly frame: Frame },
  problem: SignInProblem,
  confirm: boolean | undefined,
): string {
  const words = wordsOf(page, 'signIn')
  if (problem.kind === 'incorrect') return confirm ? words.confirmIncorrect : words.incorrect
  if (problem.kind === 'too_many_attempts') return tooManyAttempts(page, problem.retryAfter)
  if (problem.kind === 'proof_missing' || problem.kind === 'proof_early') return explainProof(page, problem)
  return words[problem.kind]
}

/** What a person reads after too many attempts. @param retryAfter seconds */
export function tooManyAttempts(page: { readonly frame: Frame }, retryAfter: number): string {
  const { waitSeconds, waitMinutes } = wordsOf(page, 'signIn')
  const whole = Math.max(1, Math.ceil(retryAfter))
  return whole <= 90 ? waitSeconds(whole) : waitMinutes(Math.ceil(whole / 60))
}
