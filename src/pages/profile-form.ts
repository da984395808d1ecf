// The fields of forms that ask people for the attributes of their realm, and what is wrong with what they typed.
import {
  type AttributeValue,
  attributeOf,
  type Described,
  flawOfValue,
  pathOf,
  typedValue,
  type ValueFlaw,
} from '#domain/profile-attribute/attribute-value.ts'
import { declaredFor, isOwn } from '#domain/profile-attribute/profile-attribute.service.ts'
import { type ProfileAttribute, textIn } from '#domain/profile-attribute/profile-attribute.ts'
import { Failure } from '#kernel/error.ts'
import type { RealmRequest } from '#web/realm-request.ts'
import { wordsFor } from './page-reply.ts'
import type { Field } from './views/form.ts'
import { plainText } from './views/plain-text.ts'

/** What is wrong, by the name of the attribute. */
export type Problems = ReadonlyMap<string, string>

/** What a form said of attributes, and what is wrong with it. */
export interface TypedProfile {
  readonly values: ReadonlyMap<string, AttributeValue | null>
  readonly problems: Problems
}

/** The attributes that the page asks for on which people make an account. */
export function askedAtRegistration({ realm }: RealmRequest): ProfileAttribute[] {
  return declaredFor({ realm }).filter((one) => isOwn(one) && (one.required || one.atRegistration))
}

/** The attributes of the account page, in the order of the realm. */
export function shownOnAccount({ realm }: RealmRequest): ProfileAttribute[] {
  return declaredFor({ realm }).filter(({ onAccountPage }) => onAccountPage)
}

/** Reads what a form says of attributes. */
export function typedProfile(realmRequest: RealmRequest, attributes: readonly ProfileAttribute[]): TypedProfile {
  const values = new Map<string, AttributeValue | null>()
  const problems = new Map<string, string>()
  for (const one of attributes) {
    const value = typedValue(one, realmRequest.form.get(inputOf(one)))
    const flaw: ValueFlaw | undefined =
      value === null ? (one.required ? { kind: 'needed' } : undefined) : flawOfValue(one, value)
    values.set(one.name, value)
    if (flaw) problems.set(one.name, say(realmRequest, flaw))
  }
  return { values, problems }
}

/** Which values of a form another user has, from a failure. @throws the error, if it is about anything else */
export function problemsOf(
  error: unknown,
  realmRequest: RealmRequest,
  attributes: readonly ProfileAttribute[],
): Problems {
  const words = wordsFor(realmRequest, 'profile')
  const flawed = error instanceof Failure ? (error.detail.flaws ?? []) : []
  const taken = attributes.filter((one) => flawed.some(({ path }) => path === pathOf(one)))
  const isUsername = error instanceof Failure && error.code === 'already_exists' && flawed.length === 0
  const named = isUsername ? attributes.filter(({ name }) => name === 'preferred_username') : taken
  if (named.length === 0 || !(error instanceof Failure) || error.code !== 'already_exists') throw error
  return new Map(named.map(({ name }) => [name, words.taken]))
}

/**
 * The fields of a form.
 * @param shown whose values stand in it before the person types any, and the problems where it is shown again
 */
export function profileFields(
  realmRequest: RealmRequest,
  attributes: readonly ProfileAttribute[],
  { user, problems }: { readonly user?: Described; readonly problems?: Problems | undefined } = {},
): Field[] {
  const isAgain = realmRequest.method === 'POST'
  return attributes.map((one) => {
    const typed = realmRequest.form.get(inputOf(one))
    const value = isAgain ? typed : user && textOf(attributeOf(user, one))
    return { ...fieldFor(realmRequest, one), value, problem: problems?.get(one.name) }
  })
}

/** What is wrong with a form: the sentence above it, and the name of the field that it is about. */
export interface FormFlaw {
  readonly problem: string
  readonly problemAt?: string
}

/** The sentence above a form with problems, and the name of the field that it is about. */
export function firstProblem(
  realmRequest: RealmRequest,
  attributes: readonly ProfileAttribute[],
  problems: Problems,
): FormFlaw | undefined {
  const first = attributes.find(({ name }) => problems.has(name))
  if (!first) return undefined
  return { problem: `${labelOf(realmRequest, first)}: ${problems.get(first.name)}`, problemAt: inputOf(first) }
}

/** What people read as the name of an attribute. */
export function labelOf({ language, realm }: RealmRequest, { name, label }: ProfileAttribute): string {
  const text = name.replaceAll('_', ' ')
  return plainText(textIn(label, language.tag, { language: realm.defaultLanguage, text }), 80)
}

/** What people read as the value of an attribute. */
export function valueShown(
  realmRequest: RealmRequest,
  attribute: ProfileAttribute,
  user: Described,
): string | undefined {
  const words = wordsFor(realmRequest, 'profile')
  const value = attributeOf(user, attribute)
  if (typeof value === 'boolean') return value ? words.yes : words.no
  const text = textOf(value)
  return text === undefined ? undefined : plainText(text, 254)
}

function textOf(value: unknown): string | undefined {
  if (value === true) return 'yes'
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function inputOf({ name }: ProfileAttribute): string {
  return `attribute-${name}`
}

const AUTOCOMPLETE: Readonly<Record<string, Field['autocomplete']>> = {
  name: 'name',
  given_name: 'given-name',
  family_name: 'family-name',
  middle_name: 'additional-name',
  nickname: 'nickname',
  phone_number: 'tel',
  birthdate: 'bday',
  website: 'url',
  title: 'organization-title',
}

function fieldFor(realmRequest: RealmRequest, attribute: ProfileAttribute): Field {
  const { name, type, required, options, minLength, maxLength } = attribute
  const words = wordsFor(realmRequest, 'profile')
  const label = labelOf(realmRequest, attribute)
  const isText = type === 'text' && options.length === 0
  return {
    name: inputOf(attribute),
    label: required || type === 'boolean' ? label : words.optional(label),
    type: type === 'date' ? 'date' : type === 'boolean' ? 'checkbox' : 'text',
    autocomplete: AUTOCOMPLETE[name] ?? 'off',
    inputMode: type === 'integer' ? 'numeric' : 'text',
    hint: isText && minLength > 1 ? words.length(minLength, maxLength) : undefined,
    optional: !required || type === 'boolean',
    ...(options.length > 0 && {
      choices: [{ value: '', label: words.choose }, ...options.map((value) => ({ value, label: value }))],
    }),
  }
}

function say(realmRequest: RealmRequest, flaw: ValueFlaw): string {
  const words = wordsFor(realmRequest, 'profile')
  if (flaw.kind === 'needed') return words.needed
  if (flaw.kind === 'notInteger') return words.wrongNumber
  return flaw.kind === 'length' ? words.length(flaw.least, flaw.most) : words.wrong
}
