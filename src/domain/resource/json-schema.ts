// JSON Schemas that administrators write: which ones are accepted, and how a value is checked against one.
import type { ErrorObject } from 'ajv/dist/2020.js'

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Says what is wrong with a value; undefined where nothing is. */
export type Validator = (value: unknown) => string | undefined

/** How many levels and members a schema has once its references are replaced. */
const DEPTH_MAX = 24
const MEMBERS_MAX = 1000

/** Keywords that refer elsewhere, or whose check can take long. */
const REFUSED: ReadonlySet<string> = new Set([
  ...['$id', '$anchor', '$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor', '$vocabulary'],
  ...['patternProperties', 'uniqueItems'],
])
/** The keywords whose value is named by the author: property names are no keywords. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'dependentSchemas'])
/** The keywords whose value is data. */
const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'required', 'dependentRequired'])

const ITEM = '(?:\\[[^\\[\\]\\\\]+\\]|\\\\[dwsDWS.+*?()\\[\\]{}^$|/\\\\-]|[^\\\\.+*?()\\[\\]{}^$|]|\\.)'
const FIXED = '(?:\\{\\d{1,3}\\})?'
const PATTERN = new RegExp(
  `^\\^(?:${ITEM}${FIXED})*(?:${ITEM}(?:[*+?]|\\{\\d{1,3},\\d{0,3}\\}))?(?:${ITEM}${FIXED})*\\$$`,
  'u',
)

/**
 * A schema with its local references replaced, so that what a check costs is bounded by its size.
 * @throws Error with a sentence about what is refused: remote or recursive references, slow patterns, too many members
 */
export function localSchema(schema: JsonSchema): JsonSchema {
  let members = 0
  const visit = (value: unknown, depth: number): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (depth > DEPTH_MAX) throw new Error(`the schema has more than ${DEPTH_MAX} levels, or refers to itself`)
    if (Array.isArray(value)) return value.map((item) => visit(item, depth + 1))
    const given = value as JsonSchema
    const { $ref: reference, ...others } = given
    if (reference !== undefined) {
      return { ...(visit(others, depth + 1) as JsonSchema), allOf: [visit(target(schema, reference), depth + 1)] }
    }
    return Object.fromEntries(
      Object.entries(given)
        .filter(([name]) => name !== '$defs' && name !== 'definitions')
        .map(([name, member]) => {
          members += 1
          if (members > MEMBERS_MAX) throw new Error(`the schema has more than ${MEMBERS_MAX} members`)
          return [name, keyword(name, member, depth)]
        }),
    )
  }
  const keyword = (name: string, member: unknown, depth: number): unknown => {
    if (REFUSED.has(name)) throw new Error(`the keyword ${name} is not supported`)
    if (name === 'pattern' && !(typeof member === 'string' && member.length <= 200 && PATTERN.test(member))) {
      throw new Error('a pattern begins with ^, ends with $, and has no groups and at most one repetition')
    }
    if (DATA.has(name)) return member
    if (!NAMED.has(name) || typeof member !== 'object' || member === null) return visit(member, depth + 1)
    return Object.fromEntries(Object.entries(member).map(([key, each]) => [key, visit(each, depth + 2)]))
  }
  return visit(schema, 0) as JsonSchema
}

function target(schema: JsonSchema, reference: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#/')) {
    throw new Error('a $ref refers to a part of the schema itself: #/$defs/name')
  }
  let part: unknown = schema
  for (const name of reference.slice(2).split('/')) {
    const member = name.replaceAll('~1', '/').replaceAll('~0', '~')
    const isThere = typeof part === 'object' && part !== null && Object.hasOwn(part, member)
    part = isThere ? (part as JsonSchema)[member] : undefined
  }
  if (typeof part !== 'object' || part === null) throw new Error(`there is no ${reference.slice(0, 100)} in the schema`)
  return part
}

const compiled = new WeakMap<object, Validator>()

/**
 * The check against the schema of a declaration; compiled once for each declaration.
 * @throws Error with a sentence about what is wrong with the schema
 */
export async function validatorOf(declared: { readonly schema: JsonSchema }): Promise<Validator> {
  const known = compiled.get(declared)
  if (known) return known
  const { Ajv2020 } = await import('ajv/dist/2020.js')
  const ajv = new Ajv2020({
    ...{ strict: true, strictTypes: false, strictTuples: false, strictRequired: false, allowUnionTypes: true },
    // In this version of JSON Schema a format says what a value is meant to be, and is not checked (2020-12 §7.2.1).
    ...{ validateFormats: false, addUsedSchema: false, logger: false },
  })
  const { $schema: _, ...schema } = localSchema(declared.schema)
  const check = ajv.compile(schema)
  const validator: Validator = (value) => (check(value) ? undefined : sentenceOf(check.errors?.[0]))
  compiled.set(declared, validator)
  return validator
}

function sentenceOf(error: ErrorObject | undefined): string {
  if (!error) return 'it does not match its schema'
  const at = error.instancePath.slice(1).replaceAll('/', '.').slice(0, 100)
  const more =
    error.keyword === 'additionalProperties' ? ` (${String(error.params.additionalProperty).slice(0, 40)})` : ''
  return `${at && `${at} `}${error.message ?? 'is not valid'}${more}`
}
