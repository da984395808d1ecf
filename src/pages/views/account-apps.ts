// The page where people see what they allowed to which app.
import { type AccountFrame, accountText, moment, more, oneButton } from './account.ts'
import { asked, type ConsentProps } from './consent.ts'
import { wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { plainHost, plainText } from './plain-text.ts'

/** What an app was allowed at one API, or at the realm itself. */
export type AllowedAccess = Pick<ConsentProps, 'resource' | 'scopes' | 'details'>

/** The forms post `csrf` and `client`. */
export interface AccountAppsProps extends AccountFrame {
  readonly apps: readonly {
    readonly id: string
    /** What the app calls itself: untrusted. */
    readonly name: string
    readonly host: string | undefined
    /** Milliseconds since 1970. */
    readonly since: number
    readonly access: readonly AllowedAccess[]
  }[]
  /** Where the list goes on; null for nothing more. */
  readonly cursor: string | null
}

/** The page with the apps. */
export function accountApps(props: AccountAppsProps): string {
  const words = wordsOf(props, 'accountApps')
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      props.apps.length > 0
        ? html`<ul class="scopes">
            ${props.apps.map((app, index) => item(props, app, `app-${index}-`))}
          </ul>`
        : html`<p>${words.none}</p>`,
      more(props, props.cursor),
    ],
  })
}

function item(props: AccountAppsProps, app: AccountAppsProps['apps'][number], id: string): Markup {
  const { frame } = props
  const words = wordsOf(props, 'accountApps')
  return html`<li class="stack">
    <div>
      <strong><bdi>${plainText(app.name, 64) || words.unnamed}</bdi></strong>
      ${app.host && html` <span class="host"><bdi>${plainHost(app.host)}</bdi></span>`}
      <p class="hint">${wordsOf(props, 'form').fact<Content>(words.since, moment(props, app.since))}</p>
    </div>
    ${app.access.map((access, index) => asked({ frame, ...access }, `${id}${index}-`))}
    ${oneButton(props, words.withdraw, 'withdraw', { client: app.id })}
  </li>`
}
