// Encodes, decodes and describes values of a schema in one dialect. Names, ids, times and enumerations follow from the
// schema and the dialect; a mapping says what differs.
import * as z from 'zod'
import { Failure, type Flaw } from '#kernel/error.ts'
import { ID_PREFIXES, type Noun, parseId } from '#kernel/id.ts'
import type { Dialect, ObjectDescription } from './dialect.ts'

// biome-ignore lint/suspicious/noExplicitAny: zod’s definitions are walked, not typed
type Definition = any
type Members = Record<string, unknown>

const FLAWS_MAX = 20

/** How one member is written where its schema and the dialect do not say it. */
export interface Codec {
  /** For OpenAPI: of replies, and of requests where `requestSchema` does not say otherwise. */
  readonly schema: z.ZodType
  readonly requestSchema?: z.ZodType
  readonly encode?: (value: never) => unknown
  /** @throws Failure for what it cannot decode */
  readonly decode?: (value: unknown) => unknown
}

/** How an object’s members depart from the dialect. Its keys are those of the schema, so that a wrong one does not compile. */
export interface Mapping<Value> {
  /** Wire names. */
  readonly names?: { readonly [Name in keyof Value]?: string }
  /** Further wire names that requests may use, such as an older one of the same document. */
  readonly aliases?: { readonly [Name in keyof Value]?: string }
  /** Members that are neither shown nor accepted. */
  readonly omit?: readonly (keyof Value & string)[]
  /** The only members that are shown or accepted. */
  readonly pick?: readonly (keyof Value & string)[]
  readonly codecs?: { readonly [Name in keyof Value]?: Codec }
  /** Members that stand in an object that only the wire has, by its wire name; with a dot for one inside of another. */
  readonly nested?: Readonly<Record<string, readonly (keyof Value & string)[]>>
}

interface Member {
  readonly name: string
  readonly wireName: string
  readonly alias: string | undefined
  readonly codec: Codec | undefined
  /** The object of the wire that it stands in. */
  readonly parent: string | undefined
  readonly schema: z.ZodType
}

/**
 * The members of an object with their wire names; none for other schemas.
 * @throws Error where two members have one wire name
 */
export function membersOf(dialect: Dialect, schema: z.ZodType, mapping: Mapping<Members> = {}): Member[] {
  const { names = {}, aliases = {}, omit = [], pick, codecs = {}, nested = {} } = mapping
  const parents = Object.entries(nested)
  const definition = schema.def as Definition
  const shape: Record<string, z.ZodType> = definition.type === 'object' ? definition.shape : {}
  const members = Object.entries(shape)
    .filter(([name]) => !omit.includes(name) && (pick?.includes(name) ?? true))
    .map(([name, part]): Member => {
      const wireName = names[name] ?? dialect.memberName(name)
      const [parent] = parents.find(([, inside]) => inside.includes(name)) ?? []
      return { name, schema: part, wireName, alias: aliases[name], codec: codecs[name], parent }
    })
  assertDistinct(members)
  return members
}

function assertDistinct(members: readonly Member[]): void {
  const seen = new Map<string, string>()
  for (const { name, wireName, alias, parent } of members) {
    const places = [parent === undefined ? wireName : `${parent}.${wireName}`, ...(alias === undefined ? [] : [alias])]
    for (const place of places) {
      const other = seen.get(place)
      if (other !== undefined) throw new Error(`The members ${other} and ${name} have the same wire name ${place}.`)
      seen.set(place, name)
    }
  }
}

/** @param holder the object that the value is a member of */
type Encoder = (value: unknown, holder?: unknown) => unknown

/** A function that encodes values of a schema. The schema is read once. */
export function encoderOf(dialect: Dialect, schema: z.ZodType, mapping?: Mapping<Members>): Encoder {
  const encode = presentEncoder(dialect, schema, mapping)
  return (value, holder) => (value === null || value === undefined ? value : encode(value, holder))
}

