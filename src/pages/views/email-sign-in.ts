// The page that takes the code of a mail.
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
import { html } from './markup.ts'
import { problemNotice } from './notice.ts'
import { plainValue } from './plain-text.ts'

/** Why the form is shown again. None of them tells whether there is an account. */
export type MailCodeProblem = 'incorrect' | 'incomplete' | 'over' | 'too_many_attempts'

/** The form posts `transaction`, `csrf`, `ask` and `code`; the one for another mail posts what the sign-in page does. */
export interface EmailSignInProps {
  readonly frame: Frame
  /** Where the code is posted: a path on this server. */
  readonly action: string
  /** Where another mail is asked for, and where the person can sign in another way: a path on this server. */
  readonly signIn: string
  readonly transaction: string
  readonly csrf: string
  /** The encrypted ask that the mail answers. */
  readonly ask: string
  /** The address as it was typed. */
  readonly email: string
  readonly problem?: MailCodeProblem | undefined
}

const words = {
  title: 'Look into your mailbox',
  error: 'Error: ',
  sentTo: 'If you can sign in with this address, a mail is on its way to it: ',
  next: 'Enter the code of the mail, or open its link in this browser. Both work for ten minutes, and only those of the newest mail.',
  code: 'Code',
  submit: 'Sign in',
  missing: 'Did nothing arrive? Look into the folder for spam. An address gets at most five mails in an hour.',
  again: 'Send another mail',
  other: 'Sign in another way',
}

const problems: Readonly<Record<MailCodeProblem, string>> = {
  incorrect: 'That code is not right. Enter the eight digits of the newest mail.',
  incomplete: 'Enter the code of the mail.',
  over: 'That mail does not work any more. Ask for another one.',
  too_many_attempts: 'Too many wrong codes: the mail does not work any more. Ask for another one.',
}

/** The page that asks for the code of a mail. */
export function emailSignIn(props: EmailSignInProps): string {
  const { action, signIn, transaction, csrf, ask, problem } = props
  const email = plainValue(props.email)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.title}</h1>
      <p class="lead">${words.sentTo}<strong><bdi>${email}</bdi></strong></p>
      <p class="lead">${words.next}</p>
    </div>
    ${problemNotice(problem && problems[problem])}
    <form class="stack" method="post" action=${action}>
      ${hidden({ transaction, csrf, ask })}
      ${field({
        name: 'code',
        label: words.code,
        type: 'text',
        inputMode: 'numeric',
        autocomplete: 'one-time-code',
        autofocus: true,
        problemId: problem && 'problem',
        invalid: problem === 'incorrect' || problem === 'incomplete',
      })}
      <div class="actions">${submit('primary', words.submit)}</div>
    </form>
    <p class="aside">${words.missing}</p>
    <div>
      <form method="post" action=${signIn}>
        ${hidden({ transaction, csrf, email })} ${submit('link', words.again, 'mail')}
      </form>
      <form method="get" action=${signIn}>${hidden({ transaction })} ${submit('link', words.other)}</form>
    </div>
  </div>`
  return pageText({ frame: props.frame, title: (problem ? words.error : '') + words.title, content })
}
