// The pages where people manage their authenticator apps and recovery codes.
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { appKey, CODES_LEAD, codeField, codeList } from './enrolment.ts'
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
  /** What the realm asks the person for in the second step. */
  readonly asks: { readonly app: boolean; readonly passkey: boolean }
  /** How the person can set up an app: as the first second factor, or besides another one. */
  readonly offer: 'set_up' | 'add' | undefined
  /** Whether the person has a second factor, for which recovery codes stand in. */
  readonly hasSecond: boolean
}

const words = {
  title: 'Second step',
  asksBoth: 'In the second step you are asked for a code of your app, or for a passkey.',
  asksApp: 'In the second step you are asked for a code of your app.',
  asksPasskey: 'In the second step you are asked for a passkey.',
  asksNothing: 'You sign in in one step. An authenticator app makes it two.',
  off: 'Authenticator apps are switched off here.',
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
  renewHint: 'New codes replace them.',
  codesTitle: 'Save your new recovery codes',
}

/** The page with the apps and the number of recovery codes. */
export function accountSecondFactors(props: AccountSecondFactorsProps): string {
  const { apps, codesLeft } = props
  return accountText({
    ...props,
    title: words.title,
    lead: leadOf(props),
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
      props.offer && oneButton(props, props.offer === 'add' ? words.add : words.setUp, props.offer),
      props.hasSecond &&
        html`<section class="asked">
          <h2><strong>${words.codes}</strong></h2>
          <p>${codesLeft === null ? words.noCodes : words.left(codesLeft)} ${codesLeft !== null && words.renewHint}</p>
          ${oneButton(props, words.renew, 'renew_codes')}
        </section>`,
    ],
  })
}

function leadOf({ asks, offer }: AccountSecondFactorsProps): string {
  if (asks.app) return asks.passkey ? words.asksBoth : words.asksApp
  if (asks.passkey) return words.asksPasskey
  return offer === undefined ? words.off : words.asksNothing
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
    lead: CODES_LEAD,
    content: codeList(props.codes),
  })
}
