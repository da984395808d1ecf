// Makes curl commands and example values for the API documentation.
import {
  type ApiBody,
  type ApiDocument,
  type ApiSchema,
  type ApiSchemaObject,
  type Listed,
  resolved,
} from './api-docs-document.ts'
import { flatten } from './api-docs-type.ts'

const deepest = 6

const byFormat: Readonly<Record<string, string>> = {
  email: 'ada@example.com',
  uri: 'https://app.example.com/callback',
  url: 'https://app.example.com/callback',
  uuid: '01993c5e-6f0b-7cc1-9d1f-0c5b7a8e2f11',
  'date-time': '2026-01-31T12:00:00.000Z',
  date: '2026-01-31',
}

/**
 * A curl command for the operation, for a POSIX shell. Path parameters are shell variables named after them: braces
 * would be patterns to curl. Required query parameters have example values.
 * @param keyVariable name of the environment variable that holds the caller's key
 */
export function curlExample(document: ApiDocument, listed: Listed, keyVariable: string): string {
  const server = (document.servers?.[0]?.url ?? '').replace(/\/+$/, '').replace(/[\\"$`]/g, '\\$&')
  const path = listed.path
    .split(/\{([^}]*)\}/)
    .map((part, index) => (index % 2 === 1 ? `$${variable(part)}` : part.replace(/[\\"$`]/g, '\\$&')))
    .join('')
  const query = listed.parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, schema, example }) => {
      const value = example ?? exampleOf(document, schema ?? true)
      return `${encodeURIComponent(name)}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`
    })
  const url = `"${server}${path}${query.length > 0 ? `?${query.join('&')}` : ''}"`
  const parts = [`curl${listed.method === 'GET' ? '' : ` -X ${listed.method}`} ${url}`]
  if (listed.secured) parts.push(`-H "Authorization: Bearer $${keyVariable}"`)
  return [...parts, ...bodyParts(document, listed)].join(' \\\n  ')
}

/** A value that the schema accepts, as far as a few rules can tell; objects have their required properties. */
export function exampleOf(document: ApiDocument, schema: ApiSchema, name = '', depth = 0): unknown {
  const flat = flatten(document, schema)
  const given = [flat.example, flat.examples?.[0], flat.const, flat.default, flat.enum?.[0]].find(
    (value) => value !== undefined,
  )
  if (given !== undefined) return given
  const variant = (flat.oneOf ?? flat.anyOf)?.[0]
  if (variant !== undefined && depth < deepest) return exampleOf(document, variant, name, depth + 1)
  const types = [flat.type ?? (flat.properties ? 'object' : 'string')].flat()
  return exampleOfType(document, flat, types[0], name, depth)
}

function exampleOfType(
  document: ApiDocument,
  schema: ApiSchemaObject,
  type: string | undefined,
  name: string,
  depth: number,
): unknown {
  switch (type) {
    case 'object':
      return exampleObject(document, schema.properties ?? {}, schema.required ?? [], depth)
    case 'array':
      return schema.items !== undefined && depth < deepest ? [exampleOf(document, schema.items, name, depth + 1)] : []
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return byFormat[schema.format ?? ''] ?? (name || 'text')
  }
}

function exampleObject(
  document: ApiDocument,
  properties: Readonly<Record<string, ApiSchema>>,
  required: readonly string[],
  depth: number,
): unknown {
  const all = Object.entries(properties)
  const needed = all.filter(([name]) => required.includes(name))
  // An update requires nothing: its first property shows the shape.
  const members = needed.length > 0 || depth > 0 ? needed : all.slice(0, 1)
  return depth < deepest
    ? Object.fromEntries(members.map(([name, part]) => [name, exampleOf(document, part, name, depth + 1)]))
    : {}
}

function bodyParts(document: ApiDocument, { operation }: Listed): readonly string[] {
  const body = operation.requestBody && resolved<ApiBody>(document, operation.requestBody)
  const [type, content] = Object.entries(body?.content ?? {})[0] ?? []
  if (type === undefined || !content) return []
  const value = content.example ?? exampleOf(document, content.schema ?? true)
  if (/[/+]json$/.test(type)) {
    return [`-H ${quoted(`Content-Type: ${type}`)}`, `-d ${quoted(JSON.stringify(value))}`]
  }
  const fields = Object.entries(value && typeof value === 'object' ? value : {})
  const text = (part: unknown) => (typeof part === 'string' ? part : JSON.stringify(part))
  if (type === 'application/x-www-form-urlencoded') {
    return fields.map(([name, part]) => `--data-urlencode ${quoted(`${name}=${text(part)}`)}`)
  }
  if (type === 'multipart/form-data') return fields.map(([name, part]) => `-F ${quoted(`${name}=${text(part)}`)}`)
  return [`-H ${quoted(`Content-Type: ${type}`)}`, '--data-binary @FILE']
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function variable(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase()
}
