// Owns the names of the schemas in an OpenAPI document, so that programs that generate types make readable ones.

type Schema = Readonly<Record<string, unknown>>

/** Collects schemas under names; equal schemas have one name. */
export class NamedSchemas {
  readonly #names = new Map<string, string>()
  readonly #schemas: Record<string, unknown> = {}

  /** Takes a schema under a name that is given. */
  put(name: string, schema: unknown): void {
    this.#names.set(JSON.stringify(schema), name)
    this.#schemas[name] = schema
  }

  /**
   * A reference to a schema. Only objects get names; other schemas stay where they are.
   * @param wish its name, unless an equal schema has one already; a number is added where another schema has it
   */
  refer(schema: Schema, wish: string): Schema {
    if (typeof schema.properties !== 'object') return schema
    const text = JSON.stringify(schema)
    let name = this.#names.get(text)
    if (name === undefined) {
      name = wish
      for (let count = 2; Object.hasOwn(this.#schemas, name); count++) name = `${wish}${count}`
      this.put(name, schema)
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  /** All of them by name, in order. */
  all(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this.#schemas).sort(([one], [other]) => (one < other ? -1 : 1)))
  }
}

/** A name as types have it: `rotate_secret` becomes `RotateSecret`. */
export function typeName(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

/** A page of a list with a reference to the schema of its items; undefined where a reply is no page. */
export function withNamedItems(
  reply: Schema,
  name: (items: Schema) => Schema,
): { readonly schema: Schema; readonly member: string } | undefined {
  const properties = (reply.properties ?? {}) as Readonly<Record<string, Schema>>
  const property = Object.entries(properties).find(
    ([, { type, items }]) => type === 'array' && typeof (items as Schema | undefined)?.properties === 'object',
  )
  if (property === undefined) return undefined
  const [member, list] = property
  const named = { ...list, items: name(list.items as Schema) }
  return { member, schema: { ...reply, properties: { ...properties, [member]: named } } }
}
