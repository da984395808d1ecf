// The parts that the pages of a person's own account share, and the first of these pages.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
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

/** The form posts `csrf` and `name`. */
export interface AccountProps extends AccountFrame {
  readonly account: { readonly name: string | null; readonly email: string; readonly emailVerified: boolean }
  /** What the form said, where it is shown again. */
  readonly typed?: string | undefined
  /** The other pages: paths below the base. */
  readonly parts: readonly { readonly path: string; readonly label: string; readonly hint: string }[]
  /** The path of the page to sign out. */
  readonly signOut: string
}

const words = {
  error: 'Error: ',
  title: 'Your account',
  back: 'Back to your account',
  done: 'Done. The change is saved.',
  more: 'Show more',
  email: 'E-mail',
  verified: 'verified',
  unverified: 'not verified',
  name: 'Name',
  saveName: 'Save the name',
  parts: 'Parts of your account',
  signOut: 'Sign out',
}

/** The first page: who the person is, and the way to the other pages. */
export function account(props: AccountProps): string {
  const { account: person, problem, base } = props
  return accountText({
    ...props,
    title: words.title,
    isFirst: true,
    content: [
      html`<dl class="facts">
        <div>
          <dt>${words.email}</dt>
          <dd><bdi>${plainText(person.email, 254)}</bdi> (${person.emailVerified ? words.verified : words.unverified})</dd>
        </div>
      </dl>`,
      html`<form class="stack" method="post" action=${props.action}>
        ${hidden({ csrf: props.csrf })}
        ${field({
          name: 'name',
          label: words.name,
          type: 'text',
          inputMode: 'text',
          autocomplete: 'name',
          value: props.typed ?? person.name ?? undefined,
          optional: true,
          problemId: problem && 'problem',
          invalid: problem !== undefined,
        })}
        <div class="actions">${submit('secondary', words.saveName)}</div>
      </form>`,
      html`<nav aria-label=${words.parts}>
        <ul class="scopes">
          ${props.parts.map(
            ({ path, label, hint }) => html`<li><a href=${base + path}>${label}</a><p class="hint">${hint}</p></li>`,
          )}
        </ul>
      </nav>`,
      html`<p class="aside"><a href=${base + props.signOut}>${words.signOut}</a></p>`,
    ],
  })
}

/** A page of the account. */
export function accountText(
  props: AccountFrame & {
    readonly title: string
    readonly lead?: Content
    readonly content: Content
    readonly isFirst?: boolean
  },
): string {
  const { frame, base, title, lead, problem } = props
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${title}</h1>
      ${lead && html`<p class="lead">${lead}</p>`}
    </div>
    ${problemNotice(problem && plainText(problem, 240))}
    ${props.isDone && html`<div role="status">${notice('good', html`<p>${words.done}</p>`)}</div>`}
    ${props.content}
    ${!props.isFirst && html`<p class="aside"><a href=${base + ACCOUNT_PATHS.overview}>${words.back}</a></p>`}
  </div>`
  return pageText({ frame, title: (problem ? words.error : '') + title, content })
}

/** A form with one button, and what it posts besides `csrf`. */
export function oneButton(
  { action, csrf }: AccountFrame,
  label: string,
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
export function more({ action }: AccountFrame, cursor: string | null): Content {
  return (
    cursor !== null &&
    html`<p class="aside"><a href=${`${action}?cursor=${encodeURIComponent(cursor)}`}>${words.more}</a></p>`
  )
}

/** A moment, precise to the minute. @param at milliseconds since 1970 */
export function moment(at: number): Markup {
  const text = new Date(at).toISOString()
  return html`<time datetime=${text}>${text.slice(0, 16).replace('T', ' ')} UTC</time>`
}
