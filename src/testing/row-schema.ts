// Rows’ descriptions, read back: what is in their queries and bodies.
import type { Route } from '#surfaces/surface.ts'
import { uniqueName } from './tenant-resources.ts'

/** JSON Schema, as far as rows use it. */
export interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly example?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly minItems?: number
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: JsonSchema
}

/** What is in the query of a row. */
export function queryOf(route: Route): Readonly<Record<string, JsonSchema>> {
  const parameters = (route.describe().parameters as Parameter[]).filter((one) => one.in === 'query')
  return Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]))
}

/** What a row’s query cannot be without, with values that it takes. */
export function minimalQuery(route: Route): Record<string, string> {
  const parameters = (route.describe().parameters as Parameter[]).filter((one) => one.in === 'query' && one.required)
  return Object.fromEntries(parameters.map(({ name, schema }) => [name, String(minimalValue(schema, name))]))
}

/** What is in the body of a row; undefined where it takes none. */
export function bodyOf(route: Route): JsonSchema | undefined {
  return route.describe().requestBody as JsonSchema | undefined
}

const TEXTS: Readonly<Record<string, string>> = {
  url: 'https://hooks.example.com/',
  accept_url: 'https://app.example/join',
  events: 'partner.*',
  permissions: 'users:read',
  permission: 'users:read',
  provider_type: 'oidc',
}

/** The least that a schema takes. @param name what the value is called, which says more than the schema may */
export function minimalValue(schema: JsonSchema, name: string): unknown {
  const [choice] = schema.enum ?? []
  if (choice !== undefined) return choice
  const variant = schema.anyOf?.find(({ type }) => type !== 'null')
  if (variant) return minimalValue(variant, name)
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((one) => [one, minimalValue(schema.properties?.[one] ?? {}, one)]),
      )
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => minimalValue(schema.items ?? {}, name))
    case 'integer':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    default:
      return textOf(schema, name)
  }
}

function textOf({ format, example }: JsonSchema, name: string): string {
  if (format === 'email') return `${uniqueName('somebody')}@example.com`
  if (name === 'identifier') return `https://${uniqueName('api')}.example/`
  return TEXTS[name] ?? (typeof example === 'string' ? example : uniqueName('some'))
}
