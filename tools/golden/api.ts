// docs/reference/api.md: the OpenAPI document as a page to read.
import { code, page, table } from './markdown.ts'

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly required?: boolean
  readonly schema: JsonSchema
}

interface Action {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly 'x-permission': string
  readonly 'x-reach': string
  readonly 'x-events'?: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Body
  readonly responses: Readonly<Record<string, Body & { readonly description: string }>>
}

/** What {@link apiPage} reads of an OpenAPI 3.1 document. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Action>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> }
}

const DEPTH_MAX = 3
const EVERYWHERE = ['400', '401', '403']
const FAILURES =
  'Every route may answer 400 (422 where the document says so) to bad input, 401 without valid credentials, 403 without the permission and 429 to too many ' +
  'requests; what else may fail stands with the route. [Errors](errors.md) lists the codes.'

/** docs/reference/api.md, a section per noun and a heading per route. */
export function apiPage(document: ApiDocument): string {
  const { info, paths } = dereferenced(document)
  const actions = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, action]) => ({ at: `${method.toUpperCase()} ${path}`, action })),
  )
  const nouns = Map.groupBy(actions, ({ action }) => action.tags[0] ?? '')
  const sections = [...nouns].flatMap(([noun, own]) => [
    `## ${noun}`,
    ...own.flatMap(({ at, action }) => [`### ${at}`, ...describe(action)]),
  ])
  return page(info.title, [info.description, FAILURES, ...sections])
}

/** The document with each schema in the place of the references to it; it has none that contain themselves. */
function dereferenced(document: ApiDocument): ApiDocument {
  const schemas = document.components?.schemas ?? {}
  const follow = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(follow)
    if (typeof value !== 'object' || value === null) return value
    if ('$ref' in value) return follow(schemas[String(value.$ref).split('/').at(-1) ?? ''])
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, follow(part)]))
  }
  return { ...document, paths: follow(document.paths) as ApiDocument['paths'] }
}

function describe(action: Action): string[] {
  const [[status = '', reply] = []] = Object.entries(action.responses)
  const needs = `Needs ${code(action['x-permission'])}, reach ${action['x-reach']}.`
  const events = action['x-events'] ? ` Emits ${action['x-events'].map(code).join(', ')}.` : ''
  const failures = Object.entries(action.responses)
    .slice(1)
    .filter(([number, { description }]) => !EVERYWHERE.includes(number) || description.includes('. '))
    .map(([number, { description }]) => `${number}: ${description}`)
  return [
    `${action.summary}. ${action.description ?? ''}`.trim(),
    `${needs}${events}${commandOf(action.operationId)}`,
    ...parametersOf(action.parameters ?? []),
    ...fieldsOf('Body', action.requestBody),
    ...(reply?.content ? fieldsOf(`Answer ${status}`, reply) : [`Answers ${status} without a body.`]),
    ...(failures.length > 0 ? [`Failures: ${failures.join(' ')}`] : []),
  ]
}

// The commands are the native API’s; an operation on another surface is named with the surface before it.
function commandOf(operationId: string): string {
  const words = operationId.split('.')
  if (words.length > 2) return ''
  return ` The command is ${code(`countersign ${words.join(' ').replaceAll('_', '-')}`)}.`
}

function parametersOf(parameters: readonly Parameter[]): string[] {
  if (parameters.length === 0) return []
  const rows = parameters.map(({ name, in: place, required, schema, description }) => [
    code(name),
    `${place}${required ? ', required' : ''}`,
    typeOf(schema),
    description ?? schema.description ?? '',
  ])
  return [table(['Parameter', 'In', 'Type', 'Meaning'], rows)]
}

function fieldsOf(title: string, body: Body | undefined): string[] {
  const [schema] = Object.values(body?.content ?? {}).map((content) => content.schema)
  if (!schema) return []
  const rows = rowsOf(schema, '', 0)
  return rows.length === 0 ? [`${title}: ${typeOf(schema)}.`] : [table([title, 'Type', 'Meaning'], rows)]
}

function rowsOf(schema: JsonSchema, prefix: string, depth: number): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const optional = schema.required?.includes(name) || part.default !== undefined ? '' : ', optional'
    const row = [code(prefix + name), `${typeOf(part)}${optional}`, part.description ?? '']
    const within = Object.keys(part.properties ?? {})
    if (within.length > 0 && within.every((one) => one in (schema.properties ?? {}))) {
      return [[...row.slice(0, 2), 'The same members again.']]
    }
    const inner = part.items ?? part.anyOf?.find(({ properties }) => properties) ?? part
    const deeper = depth < DEPTH_MAX ? rowsOf(inner, `${prefix}${name}${part.items ? '[]' : ''}.`, depth + 1) : []
    return [row, ...deeper]
  })
}

function typeOf(schema: JsonSchema): string {
  const initial = schema.default === undefined ? '' : `, default ${code(JSON.stringify(schema.default))}`
  return plainTypeOf(schema) + initial
}

function plainTypeOf({ type, format, enum: values, const: constant, items, anyOf }: JsonSchema): string {
  if (values) return values.map((value) => code(String(value))).join(' or ')
  if (constant !== undefined) return code(String(constant))
  if (anyOf) return anyOf.map(plainTypeOf).join(' or ')
  if (items) return `list of ${plainTypeOf(items)}`
  if (typeof type === 'string') return format === undefined ? type : `${type} (${format})`
  return type?.join(' or ') ?? 'anything'
}
