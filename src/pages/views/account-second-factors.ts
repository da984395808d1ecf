// The pages where people manage their authenticator apps and recovery codes.
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { appKey, codeField } from './enrolment.ts'
import { hidden, submit } from './form.ts'
import { html } from './markup.ts'
import { plainText } from './plain-text.ts'

/** The forms post `csrf` and `decision`: `set_up`, `add`, `renew_codes`, or `remove` with `authenticator`. */
export interface AccountSecondFactorsProps extends AccountFrame {
  readonly apps: readonly {
    readonly id: string
    readonly name: string
    /** Milliseconds since 1970. */
    readonly createdAt: number
    readonly lastUsedAt: number | null
  }[]
  /** How many recovery codes are left; null for a person without any. */
  readonly codesLeft: number | null
  /** Whether the person can set up a first second factor. */
  readonly canSetUp: boolean
  /** Whether the person can add an app to other second factors. */
  readonly canAdd: boolean
  readonly canRenew: boolean
}

const words = {
  title: 'Second step',
  lead: 'Besides your password, a code of an app on your phone is asked for when you sign in.',
  none: 'You have no authenticator app.',
  added: 'Set up',
  used: 'Last used',
  never: 'never',
  remove: 'Remove this app',
  setUp: 'Set up an authenticator app',
  add: 'Add an authenticator app',
  addLead: 'Scan the QR code with the app, then enter the code that the app shows.',
  submitAdd: 'Add the app',
  codes: 'Recovery codes',
  left: (count: number) => (count === 1 ? 'One code is left.' : `${count} codes are left.`),
  noCodes: 'You have none.',
  renew: 'Make new recovery codes',
  renewHint: 'The former codes stop working.',
  codesTitle: 'Save your new recovery codes',
  codesLead: 'If you lose your device, each of these codes lets you sign in once. They are not shown again.',
  codesHint: 'Print them, or keep them in a password manager.',
}

/** The page with the apps and the number of recovery codes. */
export function accountSecondFactors(props: AccountSecondFactorsProps): string {
  const { apps, codesLeft } = props
  return accountText({
    ...props,
    title: words.title,
    lead: words.lead,
    content: [
      apps.length > 0
        ? html`<ul class="scopes">
            ${apps.map(
              (app) => html`<li>
                <strong><bdi>${plainText(app.name, 64)}</bdi></strong>
                <p class="hint">${words.added}: ${moment(app.createdAt)}</p>
                <p class="hint">${words.used}: ${app.lastUsedAt === null ? words.never : moment(app.lastUsedAt)}</p>
                ${oneButton(props, words.remove, 'remove', { authenticator: app.id }, 'link')}
              </li>`,
            )}
          </ul>`
        : html`<p>${words.none}</p>`,
      props.canSetUp && oneButton(props, words.setUp, 'set_up'),
      props.canAdd && oneButton(props, words.add, 'add'),
      props.canRenew &&
        html`<section class="asked">
          <h2><strong>${words.codes}</strong></h2>
          <p>${codesLeft === null ? words.noCodes : words.left(codesLeft)} ${codesLeft !== null && words.renewHint}</p>
          ${oneButton(props, words.renew, 'renew_codes')}
        </section>`,
    ],
  })
}

/** The page that shows another app. Its form posts `csrf`, `enrolment`, `code` and `decision=confirm`. */
export function addedApp(
  props: AccountFrame & {
    readonly app: { readonly id: string; readonly key: string; readonly uri: string }
    /** The e-mail of the person. */
    readonly account: string
  },
): string {
  const { app, account, action, csrf, problem } = props
  return accountText({
    ...props,
    title: words.add,
    lead: words.addLead,
    content: [
      appKey({ ...app, account }),
      html`<form class="stack" method="post" action=${action}>
        ${hidden({ csrf, enrolment: app.id, decision: 'confirm' })}
        ${codeField(problem !== undefined)}
        <div class="actions">${submit('primary', words.submitAdd)}</div>
      </form>`,
    ],
  })
}

/** The page with recovery codes that were just made. */
export function renewedCodes(props: AccountFrame & { readonly codes: readonly string[] }): string {
  return accountText({
    ...props,
    title: words.codesTitle,
    lead: words.codesLead,
    content: [
      html`<ul class="codes">
        ${props.codes.map((code) => html`<li><code>${code}</code></li>`)}
      </ul>`,
      html`<p class="hint">${words.codesHint}</p>`,
    ],
  })
}
