// Makes what the console knows of the API, from its OpenAPI document: an index of the operations, their types, and a file for
// each noun with the schemas of its forms and tables.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Json = Readonly<Record<string, unknown>>

interface Schema extends Json {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Described {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
  readonly 'x-permission': string
  readonly 'x-reach': string
  readonly 'x-makes-credentials'?: boolean
  readonly 'x-irreversible'?: boolean | object
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  readonly tags?: readonly { readonly name: string; readonly description?: string; readonly 'x-id-prefix'?: string }[]
}

/**
 * Writes `operations.ts`, `types.ts` and `nouns/*.json`.
 * @param document the path of the OpenAPI document
 * @param folder where the files go
 */
export function make(document: string, folder: string): void {
  const api = JSON.parse(readFileSync(document, 'utf8')) as Document
  const rows = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'nouns'), { recursive: true })
  writeFileSync(join(folder, 'operations.ts'), indexOf(api, rows))
  writeFileSync(join(folder, 'types.ts'), typesOf(api, rows))
  for (const [noun, own] of Map.groupBy(rows, nounOf)) {
    const operations = Object.fromEntries(own.map((row) => [row.operation.operationId, detailOf(api, row)]))
    writeFileSync(join(folder, 'nouns', `${noun}.json`), JSON.stringify(operations))
  }
}

interface Row {
  readonly path: string
  readonly method: string
  readonly operation: Described
}

const nounOf = ({ operation }: Row) => operation.operationId.split('.')[0] ?? ''

function indexOf(api: Document, rows: readonly Row[]): string {
  const entries = rows.map((row) => {
    const { path, method, operation } = row
    const { operationId, summary, parameters = [] } = operation
    const flags = [
      isList(api, row) ? 'l' : '',
      parameters.some(({ name }) => name === 'tenant_id') ? 't' : '',
      operation.requestBody ? 'b' : '',
      replyOf(row)?.schema === undefined ? '' : 'r',
      operation['x-makes-credentials'] ? 'c' : '',
      operation['x-irreversible'] ? 'f' : '',
      isStream(row) ? 's' : '',
    ].join('')
    const fields = [method, path, operation['x-permission'], operation['x-reach'], summary, flags]
    return `  ${JSON.stringify(operationId)}: ${JSON.stringify(fields)},`
  })
  const nouns = (api.tags ?? []).map(
    ({ name, description }) => `  ${JSON.stringify(name)}: ${JSON.stringify(description ?? '')},`,
  )
  const prefixes = (api.tags ?? []).flatMap(({ name, 'x-id-prefix': prefix }) =>
    prefix === undefined ? [] : `  ${JSON.stringify(prefix)}: ${JSON.stringify(name)},`,
  )
  return `// Made from the OpenAPI document by made.ts.
import type { Operations } from './types'

/** Method, path, permission, reach, summary, and flags: l list, t takes a tenant, b has a body, r has a reply, c makes credentials, f is final, s is a stream. */
export const INDEX: Readonly<Record<keyof Operations, readonly [string, string, string, string, string, string]>> = {
${entries.join('\n')}
}

/** What each noun is. */
export const NOUNS: Readonly<Record<string, string>> = {
${nouns.join('\n')}
}

/** The noun of an id, by how the id begins. */
export const PREFIXES: Readonly<Record<string, string>> = {
${prefixes.join('\n')}
}
`
}

function replyOf({ operation }: Row): { readonly schema: Schema } | undefined {
  const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'))
  return success?.[1].content?.['application/json']
}

/** Whether a row answers events for as long as its caller listens. */
function isStream({ operation }: Row): boolean {
  return Object.values(operation.responses).some(({ content }) => content?.['text/event-stream'] !== undefined)
}

function bodyOf({ operation }: Row): Schema | undefined {
  return Object.values(operation.requestBody?.content ?? {})[0]?.schema
}

function resolve(api: Document, schema: Schema | undefined): Schema {
  let one = schema ?? {}
  while (one.$ref) one = api.components.schemas[one.$ref.split('/').at(-1) ?? ''] ?? {}
  return one
}

function isList(api: Document, row: Row): boolean {
  if (row.method !== 'GET') return false
  const { properties } = resolve(api, replyOf(row)?.schema)
  return properties?.data?.type === 'array'
}

const DEPTH_MAX = 8

/** A schema without references, as deep as forms and tables go. */
function whole(api: Document, schema: Schema | undefined, depth = 0): Json {
  const { example: _, examples: __, ...own } = resolve(api, schema)
  if (depth > DEPTH_MAX) return {}
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => {
      if (name === 'properties') {
        const inside = Object.entries(value as Record<string, Schema>)
        return [name, Object.fromEntries(inside.map(([key, one]) => [key, whole(api, one, depth + 1)]))]
      }
      if (['anyOf', 'oneOf', 'allOf'].includes(name))
        return [name, (value as Schema[]).map((one) => whole(api, one, depth + 1))]
      if (name === 'items') return [name, whole(api, value as Schema, depth + 1)]
      return [name, value]
    }),
  )
}

function detailOf(api: Document, row: Row): Json {
  const { description, parameters = [], requestBody } = row.operation
  const shown = parameters.filter((one) => one.in === 'path' || one.in === 'query')
  return {
    ...(description && { description }),
    parameters: shown.map(({ name, in: place, required, description: text, schema }) => ({
      name,
      in: place,
      ...(required && { required }),
      ...(text && { description: text }),
      schema: whole(api, schema),
    })),
    ...(parameters.some(({ name }) => name.toLowerCase() === 'if-match') && { versioned: true }),
    ...(requestBody && { body: whole(api, bodyOf(row)), bodyType: Object.keys(requestBody.content)[0] }),
    ...(replyOf(row) && { reply: whole(api, replyOf(row)?.schema) }),
  }
}

function typesOf(api: Document, rows: readonly Row[]): string {
  const named = Object.entries(api.components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)}`,
  )
  const operations = rows.map((row) => {
    const { operationId, parameters = [] } = row.operation
    const given = parameters
      .filter((one) => one.in === 'path' || one.in === 'query')
      .map(({ name, required, schema }) => `${keyOf(name)}${required ? '' : '?'}: ${typeOf(schema)}`)
    const reply = replyOf(row)?.schema
    const body = bodyOf(row)
    return `  ${keyOf(operationId)}: { in: { ${given.join('; ')} }; body: ${body ? typeOf(body) : 'undefined'}; reply: ${reply ? typeOf(reply) : 'undefined'} }`
  })
  return `// Made from the OpenAPI document by made.ts.\n${named.join('\n')}\n\nexport interface Operations {\n${operations.join('\n')}\n}\n`
}

const keyOf = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? 'unknown'
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const many = schema.anyOf ?? schema.oneOf
  if (many) return [...new Set(many.map(typeOf))].join(' | ') || 'unknown'
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ')
  if (Array.isArray(schema.type)) {
    return [...new Set((schema.type as string[]).map((type) => typeOf({ ...schema, type })))].join(' | ')
  }
  if (schema.type === 'string') return 'string'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'boolean') return 'boolean'
  if (schema.type === 'null') return 'null'
  if (schema.type === 'array') return `(${typeOf(schema.items ?? {})})[]`
  if (schema.type === 'object') return objectType(schema)
  return 'unknown'
}

function objectType({ properties, required, additionalProperties }: Schema): string {
  if (!properties) {
    return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`
  }
  const members = Object.entries(properties).map(
    ([name, schema]) => `${keyOf(name)}${required?.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  )
  return `{ ${members.join('; ')} }`
}
