// The page where people see what they allowed to which app.
import { type AccountFrame, accountText, moment, more, oneButton } from './account.ts'
import { asked, type ConsentProps } from './consent.ts'
import { wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { plainHost, plainText } from './plain-text.ts'

/** What an app was allowed at one API, or at the realm itself. */
export type AllowedAccess = Pick<ConsentProps, 'resource' | 'scopes' | 'details'>

/** An app that may act for the person by a delegation grant. */
export interface ActingApp {
  /** Of the grant. */
  readonly id: string
  /** What the app calls itself: untrusted. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly since: number
  readonly until: number | null
  /** Null for everything. */
  readonly scopes: AllowedAccess['scopes'] | null
}

/** The forms post `csrf`, and `client`, or `delegation` with the decision `end`. */
export interface AccountAppsProps extends AccountFrame {
  readonly agents: readonly ActingApp[]
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
      props.agents.length > 0 && agents(props),
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

function agents(props: AccountAppsProps): Content {
  const words = wordsOf(props, 'accountApps')
  return [
    html`<h2>${words.agents}</h2>`,
    html`<p class="hint">${words.agentsLead}</p>`,
    html`<ul class="scopes">
      ${props.agents.map((agent, index) => agentItem(props, agent, `agent-${index}-`))}
    </ul>`,
  ]
}

function agentItem(props: AccountAppsProps, { id, name, since, until, scopes }: ActingApp, prefix: string): Markup {
  const { frame } = props
  const words = wordsOf(props, 'accountApps')
  const { fact } = wordsOf(props, 'form')
  return html`<li class="stack">
    <div>
      <strong><bdi>${plainText(name, 64) || words.unnamed}</bdi></strong>
      <p class="hint">${fact<Content>(words.since, moment(props, since))}</p>
      ${until !== null && html`<p class="hint">${fact<Content>(wordsOf(props, 'sessions').until, moment(props, until))}</p>`}
    </div>
    ${scopes === null ? html`<p>${words.all}</p>` : asked({ frame, scopes }, prefix)}
    ${oneButton(props, words.end, 'end', { delegation: id })}
  </li>`
}
