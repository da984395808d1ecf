// The parts that the pages of a person's own account share, and the first of these pages.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { type Field, field, hidden, submit } from './form.ts'
import { type Frame, pageText, tabTitle, wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { notice, problemNotice } from './notice.ts'
import { plainText } from './plain-text.ts'

/** What every page of the account has. */
export interface AccountFrame {
  readonly frame: Frame
  /** What stands before the paths of the realm. */
  readonly base: string
  /** Where the forms of the page are posted: a path on this server. */
  readonly action: string
  readonly csrf: string
  /** Why the page is shown again: a sentence. */
  readonly problem: string | undefined
  /** Whether the page is shown after a form that did what it says. */
  readonly isDone: boolean
}

/** The form posts `csrf` and its fields. */
export interface AccountProps extends AccountFrame {
  readonly account: { readonly name: string | null; readonly email: string; readonly emailVerified: boolean }
  /** What the person can change. */
  readonly fields: readonly Field[]
  /** The name of the field that the problem is about. */
  readonly problemAt?: string | undefined
  /** What is known of the person besides, and only administrators change. */
  readonly facts: readonly { readonly label: string; readonly value: string }[]
  /** The text of the button. */
  readonly submit: string
  /** The other pages: paths below the base. */
  readonly parts: readonly { readonly path: string; readonly label: string; readonly hint: string }[]
  /** The path of the page to sign out. */
  readonly signOut: string
}

/** The first page: who the person is, and the way to the other pages. */
export function account(props: AccountProps): string {
  const { account: person, problem, base } = props
  const words = wordsOf(props, 'account')
  const email = html`<bdi>${plainText(person.email, 254)}</bdi>`
  return accountText({
    ...props,
    title: words.title,
    isFirst: true,
    content: [
      html`<dl class="facts">
        <div>
          <dt>${wordsOf(props, 'form').email}</dt>
          <dd>${person.emailVerified ? words.verified(email) : words.unverified(email)}</dd>
        </div>
        ${props.facts.map(
          ({ label, value }) => html`<div>
            <dt>${label}</dt>
            <dd><bdi>${value}</bdi></dd>
          </div>`,
        )}
      </dl>`,
      html`<form class="stack" method="post" action=${props.action}>
        ${hidden({ csrf: props.csrf })}
        ${props.fields.map((one) =>
          field({
            ...one,
            ...(problem && one.name === props.problemAt && { problem: undefined, problemId: 'problem', invalid: true }),
          }),
        )}
        <div class="actions">${submit('secondary', props.submit)}</div>
      </form>`,
      html`<nav aria-label=${words.parts}>
        <ul class="scopes">
          ${props.parts.map(
            ({ path, label, hint }) => html`<li><a href=${base + path}>${label}</a><p class="hint">${hint}</p></li>`,
          )}
        </ul>
      </nav>`,
      html`<p class="aside"><a href=${base + props.signOut}>${wordsOf(props, 'signOut').signOut}</a></p>`,
    ],
  })
}

/** A page of the account. */
export function accountText(
  props: AccountFrame & {
    readonly title: string
    /** The title with markup, where it has names in it. */
    readonly heading?: Content
    readonly lead?: Content
    readonly content: Content
    readonly isFirst?: boolean
  },
): string {
  const { frame, base, title, lead, problem } = props
  const words = wordsOf(props, 'account')
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${props.heading ?? title}</h1>
      ${lead && html`<p class="lead">${lead}</p>`}
    </div>
    ${problemNotice(problem && plainText(problem, 240))}
    ${props.isDone && html`<div role="status">${notice('good', html`<p>${words.done}</p>`)}</div>`}
    ${props.content}
    ${!props.isFirst && html`<p class="aside"><a href=${base + ACCOUNT_PATHS.overview}>${words.back}</a></p>`}
  </div>`
  return pageText({ frame, title: tabTitle(props, title, Boolean(problem)), content })
}

/** A form with one button, and what it posts besides `csrf`. */
export function oneButton(
  { action, csrf }: AccountFrame,
  label: Content,
  decision: string,
  values: Readonly<Record<string, string>> = {},
  look: 'secondary' | 'link' = 'secondary',
): Markup {
  return html`<form method="post" action=${action}>
    ${hidden({ csrf, ...values })}
    ${look === 'link' ? submit(look, label, decision) : html`<div class="actions">${submit(look, label, decision)}</div>`}
  </form>`
}

/** The link to the rest of a list. @param cursor where it goes on; null for nothing more */
export function more(page: AccountFrame, cursor: string | null): Content {
  return (
    cursor !== null &&
    html`<p class="aside"><a href=${`${page.action}?cursor=${encodeURIComponent(cursor)}`}>${wordsOf(page, 'account').more}</a></p>`
  )
}

/** A moment, precise to the minute. @param at milliseconds since 1970 */
export function moment({ frame }: { readonly frame: Frame }, at: number): Markup {
  return html`<time datetime=${new Date(at).toISOString()}>${frame.language.moment(at)}</time>`
}
