// Owns what the schemas of an operation say: which members a form has, which columns a table.
import type { Operation } from './operations.ts'

/** A JSON Schema without references. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly description?: string
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly default?: unknown
  readonly additionalProperties?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

/** The schemas of an operation. */
export interface Detail {
  readonly description?: string
  readonly parameters: readonly Parameter[]
  readonly versioned?: boolean
  readonly body?: Schema
  readonly bodyType?: string
  readonly reply?: Schema
}

const FILES = import.meta.glob<Readonly<Record<string, Detail>>>('../made/nouns/*.json', { import: 'default' })

const NOTHING: Detail = { parameters: [] }

/** The schemas of an operation, loaded with those of its noun. */
export async function detailOf({ name, noun }: Operation): Promise<Detail> {
  const details = await FILES[`../made/nouns/${noun}.json`]?.()
  return details?.[name] ?? NOTHING
}

/** The alternatives of a schema besides null. */
export function alternatives(schema: Schema): readonly Schema[] {
  return (schema.anyOf ?? schema.oneOf ?? [schema]).filter(({ type }) => type !== 'null')
}

/** A schema without null: its only alternative, or itself. */
export function plain(schema: Schema): Schema {
  const [only, ...more] = alternatives(schema)
  const many = schema.anyOf ?? schema.oneOf
  if (!many || !only || more.length > 0) return schema
  return {
    ...plain(only),
    ...(schema.description && { description: schema.description }),
    ...('default' in schema && { default: schema.default }),
  }
}

/** The type of a schema besides null. */
export function kindOf(schema: Schema): string | undefined {
  const { type } = schema
  if (typeof type === 'string') return type
  if (type) return type.find((one) => one !== 'null')
  return schema.enum ? 'string' : schema.properties ? 'object' : undefined
}

/** Whether null is a value. */
export function isNullable({ type, anyOf, oneOf }: Schema): boolean {
  if (Array.isArray(type)) return type.includes('null')
  return (anyOf ?? oneOf ?? []).some((one) => one.type === 'null')
}

/** The schema of what a list lists. */
export const itemOf = ({ reply }: Detail): Schema => reply?.properties?.data?.items ?? {}

const NAMES = [
  'name',
  'label',
  'email',
  'title',
  'type',
  'domain',
  'identifier',
  'slug',
  'issuer',
  'kid',
  'kind',
  'url',
  'subject',
  'recipient',
  'key_prefix',
  'id',
]
/** What no table shows: bookkeeping, and what stands in details. */
const HIDDEN =
  /^(id|version|updated_at|tenant_id|directory_id|realm_id|hash|prev_hash|seq|request_id|user_agent|partner_id|surface|attributes|metadata|settings|data|description)$/
const PREFERRED = [
  'status',
  'state',
  'enabled',
  'kind',
  'email',
  'actor',
  'subject',
  'result',
  'client_id',
  'identifier',
  'roles',
  'scopes',
  'grant_types',
  'last_used_at',
  'last_sign_in_at',
  'occurred_at',
  'expires_at',
  'has_second_factor',
  'created_at',
]
const COLUMNS_MAX = 6

/** The members of an item that a table shows, the one that names it first. */
export function columnsOf(item: Schema): readonly string[] {
  const members = Object.keys(item.properties ?? {})
  const naming = NAMES.find((name) => members.includes(name)) ?? members[0]
  const shown = members.filter(
    (name) => name !== naming && !HIDDEN.test(name) && isShort(name, item.properties?.[name]),
  )
  const rank = (name: string) => {
    const at = PREFERRED.indexOf(name)
    return at < 0 ? PREFERRED.length : at
  }
  const chosen = shown.sort((a, b) => rank(a) - rank(b)).slice(0, COLUMNS_MAX - 1)
  return naming === undefined ? chosen : [naming, ...chosen]
}

function isShort(name: string, schema: Schema = {}): boolean {
  const inner = plain(schema)
  const kind = kindOf(inner)
  if (kind === 'object') return Boolean(inner.properties && ('label' in inner.properties || 'name' in inner.properties))
  if (kind === 'array') return kindOf(inner.items ?? {}) === 'string'
  return !/_url$|_uri$/.test(name)
}

/** What a thing is called. */
export function nameOf(thing: Readonly<Record<string, unknown>> | undefined): string {
  for (const name of NAMES) {
    const value = thing?.[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return ''
}

/** A value as it is written in one line. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
