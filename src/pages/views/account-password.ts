// The page where people change their password.
import { type AccountFrame, accountText, oneButton } from './account.ts'
import { type Field, field, hidden, submit } from './form.ts'
import { wordsOf } from './layout.ts'
import { html } from './markup.ts'

/** The form posts `csrf` and its fields; `decision=remove` without them. */
export interface AccountPasswordProps extends AccountFrame {
  /** Whether the person has no password yet. */
  readonly isFirstOne: boolean
  /** Whether the person signs in with the password of a directory, which is changed there. */
  readonly isInDirectory: boolean
  /** Whether the person can sign in without the password. */
  readonly canRemove: boolean
  /** The last one is the new password. */
  readonly fields: readonly Field[]
}

/** The page with the field for the new password. */
export function accountPassword(props: AccountPasswordProps): string {
  const { problem, fields, isFirstOne } = props
  const last = fields.length - 1
  const words = wordsOf(props, 'accountPassword')
  const remove = props.canRemove && oneButton(props, words.remove, 'remove', {}, 'link')
  if (props.isInDirectory)
    return accountText({ ...props, title: words.change, lead: words.inDirectory, content: remove })
  return accountText({
    ...props,
    title: isFirstOne ? words.set : words.change,
    lead: words.lead,
    content: [
      html`<form class="stack" method="post" action=${props.action}>
      ${hidden({ csrf: props.csrf })}
      ${fields.map((one, index) =>
        field({ ...one, ...(problem && index === last && { problemId: 'problem', invalid: true }) }),
      )}
      <div class="actions">${submit('primary', isFirstOne ? words.submitSet : words.submitChange)}</div>
    </form>`,
      remove,
    ],
  })
}
