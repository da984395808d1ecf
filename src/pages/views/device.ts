// The pages of the device authorization: enter a code, and approve a device.
import { asked, type ConsentLink, type ConsentScope, linksTo, logo } from './consent.ts'
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
import { type Content, html } from './markup.ts'
import { notice, problemNotice } from './notice.ts'
import { plainHost, plainText, plainValue } from './plain-text.ts'

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
  /** What the client calls itself, and the host that people know it by, if there is one. */
  readonly client: {
    readonly name: string
    readonly host?: string | undefined
    readonly logo?: string | undefined
    readonly links?: readonly ConsentLink[] | undefined
  }
  /** The API the access is for; absent for signing in alone. */
  readonly resource?: { readonly name: string } | undefined
  readonly scopes: readonly ConsentScope[]
  /** The code that the device shows. */
  readonly userCode: string
  /** Where the request came from, as far as that is known; what the device calls itself is untrusted. */
  readonly origin: { readonly ip: string | null; readonly userAgent: string | null; readonly at: number }
  /** Milliseconds since 1970. */
  readonly now: number
  /** Who is signed in. */
  readonly account: { readonly email: string; readonly name?: string | undefined }
}

const words = {
  codeTitle: 'Connect a device',
  error: 'Error: ',
  enter: 'Enter the code that your device or program shows.',
  compare: 'Go on only if your device or program shows exactly this code.',
  code: 'Code',
  hint: '8 letters, such as WDJB-MJHT',
  next: 'Continue',
  unknown: 'No device waits for this code. Check the letters, or have the device show another code.',
  tooMany: (minutes: number) =>
    `Too many codes that no device waits for. Try again in ${minutes === 1 ? '1 minute' : `${minutes} minutes`}.`,
  title: (client: string) => `Connect ${client} to your account?`,
  heading: (client: Content): Content => ['Connect ', client, ' to your account?'],
  unnamed: 'an app without a name',
  warning:
    'Approve only if you have just started this yourself, on a device in front of you that shows this code. If somebody sent you the code or a link to this page, deny: whoever has that device would be using your account.',
  shown: 'The device shows',
  from: 'It asks from',
  program: 'and calls itself',
  unknownPlace: 'an unknown address',
  when: 'It asked',
  account: 'Signed in as',
  switch: 'Not you? Switch account',
  approve: 'Approve',
  deny: 'Deny',
  moments: 'less than a minute ago',
  minutes: (count: number) => (count === 1 ? 'a minute ago' : `${count} minutes ago`),
}

/** The page that asks for the code of a device (RFC 8628 §3.3). A code in a link is shown but not submitted. */
export function userCodeForm(props: UserCodeProps): string {
  const { problem } = props
  const userCode = plainValue(props.userCode ?? '').slice(0, 40)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.codeTitle}</h1>
      <p class="lead">${userCode && !problem ? words.compare : words.enter}</p>
    </div>
    ${problemNotice(problem && explain(problem))}
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
      <div class="actions">${submit('primary', words.next)}</div>
    </form>
  </div>`
  return pageText({ frame: props.frame, title: (problem ? words.error : '') + words.codeTitle, content })
}

/** The page where a user approves or denies a device. */
export function deviceConsent(props: DeviceConsentProps): string {
  const { account, client, origin } = props
  const name = plainText(client.name, 64) || words.unnamed
  const content = html`<form class="stack" method="post" action=${props.action}>
    ${hidden({ transaction: props.transaction, csrf: props.csrf })}
    <div class="heading">
      ${logo(client.logo)}
      <h1>${words.heading(html`<bdi>${name}</bdi>`)}</h1>
      ${client.host && html`<p class="badges"><span class="host"><bdi>${plainHost(client.host)}</bdi></span></p>`}
    </div>
    ${notice('caution', html`<p>${words.warning}</p>`)}
    <dl class="facts">
      <div><dt>${words.shown}</dt><dd><strong><code>${props.userCode}</code></strong></dd></div>
      <div><dt>${words.from}</dt><dd>${whence(origin)}</dd></div>
      <div><dt>${words.when}</dt><dd>${when(origin.at, props.now)}</dd></div>
    </dl>
    ${asked(props)}
    <dl class="facts">
      <div>
        <dt>${words.account}</dt>
        <dd>
          ${account.name && html`<span class="person"><bdi>${plainText(account.name, 64)}</bdi></span>`}
          <bdi>${plainText(account.email, 254)}</bdi>
          ${submit('link', words.switch, 'switch_account')}
        </dd>
      </div>
    </dl>
    <div class="actions two">
      ${submit('primary', words.approve, 'allow')}
      ${submit('secondary', words.deny, 'deny')}
    </div>
    ${linksTo(client.links)}
  </form>`
  return pageText({ frame: props.frame, title: words.title(name), content })
}

function whence({ ip, userAgent }: DeviceConsentProps['origin']): Content {
  const program = plainText(userAgent ?? '', 160)
  const place = html`<strong class="host"><bdi>${plainText(ip ?? words.unknownPlace, 64)}</bdi></strong>`
  return program ? [place, ' ', words.program, ' ', html`<bdi>${program}</bdi>`] : place
}

function when(at: number, now: number): Content {
  const minutes = Math.floor(Math.max(0, now - at) / 60_000)
  const time = new Date(at).toISOString()
  const ago = minutes < 1 ? words.moments : words.minutes(minutes)
  return html`${ago} (<time datetime=${time}>${time.slice(0, 16).replace('T', ' ')} UTC</time>)`
}

function explain(problem: UserCodeProblem): string {
  if (problem.kind === 'unknown') return words.unknown
  return words.tooMany(Math.max(1, Math.ceil(problem.retryAfter / 60)))
}
