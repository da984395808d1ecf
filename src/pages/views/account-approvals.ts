// The pages where people see what clients ask them to approve, and decide.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { badge, type ConsentDetail, type ConsentProps, type ConsentScope, detailed, scopeText } from './consent.ts'
import { hidden, submit } from './form.ts'
import { type Content, html, type Markup } from './markup.ts'
import { notice } from './notice.ts'
import { plainHost, plainText } from './plain-text.ts'

/** Who asks. */
export type AskingClient = ConsentProps['client']

/** A request that waits. */
interface WaitingItem {
  readonly id: string
  readonly client: AskingClient
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly expiresAt: number
}

/** The forms post `csrf`, `request` and `decision`: `deny`. */
export interface AccountApprovalsProps extends AccountFrame {
  readonly waiting: readonly WaitingItem[]
  readonly decided: readonly {
    readonly name: string
    readonly isApproved: boolean
    readonly at: number
    /** What was approved. */
    readonly scopes: readonly string[]
  }[]
}

/** The form posts `csrf`, `request`, `decision` (`approve` or `deny`), and `scope_N` and `detail_N` for what is approved. */
export interface AccountApprovalProps extends AccountFrame, WaitingItem {
  readonly bindingMessage: string | undefined
  readonly resource?: { readonly name: string } | undefined
  readonly scopes: readonly ConsentScope[]
  /** In the order of the request; undefined for one that nobody describes any more. */
  readonly details: readonly (ConsentDetail | undefined)[]
  /** The address of the account. */
  readonly account: string
}

const words = {
  title: 'Approvals',
  lead: 'What apps ask you to approve while you are elsewhere.',
  none: 'No app waits for your approval.',
  unnamed: 'An app without a name',
  look: 'Look at it',
  deny: 'Deny',
  asked: 'Asked',
  until: 'until',
  decided: 'What you decided lately',
  approved: 'Approved',
  denied: 'Denied',
  oneTitle: (client: string) => `Approve what ${client} asks?`,
  message: 'The app shows',
  warning:
    'Approve only if you have just started this yourself, and the app shows the same message. If you do not expect it, deny: whoever uses that app would be using your account.',
  warningAlone:
    'Approve only if you have just started this yourself. If you do not expect it, deny: whoever uses that app would be using your account.',
  may: 'It will be able to:',
  mayAt: (resource: Content): Content => ['At ', resource, ' it will be able to:'],
  narrow: 'Uncheck what you do not want to allow.',
  account: 'Signed in as',
  approve: 'Approve',
}

/** The list of the requests that wait, and of what was decided. */
export function accountApprovals(props: AccountApprovalsProps): string {
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      props.waiting.length > 0
        ? html`<ul class="scopes">${props.waiting.map((item) => waitingItem(props, item))}</ul>`
        : html`<p>${words.none}</p>`,
      props.decided.length > 0 &&
        html`<section class="asked">
          <h2 id="decided">${words.decided}</h2>
          <ul class="scopes" aria-labelledby="decided">${props.decided.map(decidedItem)}</ul>
        </section>`,
    ],
  })
}

function waitingItem(props: AccountApprovalsProps, { id, client, createdAt, expiresAt }: WaitingItem): Markup {
  return html`<li class="stack">
    <div>
      <strong><bdi>${nameOf(client)}</bdi></strong>
      ${client.host && html` <span class="host"><bdi>${plainHost(client.host)}</bdi></span>`}
      <p class="hint">${words.asked}: ${moment(createdAt)}, ${words.until} ${moment(expiresAt)}</p>
    </div>
    <p><a href=${`${props.action}?request=${encodeURIComponent(id)}`}>${words.look}</a></p>
    ${oneButton(props, words.deny, 'deny', { request: id }, 'link')}
  </li>`
}

function decidedItem({ name, isApproved, at, scopes }: AccountApprovalsProps['decided'][number]): Markup {
  return html`<li>
    <strong><bdi>${plainText(name, 64) || words.unnamed}</bdi></strong>
    <p class="hint">${isApproved ? words.approved : words.denied}: ${moment(at)}</p>
    ${scopes.length > 0 && html`<p class="hint"><code><bdi>${plainText(scopes.join(' '), 400)}</bdi></code></p>`}
  </li>`
}

/** The page with one request. */
export function accountApproval(props: AccountApprovalProps): string {
  const { client, frame, bindingMessage, resource } = props
  const brand = plainText(frame.brand.name, 60)
  const name = nameOf(client)
  return accountText({
    ...props,
    title: words.oneTitle(name),
    content: html`<form class="stack" method="post" action=${props.action}>
      ${hidden({ csrf: props.csrf, request: props.id })}
      <p class="badges">
        ${client.host && html`<span class="host"><bdi>${plainHost(client.host)}</bdi></span>`}
        ${badge(client, brand)}
      </p>
      ${notice('caution', html`<p>${bindingMessage === undefined ? words.warningAlone : words.warning}</p>`)}
      <dl class="facts">
        ${
          bindingMessage !== undefined &&
          html`<div><dt>${words.message}</dt><dd><strong><bdi>${plainText(bindingMessage, 128)}</bdi></strong></dd></div>`
        }
        <div><dt>${words.asked}</dt><dd>${moment(props.createdAt)}</dd></div>
        <div><dt>${words.account}</dt><dd><bdi>${plainText(props.account, 254)}</bdi></dd></div>
      </dl>
      <section class="asked">
        <h2 id="asked">
          ${resource ? words.mayAt(html`<strong><bdi>${plainText(resource.name, 64)}</bdi></strong>`) : words.may}
        </h2>
        <p class="hint">${words.narrow}</p>
        <ul class="scopes" aria-labelledby="asked">
          ${props.scopes.map((scope, index) => html`<li>${choice(`scope_${index}`, scopeText(scope), scope.name === 'openid')}</li>`)}
        </ul>
      </section>
      ${props.details.map(
        (detail, index) =>
          detail && [
            detailed(detail, `detail-${index}`),
            html`<p>${choice(`detail_${index}`, html`<bdi>${plainText(detail.title, 120)}</bdi>`)}</p>`,
          ],
      )}
      <div class="actions two">
        ${submit('primary', words.approve, 'approve')}
        ${submit('secondary', words.deny, 'deny')}
      </div>
      <p class="aside"><a href=${props.base + ACCOUNT_PATHS.approvals}>${words.title}</a></p>
    </form>`,
  })
}

/** A box that is checked: unchecking it leaves something out. @param isNeeded whether nothing works without it */
function choice(name: string, text: Content, isNeeded = false): Markup {
  return html`<label class="choice" for=${name}>
    <input type="checkbox" id=${name} name=${name} value="yes" checked disabled=${isNeeded} />
    <span>${text}</span>
  </label>`
}

function nameOf({ name }: AskingClient): string {
  return plainText(name, 64) || words.unnamed
}
