// The page where people see what happened with their account.
import type { Activity } from '#domain/account/own-activity.service.ts'
import { type AccountFrame, accountText, moment, more } from './account.ts'
import { wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { plainText } from './plain-text.ts'
import { programOf } from './program.ts'

/** What happened, newest first. */
export interface AccountActivityProps extends AccountFrame {
  readonly entries: readonly Activity[]
  /** Where the list goes on; null for nothing more. */
  readonly cursor: string | null
}

/** The page with the entries. */
export function accountActivity(props: AccountActivityProps): string {
  const words = wordsOf(props, 'activity')
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      props.entries.length === 0
        ? html`<p>${words.none}</p>`
        : html`<ul class="scopes">
            ${props.entries.map((entry) => item(props, entry))}
          </ul>`,
      more(props, props.cursor),
    ],
  })
}

function item(props: AccountActivityProps, { what, about, at, from, byAdministrator }: Activity): Markup {
  const [words, sessions] = [wordsOf(props, 'activity'), wordsOf(props, 'sessions')]
  const fact = wordsOf(props, 'form').fact<Content>
  const place = html`<bdi>${plainText(from?.ip ?? sessions.unknownPlace, 64)}</bdi>`
  return html`<li>
    <strong>${words.happenings[what]}</strong>
    ${about !== null && html`<span><bdi>${plainText(about, 80)}</bdi></span>`}
    <p class="hint">${moment(props, at)}</p>
    ${byAdministrator && html`<p class="hint">${words.byAdministrator}</p>`}
    ${from && html`<p class="hint">${fact(sessions.from, place)} · ${programOf(props, from.userAgent)}</p>`}
  </li>`
}
