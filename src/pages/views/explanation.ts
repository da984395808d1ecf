// The page that explains an error of a protocol endpoint to a developer.
import { type Frame, pageText } from './layout.ts'
import { html } from './markup.ts'
import { plainText } from './plain-text.ts'

export interface ExplanationProps {
  readonly frame: Frame
  /** The error code. */
  readonly code: string
  /** The reason that the page is about; absent for the error itself. */
  readonly reason?: string | undefined
  readonly message: string
  readonly why: string
  readonly fix: string
  /** The request that was refused, as its caller sent it. */
  readonly requestId?: string | undefined
  /** The reasons that the error can have. */
  readonly reasons: readonly { readonly name: string; readonly meaning: string; readonly href: string }[]
}

const words = {
  why: 'Why it happens',
  fix: 'How to fix it',
  request: 'Request id',
  support:
    'The operator of the server finds the request in the log and the events by this id. This prints why it was refused:',
  command: 'countersign why',
  reasons: 'Possible reasons',
  secret: 'Which of them a request had is told to the operator of the server only.',
} as const

/** The page of an error, or of one reason of it. */
export function explanation({ frame, code, reason, message, why, fix, requestId, reasons }: ExplanationProps): string {
  const content = html`<div class="stack">
    <div class="heading">
      <h1><code>${code}</code></h1>
      ${reason && html`<p><code>${reason}</code></p>`}
      <p class="lead">${message}</p>
    </div>
    <dl class="facts">
      <div><dt>${words.why}</dt><dd>${why}</dd></div>
      <div><dt>${words.fix}</dt><dd>${fix}</dd></div>
      ${requestId && html`<div><dt>${words.request}</dt><dd><code>${plainText(requestId, 64)}</code></dd></div>`}
    </dl>
    ${requestId && html`<p class="aside">${words.support} <code>${words.command} ${plainText(requestId, 64)}</code></p>`}
    ${
      reasons.length > 0 &&
      html`<section>
      <h2>${words.reasons}</h2>
      <ul class="scopes">
        ${reasons.map(({ name, meaning, href }) => html`<li><span>${meaning}</span> <a href=${href}>${name}</a></li>`)}
      </ul>
      <p class="aside">${words.secret}</p>
    </section>`
    }
  </div>`
  return pageText({ frame, title: reason ?? code, content })
}
