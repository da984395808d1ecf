// The page for an error.
import type { Onward } from '#web/realm-request.ts'
import { destinationOf, linkable } from './destination.ts'
import { hidden } from './form.ts'
import { type Frame, pageText, wordsOf } from './layout.ts'
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

/** The page shown when a request cannot go on and must not be redirected. */
export function errorPage(props: ErrorPageProps): string {
  const words = wordsOf(props, 'error')
  const byCode: Readonly<Record<string, readonly [title: string, explanation: string]>> = words.byCode
  const known = Object.hasOwn(byCode, props.code) ? byCode[props.code] : undefined
  const [title, explanation] = known ?? [words.otherTitle, words.other]
  const heading = plainText(props.title ?? title, 120)
  const detail = plainText(props.detail ?? '', 400)
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${heading}</h1>
      <p class="lead">${plainText(props.explanation ?? explanation, 600)}</p>
    </div>
    <dl class="facts">
      ${detail && html`<div><dt>${words.detail}</dt><dd lang="en"><bdi>${detail}</bdi></dd></div>`}
      <div><dt>${words.code}</dt><dd><code>${plainText(props.code, 80)}</code></dd></div>
      <div><dt>${words.request}</dt><dd><code>${plainText(props.requestId, 128)}</code></dd></div>
    </dl>
    ${props.onward && wayOn(props, props.onward)}
    <p class="aside">${words.support}</p>
  </div>`
  return pageText({ frame: props.frame, title: heading, content })
}

/** RFC 9700 §4.11.2: the person sees where the app is before anything leads there. */
function wayOn(page: { readonly frame: Frame }, { uri, fields }: Onward): Content {
  const words = wordsOf(page, 'error')
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
