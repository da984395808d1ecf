// The pages where people keep their passkeys.
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { field, hidden, submit } from './form.ts'
import { wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { type PasskeyFormProps, passkeyForm } from './passkey.ts'
import { plainText, plainValue } from './plain-text.ts'

/** A passkey as its owner sees it. Times are milliseconds since 1970. */
export interface ShownPasskey {
  readonly id: string
  readonly name: string
  /** The name of the password manager or key, as far as it is known. */
  readonly provider: string | undefined
  readonly createdAt: number
  readonly lastUsedAt: number | null
  /** Whether it works for the realm's host. */
  readonly works: boolean
}

/** The forms post `csrf`, `decision` (add, rename or remove), and `passkey` for one that is there. */
export interface PasskeysProps extends AccountFrame {
  /** The e-mail of the person. */
  readonly account: string
  readonly passkeys: readonly ShownPasskey[]
  /** Whether the person has a password and no second factor so far. */
  readonly passwordOnly: boolean
  readonly add: PasskeyFormProps
}

/** The page of one passkey. */
export interface PasskeyProps extends AccountFrame {
  readonly passkey: ShownPasskey
  /** Whether the problem is about the name. */
  readonly isNameWrong: boolean
}

/** The page with all passkeys of a person. */
export function passkeys(props: PasskeysProps): string {
  const { frame, action, csrf } = props
  const words = wordsOf(props, 'passkeys')
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      html`<p class="hint">${wordsOf(props, 'form').fact<Content>(words.account, html`<bdi>${plainText(props.account, 320)}</bdi>`)}</p>`,
      props.passkeys.length === 0
        ? html`<p>${words.none}</p>`
        : html`<ul class="scopes">
            ${props.passkeys.map((one) => row(props, one))}
          </ul>`,
      props.passwordOnly && html`<p class="hint">${words.asks}</p>`,
      passkeyForm(props.add, { frame, action, fields: { csrf, decision: 'add' }, label: words.add, look: 'primary' }),
      html`<noscript><p>${words.noScript}</p></noscript>`,
    ],
  })
}

/** The page on which a passkey is renamed or removed. */
export function passkey(props: PasskeyProps): string {
  const { action, csrf, passkey: one, isNameWrong } = props
  const words = wordsOf(props, 'passkeys')
  return accountText({
    ...props,
    title: words.oneTitle,
    lead: html`<bdi>${plainText(one.name, 64)}</bdi>`,
    content: [
      html`<form class="stack" method="post" action=${action}>
        ${hidden({ csrf, passkey: one.id })}
        ${field({
          name: 'name',
          label: wordsOf(props, 'account').name,
          type: 'text',
          inputMode: 'text',
          autocomplete: 'off',
          value: plainValue(one.name),
          problemId: isNameWrong ? 'problem' : undefined,
          invalid: isNameWrong,
        })}
        <div class="actions">${submit('primary', words.save, 'rename')}</div>
      </form>`,
      html`<p class="hint">${words.removeHint}</p>`,
      oneButton(props, words.remove, 'remove', { passkey: one.id }),
      html`<form method="get" action=${action}>${submit('link', words.back)}</form>`,
    ],
  })
}

function row(page: AccountFrame, { id, name, provider, createdAt, lastUsedAt, works }: ShownPasskey): Markup {
  const [words, shared] = [wordsOf(page, 'passkeys'), wordsOf(page, 'account')]
  const fact = wordsOf(page, 'form').fact<Content>
  return html`<li>
    <strong><bdi>${plainText(name, 64)}</bdi></strong>
    ${provider && provider !== name && html`<span><bdi>${provider}</bdi></span>`}
    <p class="hint">${fact(words.added, moment(page, createdAt))}</p>
    <p class="hint">${fact(shared.lastUsed, lastUsedAt === null ? shared.never : moment(page, lastUsedAt))}</p>
    ${!works && html`<span class="hint">${words.elsewhere}</span>`}
    <form method="get" action=${page.action}>${hidden({ passkey: id })} ${submit('link', words.change)}</form>
  </li>`
}
