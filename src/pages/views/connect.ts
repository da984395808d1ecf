// The pages of a connection: what a client asks for, and where a key is pasted.
import { asked, type ConsentScope } from './consent.ts'
import { hidden, submit } from './form.ts'
import { type Frame, pageText, wordsOf } from './layout.ts'
import { html } from './markup.ts'
import { plainHost, plainText } from './plain-text.ts'

interface ConnectForm {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly hidden: Readonly<Record<string, string>>
}

/** The form posts `decision`: `allow` or `deny`. */
export interface ConnectConsentProps extends ConnectForm {
  /** What the client calls itself: untrusted. */
  readonly client: string
  readonly resource: { readonly name: string }
  readonly scopes: readonly ConsentScope[]
  readonly email: string
}

/** The page that asks whether a client may use the account of a user at a provider. */
export function connectConsent(props: ConnectConsentProps): string {
  const [words, forms] = [wordsOf(props, 'consent'), wordsOf(props, 'form')]
  const name = plainText(props.client, 64) || forms.unnamedApp
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden(props.hidden)}
    <h1>${words.heading(html`<bdi>${name}</bdi>`)}</h1>
    ${asked(props)}
    <dl class="facts">
      <div>
        <dt>${forms.signedInAs}</dt>
        <dd><bdi>${plainText(props.email, 254)}</bdi></dd>
      </div>
    </dl>
    <div class="actions two">
      ${submit('primary', forms.allow, 'allow')}
      ${submit('secondary', forms.deny, 'deny')}
    </div>
  </form>`
  return pageText({ frame: props.frame, title: words.heading(name).join(''), content })
}

/** The form posts `key` and the decision `connect`. */
export interface ConnectKeyProps extends ConnectForm {
  readonly provider: string
  /** Where users read how they get a key. */
  readonly instructions: string | undefined
  readonly isWrong: boolean
}

/** The page on which a user pastes a key of a provider. */
export function connectKeyForm(props: ConnectKeyProps): string {
  const words = wordsOf(props, 'connections')
  const name = plainText(props.provider, 64)
  const title = words.keyTitle(html`<bdi>${name}</bdi>`)
  const { instructions } = props
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden(props.hidden)}
    <h1>${title}</h1>
    <p>${words.keyLead}</p>
    ${
      instructions !== undefined &&
      html`<p><a href=${instructions} target="_blank" rel="noopener noreferrer">${words.instructions}</a> (<bdi>${plainHost(new URL(instructions).host)}</bdi>)</p>`
    }
    <div class="field">
      <label for="key">${words.key}</label>
      <input id="key" name="key" type="password" autocomplete="off" required maxlength="4096" autofocus />
      ${props.isWrong && html`<p class="problem" role="alert">${words.wrongKey}</p>`}
    </div>
    ${submit('primary', words.connect, 'connect')}
  </form>`
  return pageText({ frame: props.frame, title: words.keyTitle(name).join(''), content })
}
