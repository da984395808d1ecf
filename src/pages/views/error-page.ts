// The page for an error.
import type { Onward } from '#web/realm-request.ts'
import { destinationOf, linkable } from './destination.ts'
import { hidden } from './form.ts'
import { type Frame, pageText } from './layout.ts'
import { type Content, html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** What an error page says. It holds no link but `onward`: no other URI of the request has been verified. */
export interface ErrorPageProps {
  readonly frame: Frame
  /** The error code, for example `invalid_redirect_uri`. */
  readonly code: string
  /** What support needs to find the request in the log. */
  readonly requestId: string
  /** Replaces the heading for this code. */
  readonly title?: string | undefined
  /** Replaces the explanation for this code. */
  readonly explanation?: string | undefined
  /** A sentence for the developer of the client, for example the message of a `Failure`. */
  readonly detail?: string | undefined
  /** Where the person may go on to: an app that nobody here has approved. */
  readonly onward?: Onward | undefined
}

const words = {
  detail: 'Detail',
  code: 'Error code',
  request: 'Request id',
  onward: (host: Content): Content => [
    'The app wants you back at ',
    host,
    '. Nobody has checked who is behind it: go on only if you know it.',
  ],
  goOn: 'Go on to the app',
  support: 'If this keeps happening, tell whoever runs the app or this service, and give them the request id.',
  byCode: {
    access_denied: ['Access was refused', 'You are signed in, but may not go on with this app.'],
    forbidden: ['This request was refused', 'Go back to where you came from and try again from there.'],
    unmet_authentication_requirements: [
      'You cannot go on at this address',
      'A second step is needed, and you have none that works here. Go to where you set up your second step, or ask whoever runs this service.',
    ],
    expired: ['This page is no longer valid', 'It was used already or was open for too long. Go back and start again.'],
    not_found: ['There is nothing here', 'Check the address, or go back to the app and start again.'],
    method_not_allowed: ['This page cannot be opened like this', 'Go back to the app and start again.'],
    too_many_requests: ['Too many requests', 'Wait a little, then try again.'],
    server_error: ['Something went wrong here', 'The fault is ours, not yours. Try again in a moment.'],
    temporarily_unavailable: ['We cannot answer just now', 'Try again in a moment.'],
    invalid_redirect_uri: [
      'This app’s request is not safe to follow',
      'The app asks to send you to an address that is not registered for it. For your safety you stay here.',
    ],
    invalid_client: ['This app is not known here', 'The app that sent you here is not registered, or was removed.'],
    unauthorized_client: ['This app may not sign you in', 'The app is not allowed to make this kind of request.'],
  } as Readonly<Record<string, readonly [title: string, explanation: string]>>,
  other: ['This request cannot be completed', 'The app that sent you here made a request that we cannot accept.'],
} as const

/** The page shown when a request cannot go on and must not be redirected. */
export function errorPage(props: ErrorPageProps): string {
  const known = Object.hasOwn(words.byCode, props.code) ? words.byCode[props.code] : undefined
  const [title, explanation] = known ?? words.other
  const heading = plainText(props.title ?? title, 120)
  const detail = plainText(props.detail ?? '', 400)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${heading}</h1>
      <p class="lead">${plainText(props.explanation ?? explanation, 600)}</p>
    </div>
    <dl class="facts">
      ${detail && html`<div><dt>${words.detail}</dt><dd><bdi>${detail}</bdi></dd></div>`}
      <div><dt>${words.code}</dt><dd><code>${plainText(props.code, 80)}</code></dd></div>
      <div><dt>${words.request}</dt><dd><code>${plainText(props.requestId, 128)}</code></dd></div>
    </dl>
    ${props.onward && wayOn(props.onward)}
    <p class="aside">${words.support}</p>
  </div>`
  return pageText({ frame: props.frame, title: heading, content })
}

/** RFC 9700 §4.11.2: the person sees where the app is before anything leads there. */
function wayOn({ uri, fields }: Onward): Content {
  const { label } = destinationOf(uri)
  const text = html`<p>${words.onward(html`<strong class="host"><bdi>${label}</bdi></strong>`)}</p>`
  if (fields) {
    return html`<form class="stack" method="post" action=${uri}>
      ${text}${hidden(fields)}
      <div class="actions"><button class="secondary">${words.goOn}</button></div>
    </form>`
  }
  const link = linkable(uri)
  return html`${text}${link && html`<p><a href=${link} rel="noreferrer">${words.goOn}</a></p>`}`
}
