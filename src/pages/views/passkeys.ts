// The pages where people keep their passkeys.
import { momentOf } from '#domain/mail/letter.ts'
import { field, hidden, submit } from './form.ts'
import { type Frame, pageText } from './layout.ts'
import { html, type Markup } from './markup.ts'
import { noticeOf } from './notice.ts'
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

interface Form {
  readonly frame: Frame
  /** Where the forms are posted: a path on this server. */
  readonly action: string
  readonly csrf: string
}

/** Why a page is shown again. */
export type PasskeysProblem = 'failed' | 'expired' | 'known' | 'many' | 'last' | 'name'

/** The forms post `csrf`, `decision` (add, rename or remove), and `passkey` for one that is there. */
export interface PasskeysProps extends Form {
  /** The e-mail of the person. */
  readonly account: string
  readonly passkeys: readonly ShownPasskey[]
  /** Whether the person has a password and no second factor so far. */
  readonly passwordOnly: boolean
  readonly add: PasskeyFormProps
  readonly problem?: PasskeysProblem | undefined
}

/** The page of one passkey. */
export interface PasskeyProps extends Form {
  readonly passkey: ShownPasskey
  readonly problem?: PasskeysProblem | undefined
}

const words = {
  title: 'Passkeys',
  error: 'Error: ',
  lead: 'You sign in with a passkey by your fingerprint, your face or a PIN, without a password.',
  account: 'Account',
  none: 'You have no passkey yet.',
  asks: 'From your first passkey on, your password alone is not enough: after it you are asked for a passkey, or for a recovery code that you get now.',
  add: 'Add a passkey',
  noScript: 'To add a passkey, turn on JavaScript for this page.',
  change: 'Change',
  added: (time: string) => `Added ${time}`,
  used: (time: string) => `Last used ${time}`,
  unused: 'Never used',
  elsewhere: 'It was made for another address, and does not work here.',
  oneTitle: 'Change a passkey',
  name: 'Name',
  save: 'Save',
  remove: 'Remove this passkey',
  removeHint: 'It stops working at once. Delete it in your password manager too.',
  back: 'Back',
  failed: 'The passkey was not added. Try again.',
  expired: 'That took too long. Try again.',
  known: 'This passkey was added before.',
  many: 'You have as many passkeys as an account can have. Remove one first.',
  last: 'This is your only way to sign in here. Add another passkey first.',
  nameProblem: 'Enter a name of at most 64 characters.',
}

/** The page with all passkeys of a person. */
export function passkeys(props: PasskeysProps): string {
  const { problem, action, csrf } = props
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.title}</h1>
      <p class="lead">${words.lead}</p>
    </div>
    ${noticeOf(problem && textOf(problem))}
    <p class="hint">${words.account}: <bdi>${plainText(props.account, 320)}</bdi></p>
    ${props.passkeys.length === 0 ? html`<p>${words.none}</p>` : html`<ul class="scopes">${props.passkeys.map((one) => row(action, one))}</ul>`}
    ${props.passwordOnly && html`<p class="hint">${words.asks}</p>`}
    ${passkeyForm(props.add, { action, fields: { csrf, decision: 'add' }, label: words.add, look: 'primary' })}
    <noscript><p>${words.noScript}</p></noscript>
  </div>`
  return pageText({ frame: props.frame, title: (problem ? words.error : '') + words.title, content })
}

/** The page on which a passkey is renamed or removed. */
export function passkey({ frame, action, csrf, passkey: one, problem }: PasskeyProps): string {
  const problemText = problem && problem !== 'name' ? textOf(problem) : undefined
  const content = html`<div class="stack">
    <div class="heading">
      <h1>${words.oneTitle}</h1>
      <p class="lead"><bdi>${plainText(one.name, 64)}</bdi></p>
    </div>
    ${noticeOf(problemText)}
    <form class="stack" method="post" action=${action}>
      ${hidden({ csrf, passkey: one.id })}
      ${field({
        name: 'name',
        label: words.name,
        type: 'text',
        inputMode: 'text',
        autocomplete: 'off',
        value: plainValue(one.name),
        problem: problem === 'name' ? words.nameProblem : undefined,
      })}
      <div class="actions">${submit('primary', words.save, 'rename')}</div>
    </form>
    <form class="stack" method="post" action=${action}>
      ${hidden({ csrf, passkey: one.id })}
      <p class="hint">${words.removeHint}</p>
      <div class="actions">${submit('secondary', words.remove, 'remove')}</div>
    </form>
    <form method="get" action=${action}>${submit('link', words.back)}</form>
  </div>`
  return pageText({ frame, title: (problem ? words.error : '') + words.oneTitle, content })
}

function row(action: string, { id, name, provider, createdAt, lastUsedAt, works }: ShownPasskey): Markup {
  const times = [words.added(momentOf(createdAt)), lastUsedAt ? words.used(momentOf(lastUsedAt)) : words.unused]
  return html`<li>
    <strong><bdi>${plainText(name, 64)}</bdi></strong>
    ${provider && provider !== name && html`<span>${provider}</span>`}
    <span class="hint">${times.join(' · ')}</span>
    ${!works && html`<span class="hint">${words.elsewhere}</span>`}
    <form method="get" action=${action}>${hidden({ passkey: id })} ${submit('link', words.change)}</form>
  </li>`
}

function textOf(problem: PasskeysProblem): string {
  return problem === 'name' ? words.nameProblem : words[problem]
}
