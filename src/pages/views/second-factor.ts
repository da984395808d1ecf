// The page that asks for a second factor.
import { field, hidden, rememberBox, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
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

const words = {
  title: 'Confirm it’s you',
  error: 'Error: ',
  submit: 'Continue',
  switch: 'Use another account',
  noScript: 'Passkeys need JavaScript. Turn it on for this page, or choose another way.',
}

const methods = {
  passkey: {
    lead: 'Use one of your passkeys to go on.',
    label: 'Use a passkey',
    choose: 'Use a passkey',
    incorrect: 'That passkey does not work here. Try again, or choose another way.',
    incomplete: 'Use one of your passkeys.',
    stale: 'That took too long. Try again.',
  },
  totp: {
    lead: 'Enter the code that your authenticator app shows for this account.',
    label: 'Code',
    choose: 'Use your authenticator app',
    incorrect: 'That code is not right, or was used before. Enter the code that the app shows now.',
    incomplete: 'Enter the six digits that the app shows.',
    stale: 'That took too long. Try again.',
  },
  recovery_code: {
    lead: 'Enter one of the recovery codes that you saved. Each of them works once.',
    label: 'Recovery code',
    choose: 'Use a recovery code',
    incorrect: 'That recovery code is not right, or was used before.',
    incomplete: 'Enter one of your recovery codes.',
    stale: 'That took too long. Try again.',
  },
} as const

/** The page that asks for the code of an app, or for a recovery code. */
export function secondFactor(props: SecondFactorProps): string {
  const { problem, method, transaction, csrf, action } = props
  const own = methods[method]
  const text =
    problem && (problem.kind === 'too_many_attempts' ? tooManyAttempts(problem.retryAfter) : own[problem.kind])
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.title}</h1>
      <p class="lead">${own.lead}</p>
    </div>
    ${problemNotice(text)}
    ${method === 'passkey' ? passkeyPart(props) : codeForm(props, method)}
    <div>
      ${props.others.map((other) => choice(props, other))}
      <form method="post" action=${action}>
        ${hidden({ transaction, csrf })} ${submit('link', words.switch, 'switch_account')}
      </form>
    </div>
  </div>`
  return pageText({ frame: props.frame, title: (problem ? words.error : '') + words.title, content })
}

function passkeyPart(props: SecondFactorProps): Content {
  const { passkey, action, transaction, csrf } = props
  const [fields, label, more] = [{ transaction, csrf }, methods.passkey.label, rememberBox(props.rememberFor)]
  const place = { action, fields, label, more, look: 'primary' } as const
  return [passkey && passkeyForm(passkey, place), html`<noscript><p>${words.noScript}</p></noscript>`]
}

function codeForm(props: SecondFactorProps, method: 'totp' | 'recovery_code'): Markup {
  const { action, transaction, csrf, problem } = props
  const own = methods[method]
  return html`<form class="stack" method="post" action=${action}>
      ${hidden({ transaction, csrf, method })}
      ${field({
        name: 'code',
        label: own.label,
        type: 'text',
        inputMode: method === 'totp' ? 'numeric' : 'text',
        autocomplete: method === 'totp' ? 'one-time-code' : 'off',
        autofocus: true,
        problemId: problem && 'problem',
        invalid: problem !== undefined && problem.kind !== 'too_many_attempts',
      })}
      ${rememberBox(props.rememberFor)}
      <div class="actions">${submit('primary', words.submit)}</div>
    </form>`
}

function choice({ action, transaction }: SecondFactorProps, method: Method): Markup {
  return html`<form method="get" action=${action}>
    ${hidden({ transaction, method })} ${submit('link', methods[method].choose)}
  </form>`
}
