// The page that asks for a second factor.
import { field, hidden, rememberBox, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { problemNotice } from './notice.ts'
import { type PasskeyFormProps, passkeyForm } from './passkey.ts'
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

type Method = 'passkey' | 'totp' | 'recovery_code'

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
    ${method === 'passkey' ? passkeyPart(props) : codeForm(props, method)}
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
  return problem.kind === 'stale' ? words.stale : words[props.method][problem.kind]
}

function passkeyPart(props: SecondFactorProps): Content {
  const { frame, passkey, action, transaction, csrf } = props
  const words = wordsOf(props, 'secondFactor')
  const more = rememberBox(frame, props.rememberFor)
  const place = { action, fields: { transaction, csrf }, label: words.passkey.label, more, look: 'primary' } as const
  return [passkey && passkeyForm(passkey, { frame, ...place }), html`<noscript><p>${words.noScript}</p></noscript>`]
}

function codeForm(props: SecondFactorProps, method: 'totp' | 'recovery_code'): Markup {
  const { action, transaction, csrf, problem } = props
  return html`<form class="stack" method="post" action=${action}>
      ${hidden({ transaction, csrf, method })}
      ${field({
        name: 'code',
        label: wordsOf(props, 'secondFactor')[method].label,
        type: 'text',
        inputMode: method === 'totp' ? 'numeric' : 'text',
        autocomplete: method === 'totp' ? 'one-time-code' : 'off',
        autofocus: true,
        problemId: problem && 'problem',
        invalid: problem !== undefined && problem.kind !== 'too_many_attempts',
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
