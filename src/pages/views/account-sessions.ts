// The page where people see where they are signed in.
import { type AccountFrame, accountText, moment, more, oneButton } from './account.ts'
import { wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { plainText } from './plain-text.ts'
import { programOf } from './program.ts'

/** One session of the person. */
export interface ShownSession {
  readonly id: string
  readonly ip: string | null
  /** The User-Agent of the sign-in. */
  readonly userAgent: string | null
  readonly authenticatedAt: number
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly lastSeenAt: number
  /** Whether it is the one of the browser that asks. */
  readonly isThis: boolean
}

/** A browser in which the person is not asked for the second factor. */
export interface ShownDevice {
  readonly id: string
  readonly ip: string | null
  readonly userAgent: string | null
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly expiresAt: number
}

/** The forms post `csrf` and `decision`: `end` with `session`, `end_others`, or `forget` with `device`. */
export interface AccountSessionsProps extends AccountFrame {
  readonly sessions: readonly ShownSession[]
  readonly devices: readonly ShownDevice[]
  /** Where the list goes on; null for nothing more. */
  readonly cursor: string | null
}

/** The page with the sessions, newest first. */
export function accountSessions(props: AccountSessionsProps): string {
  const words = wordsOf(props, 'sessions')
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      html`<ul class="scopes">
        ${props.sessions.map((session) => item(props, session))}
      </ul>`,
      more(props, props.cursor),
      oneButton(props, words.endOthers, 'end_others'),
      props.devices.length > 0 && devices(props),
    ],
  })
}

function devices(props: AccountSessionsProps): Content {
  const words = wordsOf(props, 'sessions')
  return [
    html`<h2>${words.devices}</h2>`,
    html`<p class="hint">${words.devicesLead}</p>`,
    html`<ul class="scopes">
      ${props.devices.map((device) => deviceItem(props, device))}
    </ul>`,
  ]
}

function deviceItem(props: AccountSessionsProps, device: ShownDevice): Markup {
  const [words, { lastUsed }] = [wordsOf(props, 'sessions'), wordsOf(props, 'account')]
  const fact = wordsOf(props, 'form').fact<Content>
  return html`<li>
    <strong>${programOf(props, device.userAgent)}</strong>
    <p class="hint">${fact(words.from, html`<bdi>${plainText(device.ip ?? words.unknownPlace, 64)}</bdi>`)}</p>
    <p class="hint">${fact(lastUsed, moment(props, device.lastUsedAt ?? device.createdAt))}</p>
    <p class="hint">${fact(words.until, moment(props, device.expiresAt))}</p>
    ${oneButton(props, words.forget, 'forget', { device: device.id }, 'link')}
  </li>`
}

function item(props: AccountSessionsProps, session: ShownSession): Markup {
  const words = wordsOf(props, 'sessions')
  const fact = wordsOf(props, 'form').fact<Content>
  return html`<li>
    <strong>${programOf(props, session.userAgent)}</strong>${session.isThis && html` <span class="hint">${words.here}</span>`}
    <p class="hint">${fact(words.from, html`<bdi>${plainText(session.ip ?? words.unknownPlace, 64)}</bdi>`)}</p>
    <p class="hint">${fact(words.signedIn, moment(props, Math.max(session.authenticatedAt, session.createdAt)))}</p>
    <p class="hint">${fact(wordsOf(props, 'account').lastUsed, moment(props, session.lastSeenAt))}</p>
    ${oneButton(props, words.end, 'end', { session: session.id }, 'link')}
  </li>`
}
