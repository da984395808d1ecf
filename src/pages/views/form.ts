// The inputs of forms.
import type { Language } from '#language/language.ts'
import { type Content, html, type Markup } from './markup.ts'

/** One labelled input. */
export interface Field {
  /** Its name in the form and its id in the page. */
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'password' | 'date' | 'checkbox'
  /** The values of a choice, of which one is selected; the first of them is shown for none. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[] | undefined
  readonly autocomplete:
    | 'username'
    | 'username webauthn'
    | 'name'
    | 'current-password'
    | 'new-password'
    | 'one-time-code'
    | 'off'
    | 'given-name'
    | 'family-name'
    | 'additional-name'
    | 'nickname'
    | 'tel'
    | 'bday'
    | 'url'
    | 'organization-title'
  /** The on-screen keyboard for a `text` field. Default: for an e-mail address. */
  readonly inputMode?: 'email' | 'text' | 'numeric' | 'tel'
  readonly value?: string | undefined
  /** A rule, shown before it is broken. */
  readonly hint?: string | undefined
  /** What is wrong with this field's value. */
  readonly problem?: string | undefined
  /** The id of a notice that explains what is wrong with several fields at once. */
  readonly problemId?: string | undefined
  /** Whether the notice of `problemId` means this field's value. */
  readonly invalid?: boolean
  readonly autofocus?: boolean
  readonly readonly?: boolean
  readonly minLength?: number | undefined
  readonly optional?: boolean
}

/**
 * A labelled input with its hint and problem, tied together for assistive technology. An e-mail address is asked for in
 * a `text` input: browsers' own check of `email` refuses addresses with letters outside ASCII (RFC 6531).
 */
export function field(field: Field): Markup {
  if (field.type === 'checkbox') return checkbox(field)
  const { name, hint, problem } = field
  const described = [problem && `${name}-problem`, field.problemId, hint && `${name}-hint`].filter(Boolean).join(' ')
  return html`<div class="field">
    <label for=${name}>${field.label}</label>
    ${hint && html`<p class="hint" id=${`${name}-hint`}>${hint}</p>`}
    ${problem && html`<p class="field-problem" id=${`${name}-problem`}>${problem}</p>`}
    ${field.choices ? select(field, field.choices, described) : input(field, described)}
  </div>`
}

function checkbox({ name, label, value, optional }: Field): Markup {
  return html`<p class="choice">
    <input id=${name} name=${name} type="checkbox" value="yes" checked=${value === 'yes'} required=${!optional} />
    <label for=${name}>${label}</label>
  </p>`
}

function select(field: Field, choices: NonNullable<Field['choices']>, described: string): Markup {
  const { name } = field
  return html`<select
    id=${name}
    name=${name}
    autocomplete=${field.autocomplete}
    required=${!field.optional}
    aria-invalid=${field.problem || field.invalid ? 'true' : undefined}
    aria-describedby=${described || undefined}
  >
    ${choices.map(({ value, label }) => html`<option value=${value} selected=${value === (field.value ?? '')}>${label}</option>`)}
  </select>`
}

function input(field: Field, described: string): Markup {
  const { name, problem } = field
  return html`<input
      id=${name}
      name=${name}
      type=${field.type}
      autocomplete=${field.autocomplete}
      value=${field.value}
      inputmode=${field.type === 'text' ? (field.inputMode ?? 'email') : undefined}
      autocapitalize="none"
      autocorrect="off"
      spellcheck="false"
      required=${!field.optional}
      readonly=${field.readonly}
      autofocus=${field.autofocus}
      minlength=${field.minLength}
      aria-invalid=${problem || field.invalid ? 'true' : undefined}
      aria-describedby=${described || undefined}
    />`
}

/** The box with which a person chooses not to be asked for a second factor in a browser. @param days 0 for no box */
export function rememberBox({ language }: { readonly language: Language }, days: number): Content {
  if (days === 0) return undefined
  const label = language.messages.secondFactor.remember(days)
  return html`<p class="choice">
    <input id="remember" name="remember" type="checkbox" value="yes" />
    <label for="remember">${label}</label>
  </p>`
}

/** Hidden inputs, one for each entry that has a value. */
export function hidden(entries: Readonly<Record<string, string | undefined>>): Content {
  return Object.entries(entries).map(
    ([name, value]) => value !== undefined && html`<input type="hidden" name=${name} value=${value} />`,
  )
}

/**
 * A submit button; with a `decision`, the form says which button was pressed.
 * @param options.isChecked whether the browser looks first at whether all fields are filled in. Default: yes
 */
export function submit(
  look: 'primary' | 'secondary' | 'link',
  text: Content,
  decision?: string,
  { isChecked = true }: { readonly isChecked?: boolean } = {},
): Markup {
  const name = decision === undefined ? undefined : 'decision'
  return html`<button class=${`button ${look}`} type="submit" name=${name} value=${decision} formnovalidate=${!isChecked}><span>${text}</span></button>`
}
