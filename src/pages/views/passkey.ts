// The form with which a page asks for a passkey. Without its script nothing of it shows.
import { PASSKEY_JS } from './assets.ts'
import { hidden } from './form.ts'
import { type Frame, wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'

/** The form posts `method=passkey`, `ceremony` and `answer` besides what the page's other forms post. */
export interface PasskeyFormProps {
  /** The encrypted ceremony. */
  readonly ceremony: string
  /** What the browser is asked for, as JSON. */
  readonly options: object
  /** Where the script gets a new ceremony, a path on this server; none for a page that is not to be kept open. */
  readonly renew?: string | undefined
  /** Whether browsers offer passkeys in the suggestions of the e-mail field. */
  readonly autofill?: boolean
}

interface Place {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  /** The hidden fields that the page's forms share. */
  readonly fields: Readonly<Record<string, string | undefined>>
  readonly label: string
  readonly look?: 'primary' | 'secondary'
  /** What stands before the button. */
  readonly more?: Content
}

/** The form, and its script. */
export function passkeyForm(props: PasskeyFormProps, place: Place): Markup {
  const { action, fields, label, more, look = 'secondary' } = place
  return html`<form
      class="stack"
      method="post"
      action=${action}
      data-passkey=${JSON.stringify(props.options)}
      data-renew=${props.renew}
      data-autofill=${props.autofill ? '' : undefined}
      hidden
    >
      ${hidden({ ...fields, method: 'passkey', ceremony: props.ceremony, answer: '' })}
      <p class="field-problem" role="alert" data-problem hidden>${wordsOf(place, 'enrolment').passkeyFailed}</p>
      ${more}
      <div class="actions"><button class=${`button ${look}`} type="button">${label}</button></div>
    </form>
    <script src=${PASSKEY_JS.path} defer></script>`
}
