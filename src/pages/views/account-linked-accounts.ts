// The page where people manage their linked accounts.
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** The forms post `csrf` and `decision`: `link` with `provider`, or `unlink` with `linked_account`. */
export interface AccountLinkedAccountsProps extends AccountFrame {
  readonly linked: readonly {
    readonly id: string
    /** The name of the provider; null for one at which nobody signs in here now. */
    readonly provider: string | null
    readonly label: string | null
    /** Milliseconds since 1970. */
    readonly createdAt: number
    readonly lastUsedAt: number | null
  }[]
  /** The providers at which no account is linked. */
  readonly others: readonly { readonly id: string; readonly name: string }[]
}

/** The page with the linked accounts, and the providers at which one can be linked. */
export function accountLinkedAccounts(props: AccountLinkedAccountsProps): string {
  const { linked, others } = props
  const [words, shared] = [wordsOf(props, 'linkedAccounts'), wordsOf(props, 'account')]
  const fact = wordsOf(props, 'form').fact<Content>
  const nameOf = (provider: string | null) => html`<bdi>${plainText(provider ?? words.gone, 64)}</bdi>`
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      linked.length > 0
        ? html`<ul class="scopes">
            ${linked.map(
              ({ id, provider, label, createdAt, lastUsedAt }) => html`<li>
                <strong>${nameOf(provider)}</strong>
                ${label !== null && html`<p class="hint"><bdi>${plainText(label, 254)}</bdi></p>`}
                <p class="hint">${fact(words.linked, moment(props, createdAt))}</p>
                <p class="hint">${fact(shared.lastUsed, lastUsedAt === null ? shared.never : moment(props, lastUsedAt))}</p>
                ${oneButton(props, words.unlink(nameOf(provider)), 'unlink', { linked_account: id }, 'link')}
              </li>`,
            )}
          </ul>`
        : html`<p>${words.none}</p>`,
      others.map(({ id, name }) => oneButton(props, words.link(nameOf(name)), 'link', { provider: id })),
    ],
  })
}
