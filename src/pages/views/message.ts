// The page that shows a message and one link.
import { linkable } from './destination.ts'
import { type Frame, pageText } from './layout.ts'
import { html } from './markup.ts'
import { plainText } from './plain-text.ts'

export interface MessageProps {
  readonly frame: Frame
  readonly title: string
  /** Plain sentences, a paragraph each. */
  readonly paragraphs: readonly string[]
  /** One way on: a path on this server or a URI that the caller has verified. */
  readonly next?: { readonly href: string; readonly label: string } | undefined
}

/** A page that says one thing and offers at most one way on. */
export function message({ frame, title, paragraphs, next }: MessageProps): string {
  const heading = plainText(title, 120)
  const href = next && (/^\/(?![/\\])/.test(next.href) ? next.href : linkable(next.href))
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${heading}</h1>
      ${paragraphs.map((paragraph) => html`<p class="lead">${plainText(paragraph, 1000)}</p>`)}
    </div>
    ${href && html`<div class="actions"><a class="button primary" href=${href}>${plainText(next.label, 64)}</a></div>`}
  </div>`
  return pageText({ frame, title: heading, content })
}
