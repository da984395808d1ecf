// Owns the fields of a form, from the schema of a request, and the body that its values become.
import { alternatives, isNullable, kindOf, plain, type Schema } from './schema.ts'

/** How a field is edited. */
export type FieldKind =
  | 'text'
  | 'long'
  | 'secret'
  | 'number'
  | 'switch'
  | 'choice'
  | 'choices'
  | 'lines'
  | 'json'
  | 'group'
  | 'time'
  | 'file'

/** A field of a form. */
export interface Field {
  readonly name: string
  /** The path of the member, with dots. */
  readonly path: string
  readonly kind: FieldKind
  readonly schema: Schema
  readonly isRequired: boolean
  readonly isNullable: boolean
  readonly choices?: readonly string[]
  readonly fields?: readonly Field[]
}

/** What was typed: texts as they stand in inputs. */
export type Values = Readonly<Record<string, unknown>>

const LONG = /description|markdown|html|text$|body|certificate|_pem|message|metadata_xml/
const SECRET = /password|secret$|private_key|^key$|bind_credential/

/** What people set most. It stands before what is folded. */
const USUAL = new Set(
  ['name', 'label', 'title', 'email', 'password', 'description', 'status', 'enabled', 'department'].concat([
    'grant_types',
    'redirect_uris',
    'scopes',
    'audiences',
    'permissions',
    'url',
    'event_types',
    'identifier',
    'role',
  ]),
)

/** Whether a member is one that people set most. */
export const isUsual = (name: string): boolean => USUAL.has(name)

/** The fields of an object's schema, the needed ones first. */
export function fieldsOf(schema: Schema, base = '', isCreate = true): readonly Field[] {
  const { properties = {}, required = [] } = schema
  const fields = Object.entries(properties).map(([name, member]) =>
    fieldOf(name, member, base, required.includes(name) && isCreate),
  )
  const rank = ({ name, isRequired }: Field) => (isRequired ? 0 : isUsual(name) ? 1 : 2)
  return fields.sort((a, b) => rank(a) - rank(b))
}

function fieldOf(name: string, member: Schema, base: string, isRequired: boolean): Field {
  const schema = plain(member)
  const path = base ? `${base}.${name}` : name
  const common = {
    name,
    path,
    schema: { ...schema, ...(member.description && { description: member.description }) },
    isRequired,
    isNullable: isNullable(member),
  }
  const kind = fieldKind(name, schema)
  if (kind === 'group') return { ...common, kind, fields: fieldsOf(schema, path, false) }
  if (kind === 'choice')
    return { ...common, kind, choices: (schema.enum ?? []).filter((one) => one !== null).map(String) }
  if (kind === 'choices') return { ...common, kind, choices: (plain(schema.items ?? {}).enum ?? []).map(String) }
  return { ...common, kind }
}

function fieldKind(name: string, schema: Schema): FieldKind {
  const kind = kindOf(schema)
  if (schema.format === 'binary' || schema.format === 'byte') return 'file'
  if (schema.enum) return 'choice'
  const many = alternatives(schema)
  if (many.length > 1) return many.every((one) => kindOf(one) === 'string') ? 'text' : 'json'
  if (kind === 'boolean') return 'switch'
  if (kind === 'integer' || kind === 'number') return 'number'
  if (kind === 'array') return listKind(plain(schema.items ?? {}))
  if (kind === 'object') return schema.properties ? 'group' : 'json'
  return textKind(name, schema)
}

function listKind(items: Schema): FieldKind {
  if (items.enum) return 'choices'
  return kindOf(items) === 'string' ? 'lines' : 'json'
}

function textKind(name: string, schema: Schema): FieldKind {
  if (schema.format === 'date-time') return 'time'
  if (SECRET.test(name)) return 'secret'
  return LONG.test(name) || (schema.maxLength ?? 0) > 4000 ? 'long' : 'text'
}

/** A value of the API as it stands in an input. */
export function toInput({ kind, fields }: Field, value: unknown): unknown {
  if (kind === 'group') {
    const inside = (value ?? {}) as Record<string, unknown>
    return Object.fromEntries((fields ?? []).map((field) => [field.name, toInput(field, inside[field.name])]))
  }
  if (value === undefined || value === null) return kind === 'choices' ? [] : ''
  if (kind === 'lines') return (value as unknown[]).join('\n')
  if (kind === 'json') return JSON.stringify(value, null, 2)
  if (kind === 'time') return localTime(String(value))
  if (kind === 'choices') return value
  return typeof value === 'boolean' || typeof value === 'number' ? value : String(value)
}

function localTime(time: string): string {
  const date = new Date(time)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** What the inputs of new things begin with: the defaults. */
export function initialValues(fields: readonly Field[], current?: Values): Values {
  return Object.fromEntries(
    fields.map((field) => {
      const { name, kind, schema } = field
      if (current) return [name, toInput(field, current[name])]
      if (kind === 'group') return [name, initialValues(field.fields ?? [])]
      return [name, toInput(field, schema.default)]
    }),
  )
}

/** A member that is no valid JSON. */
export class NotJson extends Error {
  readonly path: string
  constructor(path: string) {
    super(path)
    this.path = path
  }
}

/** A value of an input as the API has it; undefined where it is left out. @throws NotJson */
function fromInput(field: Field, value: unknown): unknown {
  const { kind, path, isNullable: mayBeNull } = field
  const empty = mayBeNull ? null : undefined
  if (kind === 'group') {
    const inside = bodyOf(field.fields ?? [], (value ?? {}) as Values)
    return Object.keys(inside).length > 0 ? inside : undefined
  }
  if (kind === 'lines') {
    const lines = String(value ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
    return lines
  }
  if (kind === 'choices') return value ?? []
  if (value === '' || value === undefined || value === null) return empty
  if (kind === 'json') {
    try {
      return JSON.parse(String(value))
    } catch {
      throw new NotJson(path)
    }
  }
  if (kind === 'time') return new Date(String(value)).toISOString()
  return value
}

/**
 * The body of a request: what differs from how the form began.
 * @param before how the form began; only what is set counts where it is left out
 * @throws NotJson
 */
export function bodyOf(fields: readonly Field[], values: Values, before?: Values): Record<string, unknown> {
  const given = fields.flatMap((field) => {
    const value = memberOf(field, values[field.name], before)
    return value === undefined ? [] : [[field.name, value] as const]
  })
  return Object.fromEntries(given)
}

function memberOf(field: Field, value: unknown, before: Values | undefined): unknown {
  if (before === undefined) {
    const given = fromInput(field, value)
    const isEmpty = given === null || (Array.isArray(given) && given.length === 0)
    return isEmpty && !field.isRequired ? undefined : given
  }
  const earlier = before[field.name]
  if (JSON.stringify(value) === JSON.stringify(earlier)) return undefined
  if (field.kind !== 'group') return fromInput(field, value)
  const inside = bodyOf(field.fields ?? [], (value ?? {}) as Values, (earlier ?? {}) as Values)
  return Object.keys(inside).length > 0 ? inside : undefined
}
