/** The parts of JSON Schema (2020-12) that the command line reads from the description of a row. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly default?: unknown
  readonly example?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** A schema without the type null, and whether it allowed null. */
export function withoutNull(schema: JsonSchema): { readonly schema: JsonSchema; readonly nullable: boolean } {
  const { type, anyOf } = schema
  if (Array.isArray(type)) {
    const types = type.filter((name) => name !== 'null')
    const [only] = types
    return {
      schema: { ...schema, type: types.length === 1 ? (only as string) : types },
      nullable: types.length < type.length,
    }
  }
  const others = anyOf?.filter((part) => part.type !== 'null')
  const [only] = others ?? []
  if (!anyOf || !others || others.length === anyOf.length) return { schema, nullable: type === 'null' }
  if (others.length > 1 || only === undefined) return { schema: { ...schema, anyOf: others }, nullable: true }
  const { anyOf: _, ...outer } = schema
  return { schema: { ...only, ...outer }, nullable: true }
}
