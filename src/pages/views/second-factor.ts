// The page that asks for a second factor.
import { field, hidden, rememberBox, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { problemNotice } from './notice.ts'
import { type PasskeyFormProps, passkeyForm } from './passkey.ts'
import { plainText } from './plain-text.ts'
import { tooManyAttempts } from './sign-in.ts'

/** Why the form is shown again. */
export type SecondFactorProblem =
  /** The code is wrong, too old, or was used before. */
  | { readonly kind: 'incorrect' }
  | { readonly kind: 'incomplete' }
  /** The passkey took too long. */
  | { readonly kind: 'stale' }
  /** Too many attempts; `retryAfter` is in seconds. */
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }
  /** Too many codes were sent; `retryAfter` is in seconds. */
  | { readonly kind: 'too_many_codes'; readonly retryAfter: number }
  /** No code is sent to this number. */
  | { readonly kind: 'not_sent' }

type Method = 'passkey' | 'totp' | 'sms' | 'recovery_code'

/** To which telephones a code can be sent. */
export interface PhoneChoice {
  readonly phones: readonly { readonly id: string; readonly name: string }[]
  /** The one that has a code which still works; undefined for none. */
  readonly sent: string | undefined
}

/** The form posts `transaction`, `csrf`, `method`, `code` and `remember`; `decision=switch_account` for another account. */
export interface SecondFactorProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly transaction: string
  readonly csrf: string
  /** What is asked for. */
  readonly method: Method
  /** What the person can choose instead. */
  readonly others: readonly Method[]
  /** Asks for a passkey; needed where the method is one. */
  readonly passkey?: PasskeyFormProps | undefined
  /** The telephones; needed where the method is sms. */
  readonly sms?: PhoneChoice | undefined
  /** For how many days the browser can be remembered; 0 for not at all. */
  readonly rememberFor: number
  readonly problem?: SecondFactorProblem | undefined
}

/** The page that asks for the code of an app, or for a recovery code. */
export function secondFactor(props: SecondFactorProps): string {
  const { problem, method, transaction, csrf, action } = props
  const words = wordsOf(props, 'secondFactor')
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.title}</h1>
      <p class="lead">${words[method].lead}</p>
    </div>
    ${problemNotice(problem && explain(props, problem))}
    ${method === 'passkey' ? passkeyPart(props) : method === 'sms' ? smsPart(props) : codeForm(props, method)}
    <div>
      ${props.others.map((other) => choice(props, other))}
      <form method="post" action=${action}>
        ${hidden({ transaction, csrf })} ${submit('link', wordsOf(props, 'form').useAnother, 'switch_account')}
      </form>
    </div>
  </div>`
  return pageText({ frame: props.frame, title: tabTitle(props, words.title, problem !== undefined), content })
}

function explain(props: SecondFactorProps, problem: SecondFactorProblem): string {
  if (problem.kind === 'too_many_attempts') return tooManyAttempts(props, problem.retryAfter)
  const words = wordsOf(props, 'secondFactor')
  if (problem.kind === 'too_many_codes') return words.sms.tooMany
  if (problem.kind === 'not_sent') return words.sms.notSent
  return problem.kind === 'stale' ? words.stale : words[props.method][problem.kind]
}

/** The field for the code that was sent, and a button for each telephone that one can be sent to. */
function smsPart(props: SecondFactorProps): Content {
  const { action, transaction, csrf, sms = { phones: [], sent: undefined } } = props
  const words = wordsOf(props, 'secondFactor').sms
  const isSent = sms.sent !== undefined
  return [
    isSent && html`<p role="status">${words.sent<Content>(phoneName(sms.sent ?? ''))}</p>`,
    isSent && codeForm(props, 'sms'),
    ...sms.phones.map(
      ({ id, name }) => html`<form method="post" action=${action}>
        ${hidden({ transaction, csrf, method: 'sms', authenticator: id })}
        ${submit(isSent ? 'link' : 'primary', (isSent ? words.sendAgain : words.send)<Content>(phoneName(name)), 'send')}
      </form>`,
    ),
  ]
}

/** The shown part of a number, which is written from the left in every language. */
export function phoneName(name: string): Markup {
  return html`<bdi dir="ltr">${plainText(name, 64)}</bdi>`
}

function passkeyPart(props: SecondFactorProps): Content {
  const { frame, passkey, action, transaction, csrf } = props
  const words = wordsOf(props, 'secondFactor')
  const more = rememberBox(frame, props.rememberFor)
  const place = { action, fields: { transaction, csrf }, label: words.passkey.label, more, look: 'primary' } as const
  return [passkey && passkeyForm(passkey, { frame, ...place }), html`<noscript><p>${words.noScript}</p></noscript>`]
}

function codeForm(props: SecondFactorProps, method: 'totp' | 'sms' | 'recovery_code'): Markup {
  const { action, transaction, csrf, problem } = props
  return html`<form class="stack" method="post" action=${action}>
      ${hidden({ transaction, csrf, method })}
      ${field({
        name: 'code',
        label: wordsOf(props, 'secondFactor')[method].label,
        type: 'text',
        inputMode: method === 'recovery_code' ? 'text' : 'numeric',
        autocomplete: method === 'recovery_code' ? 'off' : 'one-time-code',
        autofocus: true,
        problemId: problem && 'problem',
        invalid: problem !== undefined && !('retryAfter' in problem),
      })}
      ${rememberBox(props.frame, props.rememberFor)}
      <div class="actions">${submit('primary', wordsOf(props, 'form').proceed)}</div>
    </form>`
}

function choice(props: SecondFactorProps, method: Method): Markup {
  const { action, transaction } = props
  return html`<form method="get" action=${action}>
    ${hidden({ transaction, method })} ${submit('link', wordsOf(props, 'secondFactor')[method].choose)}
  </form>`
}
