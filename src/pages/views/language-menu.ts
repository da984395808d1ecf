// The menu of the languages at the foot of a page.
import type { Language } from '#language/language.ts'
import { LANGUAGE_TAGS, LANGUAGES } from '#language/languages.ts'
import { hidden } from './form.ts'
import { html, type Markup } from './markup.ts'

/** The form posts `to` and `language`. */
export interface MenuProps {
  /** Where the form is posted: a path on this server. */
  readonly action: string
  /** Where the person is: a path below the realm's base, with its query. */
  readonly to: string
}

/** The menu. It works without a script: each language is a button of a form. */
export function languageMenu({ tag: shown, messages }: Language, { action, to }: MenuProps): Markup {
  const name = messages.layout.language
  return html`<details class="languages">
    <summary><span class="visually-hidden">${name}: </span><bdi>${LANGUAGES[shown].name}</bdi></summary>
    <form method="post" action=${action} aria-label=${name}>
      ${hidden({ to })}
      ${LANGUAGE_TAGS.filter((tag) => tag !== shown).map(
        (tag) =>
          html`<button class="button link" type="submit" name="language" value=${tag} lang=${LANGUAGES[tag].lang} dir=${LANGUAGES[tag].dir}>${LANGUAGES[tag].name}</button>`,
      )}
    </form>
  </details>`
}
