// The pages where people manage their authenticator apps, telephones and recovery codes.
import { type AccountFrame, accountText, moment, oneButton } from './account.ts'
import { appKey, codeField, codeList } from './enrolment.ts'
import { field, hidden, submit } from './form.ts'
import { wordsOf } from './layout.ts'
import { type Content, html, type Markup } from './markup.ts'
import { plainText } from './plain-text.ts'
import { phoneName } from './second-factor.ts'

interface ShownFactor {
  readonly id: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/**
 * The forms post `csrf` and `decision`: `set_up`, `add`, `renew_codes`, `send_code` with `number`, or `remove` and
 * `remove_phone` with `authenticator`.
 */
export interface AccountSecondFactorsProps extends AccountFrame {
  readonly apps: readonly ShownFactor[]
  readonly phones: readonly ShownFactor[]
  /** Whether the person can add a telephone. */
  readonly offersPhone: boolean
  /** The number as it was typed, where the form is shown again. */
  readonly number: string | undefined
  /** How many recovery codes are left; null for a person without any. */
  readonly codesLeft: number | null
  /** What the realm asks the person for in the second step. */
  readonly asks: { readonly app: boolean; readonly sms: boolean; readonly passkey: boolean }
  /** How the person can set up an app: as the first second factor, or besides another one. */
  readonly offer: 'set_up' | 'add' | undefined
  /** Whether the person has a second factor, for which recovery codes stand in. */
  readonly hasSecond: boolean
}

/** The page with the apps and the number of recovery codes. */
export function accountSecondFactors(props: AccountSecondFactorsProps): string {
  const { apps, asks, codesLeft } = props
  const words = wordsOf(props, 'secondFactors')
  return accountText({
    ...props,
    title: words.title,
    lead: leadOf(props),
    content: [
      apps.length > 0
        ? factorList(props, apps, { label: words.remove, decision: 'remove' })
        : (props.offer || asks.app) && html`<p>${words.none}</p>`,
      props.offer && oneButton(props, props.offer === 'add' ? words.add : words.setUp, props.offer),
      (props.phones.length > 0 || props.offersPhone) && phonePart(props),
      props.hasSecond &&
        html`<section class="asked">
          <h2><strong>${words.codes}</strong></h2>
          <p>${codesLeft === null ? words.noCodes : words.left(codesLeft)} ${codesLeft !== null && words.renewHint}</p>
          ${oneButton(props, words.renew, 'renew_codes')}
        </section>`,
    ],
  })
}

function factorList(
  props: AccountFrame,
  factors: readonly ShownFactor[],
  removal: { readonly label: string; readonly decision: string },
): Markup {
  const [words, shared] = [wordsOf(props, 'secondFactors'), wordsOf(props, 'account')]
  const fact = wordsOf(props, 'form').fact<Content>
  return html`<ul class="scopes">
    ${factors.map(
      ({ id, name, createdAt, lastUsedAt }) => html`<li>
        <strong>${removal.decision === 'remove' ? html`<bdi>${plainText(name, 64)}</bdi>` : phoneName(name)}</strong>
        <p class="hint">${fact(words.added, moment(props, createdAt))}</p>
        <p class="hint">${fact(shared.lastUsed, lastUsedAt === null ? shared.never : moment(props, lastUsedAt))}</p>
        ${oneButton(props, removal.label, removal.decision, { authenticator: id }, 'link')}
      </li>`,
    )}
  </ul>`
}

function phonePart(props: AccountSecondFactorsProps): Markup {
  const { action, csrf, phones, offersPhone, number } = props
  const words = wordsOf(props, 'secondFactors')
  return html`<section class="asked">
    <h2><strong>${words.phones}</strong></h2>
    ${phones.length > 0 ? factorList(props, phones, { label: words.removePhone, decision: 'remove_phone' }) : html`<p>${words.phonesHint}</p>`}
    ${
      offersPhone &&
      html`<form class="stack" method="post" action=${action}>
        ${hidden({ csrf, decision: 'send_code' })}
        ${field({
          name: 'number',
          label: words.number,
          type: 'text',
          inputMode: 'tel',
          autocomplete: 'tel',
          value: number,
          problemId: number === undefined ? undefined : 'problem',
          invalid: number !== undefined,
        })}
        <div class="actions">${submit('secondary', words.sendCode)}</div>
      </form>`
    }
  </section>`
}

/** The page that asks for the code of a telephone. Its form posts `csrf`, `enrolment`, `code` and `decision=confirm_phone`. */
export function addedPhone(
  props: AccountFrame & { readonly phone: { readonly id: string; readonly number: string } },
): string {
  const { action, csrf, phone, problem } = props
  const [words, shared] = [wordsOf(props, 'secondFactors'), wordsOf(props, 'secondFactor').sms]
  return accountText({
    ...props,
    title: words.addPhone,
    lead: html`${shared.sent<Content>(phoneName(phone.number))}`,
    content: html`<form class="stack" method="post" action=${action}>
      ${hidden({ csrf, enrolment: phone.id, decision: 'confirm_phone' })}
      ${codeField(props, problem !== undefined, shared.label)}
      <div class="actions">${submit('primary', words.submitPhone)}</div>
    </form>`,
  })
}

function leadOf(props: AccountSecondFactorsProps): string {
  const { asks, offer } = props
  const words = wordsOf(props, 'secondFactors')
  if (asks.app) return asks.passkey ? words.asksBoth : words.asksApp
  if (asks.passkey) return words.asksPasskey
  if (asks.sms) return words.asksPhone
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