function presentEncoder(dialect: Dialect, schema: z.ZodType, mapping?: Mapping<Members>): Encoder {
  const { noun, time, ...meta } = metaOf(schema)
  if (noun) return (value) => dialect.id.encode(noun, String(value))
  if (time) return (value) => dialect.time(value as number)
  if (meta.memberName) return (value) => dialect.memberName(String(value))
  const { nounIn, schemaFor } = meta
  if (nounIn) return (value, holder) => idOfNoun(dialect.id.encode, (holder as Members)[nounIn], String(value))
  if (schemaFor) return encoderBySchema(dialect, schemaFor)
  const definition = schema.def as Definition
  switch (definition.type) {
    case 'object':
      return objectEncoder(dialect, membersOf(dialect, schema, mapping), definition.catchall?.def.type === 'unknown')
    case 'array': {
      const element = encoderOf(dialect, definition.element)
      return (value) => (value as unknown[]).map((item) => element(item))
    }
    case 'enum':
      return (value) => dialect.enumValue.encode(String(value))
    case 'nullable':
    case 'optional':
    case 'default':
    case 'readonly':
      return encoderOf(dialect, definition.innerType, mapping)
    default:
      return (value) => value
  }
}

/** An id of whatever noun is named; what is no noun’s id stays as it is. */
export function idOfNoun(encode: Dialect['id']['encode'], noun: unknown, id: string): string {
  const known = Object.hasOwn(ID_PREFIXES, String(noun)) ? (noun as Noun) : undefined
  return known && parseId(known, id) === id ? encode(known, id) : id
}

/** Encodes values whose schema depends on the object that they are a member of. */
function encoderBySchema(dialect: Dialect, schemaFor: NonNullable<Meta['schemaFor']>): Encoder {
  const encoders = new Map<z.ZodType, Encoder>()
  return (value, holder) => {
    const schema = schemaFor(holder as never)
    const encode = encoders.get(schema) ?? encoderOf(dialect, schema)
    encoders.set(schema, encode)
    return encode(value)
  }
}

/** @param isLoose whether members that the schema does not have are written as they are, under their wire names */
function objectEncoder(dialect: Dialect, members: readonly Member[], isLoose: boolean): Encoder {
  const encoders = members.map(({ name, wireName, codec, schema, parent }) => ({
    name,
    wireName,
    parent,
    encode: (codec?.encode as Encoder | undefined) ?? encoderOf(dialect, schema),
  }))
  return (value) => {
    // Whatever older data has in the place of an object.
    if (typeof value !== 'object') return value
    const encoded: Members = {}
    if (isLoose)
      for (const [name, member] of Object.entries(value as Members)) encoded[dialect.memberName(name)] = member
    for (const { name, wireName, parent, encode } of encoders) {
      const member = (value as Members)[name]
      if (member === undefined || (member === null && dialect.absent === 'omitted')) continue
      const text = encode(member, value)
      if (parent === undefined) encoded[wireName] = text
      else holderIn(encoded, parent)[wireName] = text
    }
    return encoded
  }
}

/** The object at a path of wire names, which is made where it is not there. */
function holderIn(members: Members, path: string): Members {
  let holder = members
  for (const name of path.split('.')) {
    holder[name] ??= {}
    holder = holder[name] as Members
  }
  return holder
}

/** A request’s members with the names that the schema uses, and the wire names that the schema has no member for. */
export interface Decoded {
  readonly value: unknown
  readonly unknown: readonly string[]
}

/** A function that decodes requests for a schema. It checks nothing: the schema does that afterwards. */
export function decoderOf(dialect: Dialect, schema: z.ZodType, mapping?: Mapping<Members>): (sent: unknown) => Decoded {
  const members = membersOf(dialect, schema, mapping)
  const known = new Set(members.flatMap(({ wireName, alias, parent }) => [parent?.split('.')[0] ?? wireName, alias]))
  return (sent) => {
    if (!isObject(sent)) return { value: sent, unknown: [] }
    const value: Members = {}
    for (const member of members) {
      const { name, codec, schema: part } = member
      const sentMember = memberOf(sent, member)
      if (sentMember !== undefined)
        value[name] = codec?.decode ? codec.decode(sentMember) : decodePart(dialect, part, sentMember)
    }
    return { value, unknown: Object.keys(sent).filter((name) => !known.has(name)) }
  }
}

