// The pages where people see what clients ask them to approve, and decide.
import { ACCOUNT_PATHS } from '#domain/account/account-paths.ts'
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { badge, type ConsentDetail, type ConsentProps, type ConsentScope, detailed, scopeText } from './consent.ts'
import { hidden, submit } from './form.ts'
import { wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { notice } from './notice.ts'
import { organizationFact } from './organization.ts'
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
  /** The name of the organization that the request is for. */
  readonly organization?: string | undefined
}

/** The list of the requests that wait, and of what was decided. */
export function accountApprovals(props: AccountApprovalsProps): string {
  const words = wordsOf(props, 'approvals')
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
          <ul class="scopes" aria-labelledby="decided">${props.decided.map((item) => decidedItem(props, item))}</ul>
        </section>`,
    ],
  })
}

function waitingItem(props: AccountApprovalsProps, { id, client, createdAt, expiresAt }: WaitingItem): Markup {
  const words = wordsOf(props, 'approvals')
  return html`<li class="stack">
    <div>
      <strong><bdi>${nameOf(props, client)}</bdi></strong>
      ${client.host && html` <span class="host"><bdi>${plainHost(client.host)}</bdi></span>`}
      <p class="hint">${words.askedUntil<Content>(moment(props, createdAt), moment(props, expiresAt))}</p>
    </div>
    <p><a href=${`${props.action}?request=${encodeURIComponent(id)}`}>${words.look}</a></p>
    ${oneButton(props, wordsOf(props, 'form').deny, 'deny', { request: id }, 'link')}
  </li>`
}

function decidedItem(
  props: AccountApprovalsProps,
  { name, isApproved, at, scopes }: AccountApprovalsProps['decided'][number],
): Markup {
  const words = wordsOf(props, 'approvals')
  const decision = isApproved ? words.approved : words.denied
  return html`<li>
    <strong><bdi>${plainText(name, 64) || wordsOf(props, 'accountApps').unnamed}</bdi></strong>
    <p class="hint">${wordsOf(props, 'form').fact<Content>(decision, moment(props, at))}</p>
    ${scopes.length > 0 && html`<p class="hint"><code><bdi>${plainText(scopes.join(' '), 400)}</bdi></code></p>`}
  </li>`
}

/** The page with one request. */
export function accountApproval(props: AccountApprovalProps): string {
  const { client, frame, bindingMessage, resource } = props
  const [words, forms, consents] = [wordsOf(props, 'approvals'), wordsOf(props, 'form'), wordsOf(props, 'consent')]
  const brand = html`<bdi>${plainText(frame.brand.name, 60)}</bdi>`
  const name = nameOf(props, client)
  return accountText({
    ...props,
    title: words.oneTitle(name).join(''),
    heading: words.oneTitle(html`<bdi>${name}</bdi>`),
    content: html`<form class="stack" method="post" action=${props.action}>
      ${hidden({ csrf: props.csrf, request: props.id })}
      <p class="badges">
        ${client.host && html`<span class="host"><bdi>${plainHost(client.host)}</bdi></span>`}
        ${badge(props, brand)}
      </p>
      ${notice('caution', html`<p>${bindingMessage === undefined ? words.warningAlone : words.warning}</p>`)}
      <dl class="facts">
        ${
          bindingMessage !== undefined &&
          html`<div><dt>${words.message}</dt><dd><strong><bdi>${plainText(bindingMessage, 128)}</bdi></strong></dd></div>`
        }
        <div><dt>${words.asked}</dt><dd>${moment(props, props.createdAt)}</dd></div>
        <div><dt>${forms.signedInAs}</dt><dd><bdi>${plainText(props.account, 254)}</bdi></dd></div>
        ${organizationFact(props)}
      </dl>
      <section class="asked">
        <h2 id="asked">
          ${resource ? consents.may(html`<strong><bdi>${plainText(resource.name, 64)}</bdi></strong>`) : consents.mayAlone}
        </h2>
        <p class="hint">${words.narrow}</p>
        <ul class="scopes" aria-labelledby="asked">
          ${props.scopes.map((scope, index) => html`<li>${choice(`scope_${index}`, scopeText(props, scope), scope.name === 'openid')}</li>`)}
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
        ${submit('primary', wordsOf(props, 'device').approve, 'approve')}
        ${submit('secondary', forms.deny, 'deny')}
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

function nameOf(page: AccountFrame, { name }: AskingClient): string {
  return plainText(name, 64) || wordsOf(page, 'accountApps').unnamed
}
