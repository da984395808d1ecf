// The native surface’s spelling, derived from an operation’s schemas: snake_case names, prefixed ids, RFC 3339 times.
import * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import { ID_PREFIXES, type Noun, parseId, renderId } from '#kernel/id.ts'

// biome-ignore lint/suspicious/noExplicitAny: zod’s definitions are walked, not typed
type Definition = any

/** `minAal` → `min_aal`. */
export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** `min_aal` → `minAal`. A name that is camel-case already is none of this wire’s, and stays what it cannot be. */
export function camel(name: string): string {
  if (/[A-Z]/.test(name)) return `${name} `
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

type Encoder = (value: unknown) => unknown

// A schema is looked at once; a page of rows is then only written.
const encoders = new WeakMap<z.ZodType, Encoder>()

/**
 * An output as JSON: names, ids and times as the schema’s parts say. Records keep the names that people gave them.
 * @param schema the operation’s output
 */
export function encode(schema: z.ZodType, value: unknown): unknown {
  return encoderOf(schema)(value)
}

function encoderOf(schema: z.ZodType): Encoder {
  const known = encoders.get(schema)
  if (known) return known
  const written = writerOf(schema)
  const encoder: Encoder = (value) => (value === null || value === undefined ? value : written(value))
  encoders.set(schema, encoder)
  return encoder
}

function writerOf(schema: z.ZodType): Encoder {
  const meta = z.globalRegistry.get(schema) as { noun?: Noun; time?: true } | undefined
  const { noun, time } = meta ?? {}
  if (noun) return (value) => renderId(noun, String(value))
  if (time) return (value) => new Date(value as number).toISOString()
  const definition = schema.def as Definition
  switch (definition.type) {
    case 'object':
      return objectWriter(definition.shape)
    case 'array': {
      const element = encoderOf(definition.element)
      return (value) => (value as unknown[]).map(element)
    }
    case 'nullable':
    case 'optional':
    case 'default':
    case 'readonly':
      return encoderOf(definition.innerType)
    default:
      return (value) => value
  }
}

function objectWriter(shape: Record<string, z.ZodType>): Encoder {
  const members = Object.entries(shape).map(([name, part]) => ({ name, wire: snake(name), encoder: encoderOf(part) }))
  return (value) => {
    const encoded: Record<string, unknown> = {}
    for (const { name, wire, encoder } of members) {
      const member = (value as Record<string, unknown>)[name]
      if (member !== undefined) encoded[wire] = encoder(member)
    }
    return encoded
  }
}

/**
 * A JSON body with the names that the schema uses; what is no member of it stays and is refused by the schema.
 * @param schema the operation’s input
 */
export function decode(schema: z.ZodType, value: unknown): unknown {
  const definition = schema.def as Definition
  switch (definition.type) {
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
      const entries = Object.entries(value).map(([name, member]) => {
        const inner = camel(name)
        const part = Object.hasOwn(definition.shape, inner) ? definition.shape[inner] : undefined
        return [inner, part ? decode(part, member) : member]
      })
      return Object.fromEntries(entries)
    }
    case 'array':
      return Array.isArray(value) ? value.map((item) => decode(definition.element, item)) : value
    case 'nullable':
    case 'optional':
    case 'default':
      return decode(definition.innerType, value)
    case 'pipe':
      return decode(definition.out.def.type === 'transform' ? definition.in : definition.out, value)
    default:
      return value
  }
}

/** The parts of an operation’s input object by name. */
export function shapeOf(schema: z.ZodType): Record<string, z.ZodType> {
  const definition = schema.def as Definition
  return definition.type === 'object' ? definition.shape : {}
}

/** The noun whose id a part of an input is, if it is one. */
export function nounOf(schema: z.ZodType | undefined): Noun | undefined {
  if (!schema) return undefined
  const meta = z.globalRegistry.get(schema) as { noun?: Noun } | undefined
  if (meta?.noun) return meta.noun
  const inner = (schema.def as Definition).innerType
  return inner ? nounOf(inner) : undefined
}

/** An id from a path. @throws Failure `not_found` where it is none of that noun */
export function idFromPath(noun: Noun, text: string): string {
  const id = parseId(noun, text)
  if (id === undefined) throw new Failure('not_found')
  return id
}

/** A schema as JSON Schema in this wire’s spelling, for OpenAPI. */
export function describeSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const described = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const meta = z.globalRegistry.get(zodSchema as unknown as z.ZodType) as { noun?: Noun; time?: true } | undefined
      if (meta?.noun) {
        Object.assign(jsonSchema, { type: 'string', example: `${ID_PREFIXES[meta.noun]}_06bqzvdpf9w0v5x4y3z2a1b0cd` })
      }
      if (meta?.time) {
        for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key]
        Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
      }
      if (io === 'input' && isWord((zodSchema as unknown as z.ZodType).def as Definition))
        Object.assign(jsonSchema, { type: 'boolean' })
    },
  }) as Record<string, unknown>
  delete described.$schema
  return respell(described) as Record<string, unknown>
}

// A truth value in a query is a word there (z.stringbool), and a boolean to whoever reads the description.
function isWord({ type, in: from, out: to }: Definition): boolean {
  return type === 'pipe' && from.def.type === 'string' && to.def.type === 'boolean'
}

function respell(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(respell)
  if (typeof node !== 'object' || node === null) return node
  const spelled: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(node)) {
    if (key === 'noun' || key === 'time' || key === '~standard') continue
    if (key === 'properties') {
      const properties = Object.entries(value as object).map(([name, part]) => [snake(name), respell(part)])
      spelled[key] = Object.fromEntries(properties)
    } else if (key === 'required') spelled[key] = (value as string[]).map(snake)
    else spelled[key] = respell(value)
  }
  return spelled
}
