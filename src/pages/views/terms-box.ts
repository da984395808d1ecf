// The box with which a person accepts the terms of a realm.
import type { Language } from '#language/language.ts'
import { type Content, html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** The terms as the box names them. */
export interface ShownTerms {
  readonly version: string
  readonly url: string
}

/** The box. It posts the version as `terms`, and `accept`. @param invalid whether the page is shown again for it */
export function termsBox(
  { language }: { readonly language: Language },
  { version, url }: ShownTerms,
  { invalid = false, checked = false }: { readonly invalid?: boolean; readonly checked?: boolean } = {},
): Content {
  const words = language.messages.terms
  const link = html`<a href=${url} target="_blank" rel="noopener noreferrer">${words.name}</a>`
  const sign = html`<bdi>${plainText(version, 50)}</bdi>`
  return html`<div class="choice">
    <input type="hidden" name="terms" value=${version} />
    <input
      id="accept"
      name="accept"
      type="checkbox"
      value="yes"
      required
      checked=${checked}
      aria-invalid=${invalid ? 'true' : undefined}
      aria-describedby=${invalid ? 'problem' : undefined}
    />
    <label for="accept">${words.accept(link, sign)}</label>
  </div>`
}
