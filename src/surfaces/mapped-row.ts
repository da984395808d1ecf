// A row of a surface whose bodies are documented elsewhere: the wire's schemas are written down, and two small functions
// lead from them to the operation's input and from its output back.
import * as z from 'zod'
import { Failure, type Flaw } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import type { AnyOperation } from '#kernel/operation.ts'
import { camel, nounOf, shapeOf } from './native/codec.ts'
import type { Method, Route, RouteDescription, WireRequest } from './surface.ts'

/** What a request holds once it was read with the wire’s schemas. */
export interface Given<Query, Body> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
}

/** How one row looks on its wire. */
export interface Mapping<Query extends z.ZodType, Body extends z.ZodType> {
  readonly scope: Route['scope']
  readonly reach?: Route['reach']
  /** Of a success; 200 unless told, 204 for a row without a reply. */
  readonly status?: number
  /** The wire’s query; what it does not name is passed over. */
  readonly query?: Query
  /** The wire’s body; none is read where there is no schema. */
  readonly body?: Body
  /** Whether the body may be left out; the schema then reads an empty object. */
  readonly bodyOptional?: true
  readonly input: (given: Given<z.output<Query>, z.output<Body>>) => unknown
  /** What the wire answers, as JSON; none for an answer without a body. */
  // biome-ignore lint/suspicious/noExplicitAny: the operation’s output, whichever it is
  readonly reply?: (output: any, given: Given<z.output<Query>, z.output<Body>>) => unknown
  /** What the reply looks like, for OpenAPI. */
  readonly replySchema?: z.ZodType
  /** What the wire calls parts of the operation’s input, by their names there. */
  readonly names?: Readonly<Record<string, string>>
}

/** Makes rows for one surface. @param spellFlaw where a flaw in the operation’s input lies on this wire */
export function rowsOf(spellFlaw: (name: string) => string) {
  return <Query extends z.ZodType = z.ZodUnknown, Body extends z.ZodType = z.ZodUnknown>(
    at: `${Method} /${string}`,
    operation: AnyOperation,
    mapping: Mapping<Query, Body>,
  ): Route => {
    const [method, path] = at.split(' ') as [Method, `/${string}`]
    const { reply, names = {} } = mapping
    return {
      method,
      path,
      operation,
      status: mapping.status ?? (reply ? 200 : 204),
      ...(mapping.reach && { reach: mapping.reach }),
      scope: mapping.scope,
      toInput: (request) => {
        checkPathIds(operation, request.params, names)
        return mapping.input(read(mapping, request))
      },
      toReply: (output, request) => ({ body: reply?.(output, read(mapping, request)) }),
      describe: () => describeMapping(path, mapping),
      spell: (name) => (/^(body|query)(\.|$)/.test(name) ? name : spellFlaw(names[name] ?? name)),
    }
  }
}

// An id of another form, or of another noun, names nothing.
function checkPathIds(
  { input }: AnyOperation,
  params: WireRequest['params'],
  names: Readonly<Record<string, string>>,
): void {
  const shape = shapeOf(input)
  for (const [name, text] of Object.entries(params)) {
    const [named = camel(name)] = Object.entries(names).find(([, wire]) => wire === name) ?? []
    const noun = nounOf(shape[named])
    if (noun && parseId(noun, text) === undefined) throw new Failure('not_found')
  }
}

function read<Query extends z.ZodType, Body extends z.ZodType>(
  { query, body, bodyOptional }: Mapping<Query, Body>,
  request: WireRequest,
): Given<z.output<Query>, z.output<Body>> {
  const given = request.body ?? (bodyOptional ? {} : undefined)
  return {
    params: request.params,
    query: (query ? checked(query, request.query, 'query') : {}) as z.output<Query>,
    body: (body ? checked(body, given, 'body') : {}) as z.output<Body>,
  }
}

function checked(schema: z.ZodType, value: unknown, place: 'query' | 'body'): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const flaws = result.error.issues.map(
    (issue): Flaw => ({
      path: [place, ...issue.path.map(String)].join('.'),
      message: issue.message,
    }),
  )
  throw new Failure('invalid_input', {
    message: flaws.map(({ path, message }) => `${path}: ${message}`).join('; '),
    flaws,
  })
}

function describeMapping(path: string, mapping: Mapping<z.ZodType, z.ZodType>): RouteDescription {
  const parameters: object[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const query = mapping.query && jsonSchemaOf(mapping.query, 'input')
  for (const [name, part] of Object.entries((query?.properties ?? {}) as Record<string, { description?: string }>)) {
    const { description, ...schema } = part
    parameters.push({ name, in: 'query', ...(description && { description }), schema })
  }
  return {
    parameters,
    requestBody: mapping.body && jsonSchemaOf(mapping.body, 'input'),
    reply: mapping.replySchema && jsonSchemaOf(mapping.replySchema, 'output'),
  }
}

function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return described
}
