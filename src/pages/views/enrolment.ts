// The pages that set up an authenticator app and show recovery codes.
import { encode } from 'uqr'
import { field, hidden, rememberBox, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { problemNotice } from './notice.ts'
import { plainText } from './plain-text.ts'

interface Form {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  /** The sign-in that goes on; none at a page of the account. */
  readonly transaction?: string | undefined
  readonly csrf: string
}

/** The form posts `transaction`, `csrf` and `code`; `decision=switch_account` for another account. */
export interface EnrolmentProps extends Form {
  /** Base32. */
  readonly key: string
  /** What the QR code says; it is drawn here and never linked, for it has the key. */
  readonly uri: string
  /** The e-mail of the person. */
  readonly account: string
  readonly problem?: 'incomplete' | 'incorrect' | undefined
  /** The address of the account, for a person who is signed in and adds a second step. */
  readonly back?: string | undefined
}

/** The form posts `transaction` and `csrf`. */
export interface RecoveryCodesProps extends Form {
  readonly codes: readonly string[]
  /** For how many days the browser can be remembered; 0 for not at all. */
  readonly rememberFor: number
}

/** The page with the QR code, the key as text, and the field for the first code. */
export function enrolment(props: EnrolmentProps): string {
  const { transaction, csrf, action, problem, back } = props
  const [words, forms] = [wordsOf(props, 'enrolment'), wordsOf(props, 'form')]
  const title = back === undefined ? words.title : words.accountTitle
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${title}</h1>
      <p class="lead">${back === undefined ? words.lead : wordsOf(props, 'secondFactors').addLead}</p>
    </div>
    ${problemNotice(problem && words[problem])}
    ${appKey(props)}
    <form class="stack" method="post" action=${action}>
      ${hidden({ transaction, csrf })}
      ${codeField(props, problem !== undefined)}
      <div class="actions">${submit('primary', forms.proceed)}</div>
    </form>
    ${
      back === undefined
        ? html`<form method="post" action=${action}>
            ${hidden({ transaction, csrf })} ${submit('link', forms.useAnother, 'switch_account')}
          </form>`
        : html`<p class="aside"><a href=${back}>${wordsOf(props, 'account').back}</a></p>`
    }
  </div>`
  return pageText({ frame: props.frame, title: tabTitle(props, title, problem !== undefined), content })
}

/** The key of an app, to scan and to type. */
export function appKey(props: Pick<EnrolmentProps, 'frame' | 'uri' | 'key' | 'account'>): Content {
  const { uri, key, account } = props
  const words = wordsOf(props, 'enrolment')
  return [
    picture(uri, words.picture),
    html`<div class="facts">
      <p class="hint">${words.cannotScan}</p>
      <p dir="ltr"><code class="key">${(key.match(/.{1,4}/g) ?? []).join(' ')}</code></p>
      <p class="hint">${wordsOf(props, 'form').fact<Content>(words.account, html`<bdi>${plainText(account, 320)}</bdi>`)}</p>
    </div>`,
  ]
}

/** The field for the first code of an app, or of a telephone. @param isWrong whether the notice `problem` is about it */
export function codeField(
  page: { readonly frame: Frame },
  isWrong: boolean,
  label: string = wordsOf(page, 'enrolment').code,
): Markup {
  return field({
    name: 'code',
    label,
    type: 'text',
    inputMode: 'numeric',
    autocomplete: 'one-time-code',
    problemId: isWrong ? 'problem' : undefined,
    invalid: isWrong,
  })
}

/** The page with the recovery codes. */
export function recoveryCodes(props: RecoveryCodesProps): string {
  const { frame, action, transaction, csrf, codes, rememberFor } = props
  const words = wordsOf(props, 'enrolment')
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.codesTitle}</h1>
      <p class="lead">${words.codesLead}</p>
    </div>
    ${codeList(props, codes)}
    <form class="stack" method="post" action=${action}>
      ${hidden({ transaction, csrf })} ${rememberBox(frame, rememberFor)}
      <div class="actions">${submit('primary', words.saved)}</div>
    </form>
  </div>`
  return pageText({ frame, title: words.codesTitle, content })
}

/** Recovery codes, and how they are kept. */
export function codeList(page: { readonly frame: Frame }, codes: readonly string[]): Content {
  return [
    html`<ul class="codes">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ul>`,
    html`<p class="hint">${wordsOf(page, 'enrolment').codesHint}</p>`,
  ]
}

/** A QR code with its quiet zone, dark on light in every appearance (ISO/IEC 18004 §9.1). */
function picture(text: string, label: string): Markup {
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return html`<svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${label} shape-rendering="crispEdges">
    <rect width=${size} height=${size} fill="#ffffff" />
    <path d=${path} fill="#000000" />
  </svg>`
}
