// Resolves schemas of an OpenAPI document, and describes their types in words.
import { type ApiDocument, type ApiSchema, type ApiSchemaObject, resolved } from './api-docs-document.ts'

/** Types and merges nested beyond this are left out. */
const deepest = 6

const words = {
  anything: 'any value',
  nothing: 'no value',
  listOf: (type: string) => `list of ${type}`,
  mapOf: (type: string) => `map of ${type}`,
  or: ' or ',
}

/** The schema without references and with the members of `allOf` merged in. */
export function flatten(document: ApiDocument, schema: ApiSchema, depth = 0): ApiSchemaObject {
  if (typeof schema === 'boolean') return schema ? {} : { enum: [] }
  const target = schema.$ref === undefined ? schema : resolved<ApiSchemaObject>(document, { $ref: schema.$ref })
  const { $ref: _, allOf = [], ...own } = { ...target, ...schema }
  if (allOf.length === 0 || depth > deepest) return own
  const parts = [...allOf.map((part) => flatten(document, part, depth + 1)), own]
  const merged: ApiSchemaObject = Object.assign({}, ...parts)
  return {
    ...merged,
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required }) => required ?? []),
  }
}

/** The type of a flat schema in a few words, for example `list of string (uuid)`. */
export function typeName(document: ApiDocument, schema: ApiSchemaObject, depth = 0): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const variants = schema.oneOf ?? schema.anyOf
  if (variants) return either(variants.map((variant) => partName(document, variant, depth)))
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  if (types.length > 0) return either(types.map((type) => simpleName(document, schema, type, depth)))
  if (schema.enum) return schema.enum.length > 0 ? either(schema.enum.map(jsonType)) : words.nothing
  return schema.properties ? 'object' : words.anything
}

function simpleName(document: ApiDocument, schema: ApiSchemaObject, type: string, depth: number): string {
  const { items, additionalProperties: values, properties, format } = schema
  if (type === 'array' && items !== undefined) return words.listOf(partName(document, items, depth))
  if (type === 'object' && typeof values === 'object' && !properties) {
    return words.mapOf(partName(document, values, depth))
  }
  return format && type !== 'null' ? `${type} (${format})` : type
}

function partName(document: ApiDocument, part: ApiSchema, depth: number): string {
  return depth < deepest ? typeName(document, flatten(document, part), depth + 1) : words.anything
}

function either(names: readonly string[]): string {
  return [...new Set(names)].join(words.or)
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
