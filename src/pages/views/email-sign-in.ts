// The page that takes the code of a mail.
import { ASKED_MAIL_BUDGETS } from '#domain/mail/mail.ts'
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
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

/** The page that asks for the code of a mail. */
export function emailSignIn(props: EmailSignInProps): string {
  const { action, signIn, transaction, csrf, ask, problem } = props
  const email = plainValue(props.email)
  const [words, forms] = [wordsOf(props, 'emailSignIn'), wordsOf(props, 'form')]
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.title}</h1>
      <p class="lead">${words.sentTo(html`<strong><bdi>${email}</bdi></strong>`)}</p>
      <p class="lead">${words.next}</p>
    </div>
    ${problemNotice(problem && words[problem])}
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
      <div class="actions">${submit('primary', forms.signIn)}</div>
    </form>
    <p class="aside">${words.missing} ${forms.mailsAnHour(ASKED_MAIL_BUDGETS.address.limit)}</p>
    <div>
      <form method="post" action=${signIn}>
        ${hidden({ transaction, csrf, email })} ${submit('link', words.again, 'mail')}
      </form>
      <form method="get" action=${signIn}>${hidden({ transaction })} ${submit('link', words.other)}</form>
    </div>
  </div>`
  return pageText({ frame: props.frame, title: tabTitle(props, words.title, problem !== undefined), content })
}
