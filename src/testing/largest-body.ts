// The largest body that a row takes, from its description: every list is full, every text and object as long as it may be.
// And where a description has no bound.
import { type Noun, renderId } from '#kernel/id.ts'
import type { JsonSchema } from './row-schema.ts'

/** How long a text is where only the length of the body bounds it. */
const TEXT_MAX = 2000
/** How many members a free object has: they fit into the 16,384 characters that it may have. */
const MEMBERS = 900

interface Bounded extends JsonSchema {
  readonly maxItems?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly noun?: Noun
  readonly items?: Bounded
  readonly properties?: Readonly<Record<string, Bounded>>
  readonly anyOf?: readonly Bounded[]
}

/** How many characters all texts of a list have together, so that the whole fits into the 256 KiB that a row reads. */
const LIST_MAX = 16_000

/** A value as long as a schema allows. @param at which one of several, so that the values of a list differ @param longest of texts */
export function largestValue(schema: JsonSchema, at = 0, longest = TEXT_MAX): unknown {
  const { anyOf, enum: choices, items, maxItems = 0, noun, properties, type } = schema as Bounded
  if (choices) return choices[at % choices.length]
  const variant = anyOf?.find((one) => one.type !== 'null')
  if (variant) return largestValue(variant, at, longest)
  if (type === 'array') {
    // A list in a list shares the room of that one.
    const room = longest === TEXT_MAX ? LIST_MAX : longest
    const short = Math.max(1, Math.floor(room / Math.max(1, maxItems)))
    return Array.from({ length: maxItems }, (_, index) => largestValue(items ?? {}, index, short))
  }
  if (type === 'object' && properties) {
    return Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, largestValue(part, at, longest)]))
  }
  if (type === 'object') {
    const count = longest === TEXT_MAX ? MEMBERS : Math.ceil(longest / 20)
    return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))
  }
  if (type === 'integer' || type === 'number') return schema.minimum ?? at
  if (type === 'boolean') return true
  return noun ? renderId(noun, uuidOf(at)) : textOf(schema as Bounded, at, longest)
}

/** A node of JSON Schema as zod writes it. */
interface Node extends JsonSchema {
  readonly const?: unknown
  readonly pattern?: string
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly additionalProperties?: unknown
  readonly 'x-max-json-length'?: number
}

/** Texts of these formats have a length. */
const FIXED_FORMATS = new Set(['uuid', 'date', 'date-time', 'ipv4', 'ipv6'])
/** Where a schema has further schemas: by name, as a list, or one. */
const PARTS = { named: ['properties', '$defs'], listed: ['anyOf', 'oneOf', 'allOf', 'prefixItems'], one: ['items'] }

/** Where a schema takes a text, a list or an object of any length. @returns paths */
export function unbounded(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const node = schema as Node & Readonly<Record<string, unknown>>
  if (node['x-max-json-length'] !== undefined || node.enum || 'const' in node || 'not' in node) return []
  const isOpen = typesOf(node).includes('object') && isSchema(node.additionalProperties)
  const own = isUnbounded(node) ? [`${path} (${typesOf(node).join() || 'anything'})`] : []
  return [
    ...own,
    ...PARTS.named.flatMap((key) =>
      Object.entries(node[key] ?? {}).flatMap(([name, part]) => unbounded(part, `${path}/${name}`)),
    ),
    ...PARTS.listed.flatMap((key) => ((node[key] ?? []) as unknown[]).flatMap((part) => unbounded(part, path))),
    ...PARTS.one.flatMap((key) => unbounded(node[key], `${path}[]`)),
    ...(isOpen ? [node.additionalProperties, node.propertyNames].flatMap((part) => unbounded(part, `${path}/*`)) : []),
  ]
}

function isUnbounded(node: Node & Readonly<Record<string, unknown>>): boolean {
  const { format = '', pattern = '', maxLength, maxItems, maxProperties, properties, additionalProperties } = node
  const types = typesOf(node)
  const isText = maxLength === undefined && !FIXED_FORMATS.has(format) && !isFinitePattern(pattern)
  if (types.includes('string') && isText) return true
  if (types.includes('array') && maxItems === undefined) return true
  if (types.includes('object') && maxProperties === undefined) return !properties || isSchema(additionalProperties)
  return types.length === 0 && ![...PARTS.listed, '$ref'].some((key) => key in node)
}

function typesOf({ type }: Node): string[] {
  return type === undefined ? [] : [type].flat()
}

/** A schema of members that have no name of their own. */
function isSchema(value: unknown): boolean {
  return value === true || (typeof value === 'object' && value !== null)
}

/** Whether a pattern is of the whole text and repeats nothing without an end. */
function isFinitePattern(pattern: string): boolean {
  const plain = pattern.replaceAll(/\\[pP]\{[^}]*\}|\\./g, 'x').replaceAll(/\[[^\]]*\]/g, 'x')
  return /^\^.*\$$/s.test(pattern) && !/[*+]|\{\d+,\}/.test(plain)
}

// The first of several forms that the schema takes; one that no form fits is tried all the same, to be refused.
function textOf({ maxLength = TEXT_MAX, format, pattern }: Bounded, at: number, longest: number): string {
  const word = at.toString(36).replace(/\d/g, (digit) => String.fromCharCode('a'.charCodeAt(0) + Number(digit)))
  const filled = (start: string) => start.padEnd(Math.min(maxLength, longest), 'x')
  if (format === 'email') return `somebody-${word}@example.com`
  if (format === 'uri') return filled(`https://app.example/${at}/`)
  const forms = [filled(`https://app.example/${at}/`), filled(`t${word}`), `things-${word}:read`, `t${word}`, '1']
  const fits = pattern === undefined ? () => true : (text: string) => new RegExp(pattern, 'u').test(text)
  return forms.find((text) => text.length <= maxLength && fits(text)) ?? filled(`t${word}`)
}

function uuidOf(at: number): string {
  return `0190e7a0-0000-7000-8000-${at.toString(16).padStart(12, '0')}`
}
