// The values of profile attributes: where a user has them, and what is valid.
import { label } from '#kernel/field.ts'
import { nameKey } from '#kernel/identity-text.ts'
import { type User, UserPatch } from '../user/user.ts'
import { fieldOf, type ProfileAttribute } from './profile-attribute.ts'
import { matchesPattern } from './value-pattern.ts'

/** What a user has of an attribute. */
export type AttributeValue = string | number | boolean

const FREE_TEXT = label(1000)

/** What of a user holds the values of attributes. */
export type Described = Pick<User, 'attributes'> & Partial<User>

/** What is wrong with a value. */
export type ValueFlaw =
  | { readonly kind: 'needed' | 'notText' | 'notInteger' | 'notBoolean' | 'notDate' | 'notMatching' | 'notOption' }
  | { readonly kind: 'length'; readonly least: number; readonly most: number }
  /** The field of the user refuses it. */
  | { readonly kind: 'field'; readonly message: string }

type Named = Pick<ProfileAttribute, 'name'>

/** What a user has of an attribute, whatever it is; null for nothing. */
export function attributeOf(user: Described, { name }: Named): unknown {
  const field = fieldOf(name)
  if (field) return user[field] ?? null
  return Object.hasOwn(user.attributes, name) ? (user.attributes[name] ?? null) : null
}

/** Where the input of an operation has an attribute. */
export function pathOf({ name }: Named): string {
  return fieldOf(name) ?? `attributes.${name}`
}

/** What is wrong with a value that is there; undefined if nothing is. */
export function flawOfValue(attribute: ProfileAttribute, value: unknown): ValueFlaw | undefined {
  const { name, type, options, pattern, minLength: least, maxLength: most } = attribute
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : { kind: 'notBoolean' }
  if (type === 'integer') return Number.isSafeInteger(value) ? undefined : { kind: 'notInteger' }
  if (typeof value !== 'string') return { kind: 'notText' }
  if (type === 'date' && !isDate(value)) return { kind: 'notDate' }
  if (options.length > 0 && !options.includes(value)) return { kind: 'notOption' }
  if (type === 'text' && (value.length < least || value.length > most)) return { kind: 'length', least, most }
  if (pattern !== null && !matchesPattern(pattern, value)) return { kind: 'notMatching' }
  const field = fieldOf(name)
  const parsed = (field ? UserPatch.shape[field] : FREE_TEXT).safeParse(value)
  return parsed.success ? undefined : { kind: 'field', message: parsed.error.issues[0]?.message ?? 'not valid' }
}

/** What is wrong with a value, as a part of a sentence for callers of an API. */
export function sayFlaw(flaw: ValueFlaw): string {
  if (flaw.kind === 'length') return `must have ${flaw.least} to ${flaw.most} characters`
  return flaw.kind === 'field' ? flaw.message : SENTENCES[flaw.kind]
}

const SENTENCES = {
  needed: 'is required here',
  notText: 'must be a text',
  notInteger: 'must be an integer',
  notBoolean: 'must be true or false',
  notDate: 'must be a date as YYYY-MM-DD',
  notMatching: 'does not match the pattern of the realm',
  notOption: 'is none of the options of the realm',
} as const

/** What a form says of an attribute; null for nothing. */
export function typedValue({ type }: Pick<ProfileAttribute, 'type'>, typed: string | undefined): AttributeValue | null {
  if (type === 'boolean') return typed === 'yes'
  const text = typed?.trim() ?? ''
  if (text === '') return null
  return type === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text
}

/** The form of a value in which it is compared with those of others; undefined for none. */
export function comparedForm(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? nameKey(value) : undefined
}

/** The change of a user who gets values. @param user as the row is */
export function patchOf(
  user: Pick<User, 'attributes'>,
  values: ReadonlyMap<string, AttributeValue | null>,
): Partial<Omit<UserPatch, 'id' | 'ifVersion'>> {
  const fields: Record<string, AttributeValue | null> = {}
  const attributes: Record<string, unknown> = { ...user.attributes }
  for (const [name, value] of values) {
    const field = fieldOf(name)
    if (field) fields[field] = value === null ? null : (UserPatch.shape[field].parse(value) as string)
    else if (value === null) delete attributes[name]
    else attributes[name] = value
  }
  const isFree = [...values.keys()].some((name) => fieldOf(name) === undefined)
  return { ...fields, ...(isFree && { attributes }) }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
