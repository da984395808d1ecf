// The page that shows a message and the ways on.
import { linkable } from './destination.ts'
import { type Frame, pageText } from './layout.ts'
import { type Content, html } from './markup.ts'
import { plainText } from './plain-text.ts'

export interface MessageProps {
  readonly frame: Frame
  readonly title: string
  /** The title with markup, where it has names in it. */
  readonly heading?: Content
  /** Sentences, a paragraph each. */
  readonly paragraphs: readonly Content[]
  /** The way on that most people take. */
  readonly next?: Way | undefined
  /** Another way on. */
  readonly other?: Way | undefined
}

/** A link to a path on this server, or to a URI that the caller has verified. */
interface Way {
  readonly href: string
  readonly label: string
}

/** A page that says one thing and offers at most two ways on. */
export function message({ frame, title, paragraphs, next, other, ...more }: MessageProps): string {
  const heading = plainText(title, 160)
  const [href, otherHref] = [next, other].map((way) => way && hrefOf(way))
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${more.heading ?? heading}</h1>
      ${paragraphs.map((paragraph) => html`<p class="lead">${paragraph}</p>`)}
    </div>
    ${href && html`<div class="actions"><a class="button primary" href=${href}>${plainText(next?.label ?? '', 64)}</a></div>`}
    ${otherHref && html`<p class="aside"><a href=${otherHref}>${plainText(other?.label ?? '', 64)}</a></p>`}
  </div>`
  return pageText({ frame, title: heading, content })
}

function hrefOf({ href }: Way): string | undefined {
  return /^\/(?![/\\])/.test(href) ? href : linkable(href)
}
