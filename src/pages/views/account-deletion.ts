// The page where people delete their accounts.
import { type AccountFrame, accountText } from './account.ts'
import { field, hidden, submit } from './form.ts'
import { wordsOf } from './layout.ts'
import { html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** The form posts `csrf` and `confirmation`: the address of the account. */
export interface AccountDeletionProps extends AccountFrame {
  readonly email: string
}

/** The page that says what goes, and asks for the address of the account. */
export function accountDeletion(props: AccountDeletionProps): string {
  const { problem, email } = props
  const words = wordsOf(props, 'accountDeletion')
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      html`<p>${words.goes}</p>`,
      html`<p>${words.type} <bdi><strong>${plainText(email, 254)}</strong></bdi></p>`,
      html`<form class="stack" method="post" action=${props.action}>
        ${hidden({ csrf: props.csrf })}
        ${field({
          name: 'confirmation',
          label: wordsOf(props, 'form').email,
          type: 'text',
          inputMode: 'email',
          autocomplete: 'off',
          problemId: problem && 'problem',
          invalid: problem !== undefined,
        })}
        <div class="actions">${submit('primary', words.submit)}</div>
      </form>`,
    ],
  })
}
