import type * as z from 'zod'
import { Failure } from '#kernel/error.ts'
import type { AnyOperation, AnyStreamOperation } from '#kernel/operation.ts'
import { parse } from '#kernel/parse.ts'
import type { Method, Route, RouteDescription, WireRequest } from '../surface.ts'
import { decode, describeSchema, encode, idFromPath, nounOf, shapeOf, snake } from './codec.ts'
import { nativeScope } from './scope.ts'

// Not part of any body: it comes from If-Match.
const FROM_HEADERS = new Set(['ifVersion'])

/** Schemas of a row whose members are not named or grouped as the operation’s are, and the way between both. */
export interface Spelling<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly input: In
  /** What was sent, parsed, as the operation’s input. */
  readonly toInput: (given: z.output<In>) => unknown
  readonly output: Out
  /** What the operation answers, as this row’s output. */
  readonly toOutput: (value: never) => z.input<Out>
}

/**
 * A row of the native API. Everything about it follows from the operation’s schemas.
 * @param at method and path; `{issuer_id}` names the realm, every other parameter a member of the input
 * @param status of a success; 200 unless told, 204 for an operation without output
 * @param spelling other schemas than the operation’s
 */
export function row<In extends z.ZodType, Out extends z.ZodType>(
  at: `${Method} /${string}`,
  operation: AnyOperation | AnyStreamOperation,
  status?: number,
  spelling?: Spelling<In, Out>,
): Route {
  const [method, path] = at.split(' ') as [Method, `/${string}`]
  const { input, output }: Schemas = spelling ?? operation
  const silent = output.def.type === 'void'
  const parameters = parametersOf(path)
  return {
    method,
    path,
    operation,
    status: status ?? (silent ? 204 : 200),
    scope: (request, places, actor) => nativeScope(path, operation, request, places, actor),
    toInput: (request) => {
      const given = readInput(input, { path, parameters }, request)
      return spelling ? spelling.toInput(parse(spelling.input, given)) : given
    },
    toReply: (value) => {
      const spelled = spelling ? spelling.toOutput(value as never) : value
      return silent ? { body: undefined } : { body: encode(output, spelled), ...etagOf(value) }
    },
    describe: () => describeRow(method, path, { input, output, reach: operation.reach }),
  }
}

interface Schemas {
  readonly input: z.ZodType
  readonly output: z.ZodType
}

function readInput(
  schema: z.ZodType,
  { path, parameters }: { readonly path: string; readonly parameters: readonly string[] },
  request: WireRequest,
): unknown {
  const reads = request.method === 'GET' || request.method === 'HEAD' || request.method === 'DELETE'
  const input = reads ? fromQuery(schema, request.query) : fromBody(schema, path, request.body)
  const shape = shapeOf(schema)
  for (const name of parameters) {
    const noun = nounOf(shape[name])
    const text = request.params[snake(name)] ?? ''
    if (name in shape) input[name] = noun ? idFromPath(noun, text) : text
  }
  const { 'last-event-id': lastEventId, 'if-match': ifMatch } = request.headers
  // A browser that reconnects to a stream says where it was (WHATWG HTML §9.2.4).
  if ('afterSeq' in shape && typeof lastEventId === 'string') input.afterSeq = lastEventId
  const version = 'ifVersion' in shape ? readIfMatch(ifMatch) : undefined
  return version === undefined ? input : { ...input, ifVersion: version }
}

function fromQuery(schema: z.ZodType, query: WireRequest['query']): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(query)) {
    if (name === 'tenant_id') continue
    if (Array.isArray(value)) throw new Failure('invalid_request', `The parameter ${name} was given twice.`)
    Object.assign(input, decode(schema, { [name]: value }))
  }
  return input
}

function fromBody(schema: z.ZodType, path: string, given: unknown): Record<string, unknown> {
  const body = decode(schema, given ?? {})
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Failure('invalid_request', 'The body must be a JSON object.')
  }
  for (const name of Object.keys(body)) {
    if (FROM_HEADERS.has(name) || path.includes(`{${snake(name)}}`)) {
      throw new Failure('invalid_request', `${snake(name)} is not part of the body.`)
    }
  }
  return { ...body }
}

/** A strong ETag that the native API gave out (RFC 9110 §13.1.1); `*` matches whatever is there. */
function readIfMatch(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const [, version] = (typeof header === 'string' && /^"v(\d{1,15})"$/.exec(header)) || []
  if (version === undefined)
    throw new Failure('precondition_failed', 'If-Match must be an ETag that this API gave out.')
  return Number(version)
}

function etagOf(value: unknown): { headers?: Record<string, string> } {
  const version = (value as { version?: unknown } | null)?.version
  return typeof version === 'number' ? { headers: { etag: `"v${version}"` } } : {}
}

function parametersOf(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = '']) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()))
    .filter((name) => name !== 'issuerId')
}

function describeRow(
  method: Method,
  path: string,
  { input, output, reach }: Schemas & Pick<AnyOperation, 'reach'>,
): RouteDescription {
  const shape = shapeOf(input)
  const inPath = new Set(parametersOf(path))
  const parameters: object[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const members = Object.keys(shape).filter((name) => !inPath.has(name) && !FROM_HEADERS.has(name))
  const fromQuery = method === 'GET' || method === 'DELETE'
  const body = describeSchema(input, 'input') as {
    properties?: Record<string, { description?: string }>
    required?: string[]
  }
  if (fromQuery) {
    for (const name of members) {
      const { description, ...schema } = body.properties?.[snake(name)] ?? {}
      parameters.push({
        name: snake(name),
        in: 'query',
        ...(body.required?.includes(snake(name)) && !('default' in schema) && { required: true }),
        ...(description && { description }),
        schema,
      })
    }
  }
  if (!path.includes('{issuer_id}') && reach === 'tenant') {
    parameters.push({
      name: 'tenant_id',
      in: 'query',
      description: 'The tenant it is about, for callers that reach several; otherwise their own or the default one.',
      schema: { type: 'string' },
    })
  }
  if ('ifVersion' in shape) {
    parameters.push({
      name: 'If-Match',
      in: 'header',
      description: 'The ETag of the version to change.',
      schema: { type: 'string' },
    })
  }
  for (const hidden of [...inPath, ...FROM_HEADERS]) {
    delete body.properties?.[snake(hidden)]
    if (body.required) body.required = body.required.filter((name) => name !== snake(hidden))
  }
  const silent = output.def.type === 'void'
  return {
    parameters,
    requestBody: fromQuery || members.length === 0 ? undefined : body,
    reply: silent ? undefined : describeSchema(output, 'output'),
  }
}
