// The page where people change their password.
import { type AccountFrame, accountText } from './account.ts'
import { type Field, field, hidden, submit } from './form.ts'
import { html } from './markup.ts'

/** The form posts `csrf` and its fields. */
export interface AccountPasswordProps extends AccountFrame {
  /** Whether the person has no password yet. */
  readonly isFirstOne: boolean
  /** The last one is the new password. */
  readonly fields: readonly Field[]
}

const words = {
  change: 'Change your password',
  set: 'Set a password',
  lead: 'You stay signed in here. Your other sessions end, and apps must ask you again.',
  submitChange: 'Change the password',
  submitSet: 'Set the password',
}

/** The page with the field for the new password. */
export function accountPassword(props: AccountPasswordProps): string {
  const { problem, fields, isFirstOne } = props
  const last = fields.length - 1
  return accountText({
    ...props,
    title: isFirstOne ? words.set : words.change,
    lead: words.lead,
    content: html`<form class="stack" method="post" action=${props.action}>
      ${hidden({ csrf: props.csrf })}
      ${fields.map((one, index) =>
        field({ ...one, ...(problem && index === last && { problemId: 'problem', invalid: true }) }),
      )}
      <div class="actions">${submit('primary', isFirstOne ? words.submitSet : words.submitChange)}</div>
    </form>`,
  })
}
