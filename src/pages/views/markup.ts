// Renders HTML with escaped values.
import { html as element } from 'htm/preact'
import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'

/** A piece of a page: elements whose text and attribute values are escaped when it is rendered. */
export type Markup = VNode

/** What may stand between two tags: nothing, a text, or markup. */
export type Content = Markup | string | number | false | null | undefined | readonly Content[]

/** Tagged template for one element and its children; interpolated values become escaped text, attributes or children. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => Markup = element

/** The document as HTML text, beginning with its doctype. */
export function documentText(root: Markup): string {
  return `<!doctype html>${renderToString(root)}`
}