function decodePart(dialect: Dialect, schema: z.ZodType, sent: unknown): unknown {
  const { noun } = metaOf(schema)
  if (noun) return typeof sent === 'string' ? dialect.id.decode(noun, sent) : sent
  const definition = schema.def as Definition
  switch (definition.type) {
    case 'object':
      return decodeNested(dialect, schema, sent)
    case 'array':
      return Array.isArray(sent) ? sent.map((item) => decodePart(dialect, definition.element, item)) : sent
    case 'enum':
      return typeof sent === 'string' ? dialect.enumValue.decode(sent) : sent
    case 'nullable':
    case 'optional':
    case 'default':
      return decodePart(dialect, definition.innerType, sent)
    case 'pipe':
      return decodePart(dialect, definition.out.def.type === 'transform' ? definition.in : definition.out, sent)
    default:
      return sent
  }
}

// The schema refuses unknown members of nested objects. A name that is a member’s own, but not its wire name, must not
// reach that member: it gets a space, which no member’s name has.
function decodeNested(dialect: Dialect, schema: z.ZodType, sent: unknown): unknown {
  const { value, unknown } = decoderOf(dialect, schema)(sent)
  if (unknown.length === 0) return value
  const { shape } = schema.def as Definition
  const rest = unknown.map((name) => [Object.hasOwn(shape, name) ? `${name} ` : name, (sent as Members)[name]])
  return { ...Object.fromEntries(rest), ...(value as Members) }
}

/** A member by its wire name, or by its alias where that is absent. */
function memberOf(sent: Members, { wireName, alias, parent }: Member): unknown {
  const holder = (parent?.split('.') ?? []).reduce<unknown>(
    (within, name) => (isObject(within) ? own(within, name) : undefined),
    sent,
  )
  const named = isObject(holder) ? own(holder, wireName) : undefined
  return named === undefined && alias !== undefined ? own(sent, alias) : named
}

function own(sent: Members, name: string): unknown {
  return Object.hasOwn(sent, name) ? sent[name] : undefined
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a schema refuses members that it does not have. */
export function isStrict(schema: z.ZodType): boolean {
  return (schema.def as Definition).catchall?.def.type === 'never'
}

const EXAMPLE_ID = '065dffb6-d9e9-e036-5e93-c3f89415818d'

/** An object’s schema as OpenAPI describes it in a dialect. */
export function describeObject(
  dialect: Dialect,
  schema: z.ZodType,
  io: 'input' | 'output',
  mapping?: Mapping<Members>,
): ObjectDescription {
  const described = describe(dialect, schema, io) as { properties?: Record<string, object>; required?: string[] }
  const properties: Record<string, object> = {}
  const required: string[] = []
  for (const { name, wireName, alias, codec, parent } of membersOf(dialect, schema, mapping)) {
    const plain = dialect.memberName(name)
    const part = codec ? describe(dialect, schemaOf(codec, io), io) : (described.properties?.[plain] ?? {})
    if (parent !== undefined) {
      let holder = properties
      for (const name of parent.split('.')) {
        const known = (holder[name] ?? { type: 'object', properties: {} }) as { properties: Record<string, object> }
        holder[name] = known
        holder = known.properties
      }
      holder[wireName] = part
      continue
    }
    properties[wireName] = part
    const hasAlias = alias !== undefined && io === 'input'
    if (hasAlias) properties[alias] = { ...part, description: `The same as ${wireName}.` }
    // A member that may be null is omitted by some dialects. A member with an alias may come by that.
    const isOmitted = io === 'output' && dialect.absent === 'omitted' && admitsNull(part)
    if (described.required?.includes(plain) && !isOmitted && !hasAlias) required.push(wireName)
  }
  return { properties, required }
}

function schemaOf({ schema, requestSchema = schema }: Codec, io: 'input' | 'output'): z.ZodType {
  return io === 'input' ? requestSchema : schema
}

/** A schema as OpenAPI describes it in a dialect. */
export function describe(dialect: Dialect, schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { noun, time } = metaOf(zodSchema as unknown as z.ZodType)
      const { type, in: from, out: to, entries } = (zodSchema as unknown as z.ZodType).def as Definition
      if (noun) Object.assign(jsonSchema, { type: 'string', example: dialect.id.encode(noun, EXAMPLE_ID) })
      if (time) replaceMembers(jsonSchema, { type: 'string', format: 'date-time' })
      if (type === 'enum') {
        Object.assign(jsonSchema, { enum: Object.values<string>(entries).map(dialect.enumValue.encode) })
      }
      // A boolean in a query is a text for the schema (z.stringbool), and a boolean for who reads the description.
      const isBoolean = type === 'pipe' && from.def.type === 'string' && to.def.type === 'boolean'
      if (io === 'input' && isBoolean) Object.assign(jsonSchema, { type: 'boolean' })
    },
  }) as Members
  return inWireNames(dialect, described) as object
}

