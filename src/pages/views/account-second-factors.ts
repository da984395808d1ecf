// The pages where people manage their authenticator apps and recovery codes.
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { appKey, codeField, codeList } from './enrolment.ts'
import { hidden, submit } from './form.ts'
import { wordsOf } from './layout.ts'
import { type Content, html } from './markup.ts'
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

/** The page with the apps and the number of recovery codes. */
export function accountSecondFactors(props: AccountSecondFactorsProps): string {
  const { apps, codesLeft } = props
  const [words, shared] = [wordsOf(props, 'secondFactors'), wordsOf(props, 'account')]
  const fact = wordsOf(props, 'form').fact<Content>
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
                <p class="hint">${fact(words.added, moment(props, app.createdAt))}</p>
                <p class="hint">${fact(shared.lastUsed, app.lastUsedAt === null ? shared.never : moment(props, app.lastUsedAt))}</p>
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

function leadOf(props: AccountSecondFactorsProps): string {
  const { asks, offer } = props
  const words = wordsOf(props, 'secondFactors')
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
  const { frame, app, account, action, csrf, problem } = props
  const words = wordsOf(props, 'secondFactors')
  return accountText({
    ...props,
    title: words.add,
    lead: words.addLead,
    content: [
      appKey({ frame, ...app, account }),
      html`<form class="stack" method="post" action=${action}>
        ${hidden({ csrf, enrolment: app.id, decision: 'confirm' })}
        ${codeField(props, problem !== undefined)}
        <div class="actions">${submit('primary', words.submitAdd)}</div>
      </form>`,
    ],
  })
}

/** The page with recovery codes that were just made. */
export function renewedCodes(props: AccountFrame & { readonly codes: readonly string[] }): string {
  return accountText({
    ...props,
    title: wordsOf(props, 'secondFactors').codesTitle,
    lead: wordsOf(props, 'enrolment').codesLead,
    content: codeList(props, props.codes),
  })
}
