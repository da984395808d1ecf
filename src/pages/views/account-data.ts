// The page where people download what is stored about them.
import { type AccountFrame, accountText } from './account.ts'
import { hidden, submit } from './form.ts'
import { wordsOf } from './layout.ts'
import { html } from './markup.ts'

/** The page with one button. The form posts `csrf`. */
export function accountData(props: AccountFrame): string {
  const words = wordsOf(props, 'accountData')
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      html`<p>${words.care}</p>`,
      html`<form method="post" action=${props.action}>
        ${hidden({ csrf: props.csrf })}
        <div class="actions">${submit('primary', words.submit)}</div>
      </form>`,
    ],
  })
}