function replaceMembers(schema: Members, by: object): void {
  for (const key of Object.keys(schema)) delete schema[key]
  Object.assign(schema, by)
}

function admitsNull(schema: object | undefined): boolean {
  const { anyOf = [], type = [] } = (schema ?? {}) as { anyOf?: object[]; type?: string | string[] }
  return [type].flat().includes('null') || anyOf.some(admitsNull)
}

/** What schemas are marked with for this file. */
const MARKS = new Set(['noun', 'time', 'nounIn', 'memberName', 'schemaFor', '~standard'])

function inWireNames(dialect: Dialect, node: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => inWireNames(dialect, item))
  if (!isObject(node)) return node
  const renamed: Members = {}
  for (const [key, value] of Object.entries(node)) {
    if (MARKS.has(key)) continue
    if (key === 'properties') {
      const parts = Object.entries(value as object)
      renamed[key] = Object.fromEntries(
        parts.map(([name, part]) => [dialect.memberName(name), inWireNames(dialect, part)]),
      )
    } else if (key === 'required') renamed[key] = (value as string[]).map(dialect.memberName)
    else renamed[key] = inWireNames(dialect, value)
  }
  return renamed
}

interface Meta {
  readonly noun?: Noun
  readonly time?: true
  readonly memberName?: true
  /** The member of the same object that names the noun. */
  readonly nounIn?: string
  /** The schema of a value by the object that it is a member of. */
  readonly schemaFor?: (holder: never) => z.ZodType
}

function metaOf(schema: z.ZodType): Meta {
  return (z.globalRegistry.get(schema) as Meta | undefined) ?? {}
}

/** The noun whose id a member is, if it is one. */
export function nounOf(schema: z.ZodType | undefined): Noun | undefined {
  if (!schema) return undefined
  return metaOf(schema).noun ?? nounOf((schema.def as Definition).innerType)
}

/** What is left out is called so, and not `undefined`, which JSON does not have. */
const inWords: z.core.$ZodErrorMap = ({ code, input }) =>
  code === 'invalid_type' && input === undefined ? 'is required' : undefined

/** The flaws of a value. @param place what their paths begin with */
export function flawsIn(schema: z.ZodType, value: unknown, place?: string): Flaw[] {
  const { error } = schema.safeParse(value, { error: inWords })
  const issues = error?.issues.slice(0, FLAWS_MAX) ?? []
  return issues.map(({ path, message }) => ({
    path: [...(place ? [place] : []), ...path.map(String)].join('.'),
    message,
  }))
}

/** The Failure `invalid_input` with all flaws; its message is the first of them. */
export function invalidInput(flaws: readonly Flaw[]): Failure {
  const [first] = flaws
  return new Failure('invalid_input', { message: `${first?.path || 'body'}: ${first?.message}`, flaws })
}
