// The pages of the device authorization: enter a code, and approve a device.
import { asked, type ConsentProps, type ConsentScope, clientHeading, isUnverified, linksTo } from './consent.ts'
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
import { notice, problemNotice } from './notice.ts'
import { organizationFact } from './organization.ts'
import { plainText, plainValue } from './plain-text.ts'

/**
 * Why the code is asked for again. It does not tell whether the code is unknown, expired or belongs to another user.
 */
export type UserCodeProblem =
  | { readonly kind: 'unknown' }
  /** `retryAfter` is in seconds. */
  | { readonly kind: 'too_many_attempts'; readonly retryAfter: number }

/** The form posts `csrf` and `user_code`. */
export interface UserCodeProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly csrf: string
  /** Fills the field: what was typed before, or what a link said. */
  readonly userCode?: string | undefined
  readonly problem?: UserCodeProblem | undefined
}

/** The form posts `transaction`, `csrf` and `decision`: `allow`, `deny` or `switch_account`. */
export interface DeviceConsentProps {
  readonly frame: Frame
  /** Where the form is posted: a path on this server. */
  readonly action: string
  readonly transaction: string
  readonly csrf: string
  readonly client: ConsentProps['client']
  /** The API the access is for; absent for signing in alone. */
  readonly resource?: { readonly name: string } | undefined
  readonly scopes: readonly ConsentScope[]
  /** The name of the organization that the user signs in for. */
  readonly organization?: string | undefined
  /** The code that the device shows. */
  readonly userCode: string
  /** Where the request came from, as far as that is known; what the device calls itself is untrusted. */
  readonly origin: { readonly ip: string | null; readonly userAgent: string | null; readonly at: number }
  /** Milliseconds since 1970. */
  readonly now: number
  /** Who is signed in. */
  readonly account: { readonly email: string; readonly name?: string | undefined }
}

/** The page that asks for the code of a device (RFC 8628 §3.3). A code in a link is shown but not submitted. */
export function userCodeForm(props: UserCodeProps): string {
  const { problem } = props
  const words = wordsOf(props, 'device')
  const userCode = plainValue(props.userCode ?? '').slice(0, 40)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.codeTitle}</h1>
      <p class="lead">${userCode && !problem ? words.compare : words.enter}</p>
    </div>
    ${problemNotice(problem && explain(props, problem))}
    <form class="stack" method="post" action=${props.action}>
      ${hidden({ csrf: props.csrf })}
      ${field({
        name: 'user_code',
        label: words.code,
        type: 'text',
        autocomplete: 'off',
        inputMode: 'text',
        hint: words.hint,
        value: userCode || undefined,
        autofocus: !userCode,
        problemId: problem && 'problem',
        invalid: problem?.kind === 'unknown',
      })}
      <div class="actions">${submit('primary', wordsOf(props, 'form').proceed)}</div>
    </form>
  </div>`
  return pageText({ frame: props.frame, title: tabTitle(props, words.codeTitle, problem !== undefined), content })
}

/** The page where a user approves or denies a device. */
export function deviceConsent(props: DeviceConsentProps): string {
  const { account, client } = props
  const [words, forms] = [wordsOf(props, 'device'), wordsOf(props, 'form')]
  const name = plainText(client.name, 64) || forms.unnamedApp
  const brand = html`<bdi>${plainText(props.frame.brand.name, 60)}</bdi>`
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    ${clientHeading(props, words.heading(html`<bdi>${name}</bdi>`), brand)}
    ${isUnverified(client) && notice('caution', html`<p>${wordsOf(props, 'consent').unverifiedText(brand)}</p>`)}
    ${notice('caution', html`<p>${words.warning}</p>`)}
    <dl class="facts">
      <div><dt>${words.shown}</dt><dd><strong><code>${props.userCode}</code></strong></dd></div>
      <div><dt>${words.from}</dt><dd>${whence(props)}</dd></div>
      <div><dt>${words.when}</dt><dd>${when(props)}</dd></div>
    </dl>
    ${asked(props)}
    <dl class="facts">
      <div>
        <dt>${forms.signedInAs}</dt>
        <dd>
          ${account.name && html`<span class="person"><bdi>${plainText(account.name, 64)}</bdi></span>`}
          <bdi>${plainText(account.email, 254)}</bdi>
          ${submit('link', forms.switchAccount, 'switch_account')}
        </dd>
      </div>
      ${organizationFact(props)}
    </dl>
    <div class="actions two">
      ${submit('primary', words.approve, 'allow')}
      ${submit('secondary', forms.deny, 'deny')}
    </div>
    ${linksTo(props, client.links)}
  </form>`
  return pageText({ frame: props.frame, title: words.heading(name).join(''), content })
}

function whence(props: DeviceConsentProps): Content {
  const { ip, userAgent } = props.origin
  const words = wordsOf(props, 'device')
  const program = plainText(userAgent ?? '', 160)
  const place = html`<strong class="host"><bdi>${plainText(ip ?? words.unknownPlace, 64)}</bdi></strong>`
  return program ? words.program<Content>(place, html`<bdi>${program}</bdi>`) : place
}

function when(props: DeviceConsentProps): Content {
  const {
    origin: { at },
    now,
    frame: { language },
  } = props
  const words = wordsOf(props, 'device')
  const minutes = Math.floor(Math.max(0, now - at) / 60_000)
  const time = new Date(at).toISOString()
  const ago = minutes < 1 ? words.moments : words.minutes(minutes)
  return html`${ago} (<time datetime=${time}>${language.moment(at)}</time>)`
}

function explain(page: { readonly frame: Frame }, problem: UserCodeProblem): string {
  const words = wordsOf(page, 'device')
  if (problem.kind === 'unknown') return words.unknown
  return words.tooMany(Math.max(1, Math.ceil(problem.retryAfter / 60)))
}
