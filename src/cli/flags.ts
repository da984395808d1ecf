// Derives the flags of an input from its JSON Schema.
import { type JsonSchema, withoutNull } from './json-schema.ts'

/**
 * How the value of a flag is written. `texts` is repeated or separated by commas; `records` is repeated, each
 * `first|…|last` or JSON; `map` is JSON or repeated `key=value`; `json` is used for all other types.
 */
export type FlagKind = 'text' | 'number' | 'boolean' | 'texts' | 'records' | 'map' | 'json'

/** One member of an input as a flag. */
export interface Flag {
  /** Its path in the input with the names of the wire: `policy.access_token_lifetime`. */
  readonly member: string
  readonly kind: FlagKind
  readonly description?: string
  readonly required?: boolean
  /** Whether the value null clears it. */
  readonly nullable?: boolean
  readonly integer?: boolean
  readonly least?: number
  readonly most?: number
  readonly choices?: readonly string[]
  readonly default?: unknown
  /** A JSON Schema format: email, uri, date-time, password … */
  readonly format?: string
  /** An example of an id. */
  readonly example?: string
  /** The members of a record, in the order of `first|…|last`. */
  readonly parts?: readonly string[]
}

/** `policy.access_token_lifetime` → `policy.access-token-lifetime` */
export function flagName(member: string): string {
  return member.replaceAll('_', '-')
}

/** Whether its value is a secret: it can be read from a file or typed without echo. */
export function isSecret(flag: Flag): boolean {
  return flag.format === 'password'
}

/**
 * The flags of the members of an object. If all members of a nested object are simple, or lists, they become flags with a
 * dot; otherwise the nested object is one flag that takes JSON.
 * @param schema the schema of an object
 */
export function flagsOf(schema: JsonSchema): Flag[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const required = schema.required?.includes(name) === true && part.default === undefined
    const { schema: plain, nullable } = withoutNull(part)
    const inner = plain.properties && !nullable ? flagsOf(plain) : []
    if (inner.length === 0 || inner.some((flag) => isOpaque(flag, plain))) {
      return [flagOf(name, part, required)]
    }
    return inner.map(({ required: innerRequired, ...flag }) => ({
      ...flag,
      member: `${name}.${flag.member}`,
      ...(required && innerRequired && { required }),
    }))
  })
}

// A list that takes JSON is a flag of its own; so is one further down, which was none otherwise.
function isOpaque({ kind, member }: Flag, { properties = {} }: JsonSchema): boolean {
  const of = properties[member]
  return (kind === 'json' || kind === 'map') && of !== undefined && withoutNull(of).schema.type !== 'array'
}

/**
 * The flag of one member.
 * @param member its name on the wire
 * @param required whether the input must have it
 */
export function flagOf(member: string, schema: JsonSchema, required: boolean): Flag {
  const { schema: plain, nullable } = withoutNull(schema)
  const description = schema.description ?? plain.description
  return {
    member,
    ...kindOf(plain, nullable),
    ...(description && { description }),
    ...(required && { required }),
    ...(nullable && { nullable }),
    ...(schema.default !== undefined && schema.default !== null && { default: schema.default }),
    ...(plain.format && { format: plain.format }),
    ...(typeof plain.example === 'string' && { example: plain.example }),
  }
}

function kindOf(
  schema: JsonSchema,
  nullable: boolean,
): Pick<Flag, 'kind' | 'integer' | 'least' | 'most' | 'choices' | 'parts'> {
  const { type, items, properties, minimum: least, maximum: most } = schema
  const choices = choicesOf(schema)
  if (choices) return { kind: 'text', choices }
  if (type === 'boolean') return nullable ? { kind: 'json', choices: ['true', 'false'] } : { kind: 'boolean' }
  if (type === 'integer' || type === 'number') {
    return {
      kind: 'number',
      ...(type === 'integer' && { integer: true }),
      ...(least !== undefined && least > Number.MIN_SAFE_INTEGER && { least }),
      ...(most !== undefined && most < Number.MAX_SAFE_INTEGER && { most }),
    }
  }
  if (type === 'string') return { kind: 'text' }
  if (type === 'array' && items) return listKindOf(items)
  return type === 'object' && properties === undefined ? { kind: 'map' } : { kind: 'json' }
}

function listKindOf(items: JsonSchema): Pick<Flag, 'kind' | 'choices' | 'parts'> {
  const choices = choicesOf(items)
  if (choices) return { kind: 'texts', choices }
  if (items.type === 'string') return { kind: 'texts' }
  const members = Object.entries(items.properties ?? {})
  if (members.length === 0 || members.some(([, { type }]) => type !== 'string')) return { kind: 'json' }
  // The description is the last part, because it can contain a bar.
  const names = members.map(([name]) => name)
  const parts = [...names.filter((name) => name !== 'description'), ...names.filter((name) => name === 'description')]
  return { kind: 'records', parts }
}

function choicesOf({ enum: values, const: only }: JsonSchema): string[] | undefined {
  const all = values ?? (only === undefined ? [] : [only])
  return all.length > 0 && all.every((value) => typeof value === 'string') ? (all as string[]) : undefined
}
