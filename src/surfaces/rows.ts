// Builds the rows of a surface: each says method, path, operation and reply, and how its input departs from what the
// operation’s schema, the reply’s representation and the dialect say.
import * as z from 'zod'
import { Failure, type Flaw } from '#kernel/error.ts'
import { parseId } from '#kernel/id.ts'
import type { Operation, StreamOperation } from '#kernel/operation.ts'
import {
  type Codec,
  decoderOf,
  describe,
  describeObject,
  flawsIn,
  invalidInput,
  isObject,
  isStrict,
  type Mapping,
  membersOf,
  nounOf,
} from './codec.ts'
import { type Dialect, type ObjectDescription, objectSchema } from './dialect.ts'
import type { Reply, ReplyRequest } from './reply.ts'
import type { ActorAndScope, Method, Route, RouteDescription, WireRequest } from './surface.ts'

type Members = Record<string, unknown>

/** How a row’s input departs from its operation’s. Its keys are those of the input, so that a wrong one does not compile. */
export interface Input<Value> extends Mapping<Value> {
  /** Members that the row accepts besides those that its representation shows. */
  readonly accept?: readonly (keyof Value & string)[]
  /** Members that stand in the path by another name: `{ inv_id: 'invitationId' }`. */
  readonly path?: Readonly<Record<string, keyof Value & string>>
  /** Members that are not sent, and their values. */
  readonly fixed?: Partial<Value> | ((request: WireRequest, about: ActorAndScope) => Partial<Value>)
  /** Members that are required here and optional in the operation. */
  readonly required?: readonly (keyof Value & string)[]
  /** Other names that the operation’s own failures use for a member. */
  readonly flawNames?: Readonly<Record<string, keyof Value & string>>
  /** Wire members that the operation does not have: they are checked and not passed on. */
  readonly checked?: Readonly<Record<string, z.ZodType>>
}

/** The parts of a row that come neither from its operation nor from its reply. */
export interface RowOptions {
  readonly scope: Route['scope']
  /** Query parameters that only `scope` reads, whatever the method. */
  readonly scopeParameters?: readonly ScopeParameter[]
  readonly reach?: Route['reach']
  readonly authenticate?: Route['authenticate']
  readonly callers?: Route['callers']
  readonly locate?: Route['locate']
  readonly clientMembers?: Route['clientMembers']
  readonly requestType?: Route['requestType']
  readonly needs?: Route['needs']
}

/** How many characters an id has at most that a query parameter names a tenant by. */
const SCOPE_MAX = 80

/** A query parameter for `scope`. One without a description is accepted and not described in OpenAPI. */
export interface ScopeParameter {
  readonly name: string
  readonly description?: string
}

// biome-ignore lint/suspicious/noExplicitAny: whatever an operation may touch, a row hands it on
type OperationOf<In extends z.ZodType, Out extends z.ZodType> = Operation<any, In, Out>
// biome-ignore lint/suspicious/noExplicitAny: as above
type StreamOf<In extends z.ZodType, Out extends z.ZodType> = StreamOperation<any, In, Out>

/** A function that makes functions that make rows of a dialect. What the options say holds for a row unless it says otherwise. */
export function rowsIn(dialect: Dialect) {
  return (options: RowOptions) => {
    function row<In extends z.ZodType, Out extends z.ZodType>(
      at: `${Method} /${string}`,
      operation: OperationOf<In, Out>,
      reply: Reply<z.output<Out>>,
      input?: Input<z.input<In>> & Partial<RowOptions>,
    ): Route
    function row<In extends z.ZodType, Out extends z.ZodType>(
      at: `${Method} /${string}`,
      operation: StreamOf<In, Out>,
      reply: Reply<AsyncIterable<z.output<Out>>>,
      input?: Input<z.input<In>> & Partial<RowOptions>,
    ): Route
    function row(
      at: `${Method} /${string}`,
      // biome-ignore lint/suspicious/noExplicitAny: checked by the signatures above
      operation: any,
      // biome-ignore lint/suspicious/noExplicitAny: as above
      reply: Reply<any>,
      input: Input<Members> & Partial<RowOptions> = {},
    ): Route {
      return makeRow(dialect, at, operation, reply, { ...options, ...input })
    }
    return row
  }
}

type Settings = Input<Members> & RowOptions

/** A row of any dialect, not checked against the types of its operation. */
export function makeRow(
  dialect: Dialect,
  at: `${Method} /${string}`,
  operation: Route['operation'],
  reply: Reply<unknown>,
  settings: Settings,
): Route {
  const [method, path] = at.split(' ') as [Method, `/${string}`]
  // The schemas are read when the row is first used: hundreds of rows are made when the server starts.
  const input = lazy(() => inputOf(dialect, { method, path }, operation.input, reply, settings))
  const { encode, send } = reply
  const replyRequest = (request: WireRequest): ReplyRequest => ({
    params: request.params,
    page: pageOf(reply, request),
    body: request.body,
  })
  const { scope, reach, authenticate, callers, locate, clientMembers, requestType, needs } = settings
  return {
    method,
    path,
    operation,
    status: reply.status,
    scope,
    ...(reach && { reach }),
    ...(authenticate && { authenticate }),
    ...(callers && { callers }),
    ...(locate && { locate }),
    ...(clientMembers && { clientMembers }),
    ...(requestType && { requestType }),
    ...(needs && { needs }),
    toInput: (request, about) => input().decode(request, about),
    toReply: (output, request) => {
      if (send) return send(output, replyRequest(request))
      if (!encode) return { body: undefined }
      const headers = dialect.replyHeaders?.(output)
      return { body: encode(output, replyRequest(request)), ...(headers && { headers }) }
    },
    ...('follow' in operation && send && { toStream: (outputs, request) => send(outputs, replyRequest(request)) }),
    describe: () => describeRow(dialect, path, input(), reply, settings),
    wireName: (name) => input().wireName(name),
  }
}

function lazy<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => {
    made ??= make()
    return made
  }
}

interface RowInput {
  readonly place: 'body' | 'query'
  readonly isClosed: boolean
  readonly decode: Route['toInput']
  readonly wireName: (name: string) => string
  readonly describe: () => ObjectDescription
  /** Members that a header carries. */
  readonly headers: readonly string[]
}

/** Members that a page style reads. */
const PAGE_MEMBERS = ['limit', 'cursor', 'offset', 'include', 'order']

function inputOf(
  dialect: Dialect,
  { method, path }: Pick<Route, 'method' | 'path'>,
  schema: z.ZodType,
  reply: Reply<unknown>,
  settings: Settings,
): RowInput {
  const place = method === 'GET' || method === 'DELETE' ? 'query' : 'body'
  const { fixed = {}, required = [], checked = {} } = settings
  const parameters = pathParameters(dialect, path, schema, reply, settings)
  const headers = Object.keys(dialect.headerMembers ?? {}).filter((name) => name in shapeOf(schema))
  const mapping = inputMapping(dialect, schema, reply, settings, [
    ...(reply.page ? PAGE_MEMBERS : []),
    ...parameters.map(({ name }) => name),
    ...(typeof fixed === 'function' ? [] : Object.keys(fixed)),
  ])
  const members = membersOf(dialect, schema, mapping)
  const isClosed = dialect.rejectsUnknown(method, isStrict(schema))
  const read = { place, isClosed, decoder: decoderOf(dialect, schema, mapping), parameters, headers } as const
  return {
    place,
    isClosed,
    headers,
    decode: inputDecoder(dialect, schema, reply, settings, read),
    wireName: (name) => {
      const [, at, inside = ''] = /^(body|query)(?:\.(.+))?$/.exec(name) ?? []
      if (at !== undefined) return dialect.errorPath(at as 'body' | 'query', inside)
      if (name === '') return dialect.errorPath(place, '')
      const [first = '', ...rest] = name.split('.')
      const own = settings.flawNames?.[first] ?? first
      const { wireName, parent } = members.find((member) => member.name === own) ?? {
        wireName: dialect.memberName(own),
      }
      const names = [...(parent ? [parent] : []), wireName, ...rest.map(dialect.memberName)]
      return dialect.errorPath(place, names.join('.'))
    },
    describe: () => {
      const own = describeObject(dialect, schema, 'input', mapping)
      const more = describeObject(withWireNames(dialect), z.object(checked), 'input')
      const demanded = members.filter(({ name }) => required.includes(name)).map(({ wireName }) => wireName)
      return {
        properties: { ...own.properties, ...more.properties },
        required: [...new Set([...own.required, ...demanded, ...more.required])],
      }
    },
  }
}

interface Reading extends Pick<RowInput, 'place' | 'isClosed' | 'headers'> {
  readonly decoder: ReturnType<typeof decoderOf>
  readonly parameters: readonly Parameter[]
}

function inputDecoder(
  dialect: Dialect,
  schema: z.ZodType,
  reply: Reply<unknown>,
  { fixed = {}, required = [], checked, scopeParameters = [] }: Settings,
  { place, isClosed, headers, decoder, parameters }: Reading,
): Route['toInput'] {
  const checkedNames = Object.keys(checked ?? {})
  const parametersTaken = new Set([
    ...scopeParameters.map(({ name }) => name),
    ...pageParameters(reply),
    ...(place === 'query' ? checkedNames : []),
  ])
  const flawsOf = (request: WireRequest, input: unknown, unknown: readonly string[]): Flaw[] => [
    ...(checked ? flawsIn(z.looseObject(checked), sentIn(request, place), place) : []),
    ...(reply.page ? flawsIn(reply.page.query, request.query, 'query') : []),
    ...required.filter((name) => isObject(input) && input[name] === undefined).map(missing),
    ...(place === 'query' ? repeated(request.query, unknown) : []),
    ...unknownParameters(place === 'query' ? unknown : Object.keys(request.query), parametersTaken),
  ]
  return (request, about) => {
    const { value, unknown } = decoder(sentIn(request, place))
    const input = isObject(value)
      ? {
          ...value,
          ...(typeof fixed === 'function' ? fixed(request, about) : fixed),
          ...fromPath(dialect, parameters, request),
          ...fromHeaders(dialect, headers, request),
        }
      : value
    const flaws = flawsOf(request, input, unknown)
    const refused =
      isClosed && place === 'body' ? unrecognized(unknown.filter((name) => !checkedNames.includes(name))) : []
    // All flaws of a request are reported together, whether the row or the operation’s schema finds them.
    if (flaws.length > 0 || refused.length > 0) throw invalidInput([...refused, ...flaws, ...flawsIn(schema, input)])
    return reply.page ? { ...(input as Members), ...reply.page.toInput(pageOf(reply, request) as never) } : input
  }
}

function sentIn({ body = {}, query }: WireRequest, place: 'body' | 'query'): unknown {
  return place === 'query' ? query : body
}

/**
 * The input’s mapping: a row decodes a member as its reply encodes it, unless the row says otherwise. In a dialect that
 * accepts only named members, those remain that the reply’s representation shows or the row names.
 */
function inputMapping(
  dialect: Dialect,
  schema: z.ZodType,
  { mapping: shown = {}, shows = [], page }: Reply<unknown>,
  settings: Settings,
  elsewhere: readonly string[],
): Mapping<Members> {
  const { names, aliases, codecs, nested, omit = [], pick, accept = [], required = [] } = settings
  const named = [names, aliases, codecs].flatMap((part) => Object.keys(part ?? {}))
  const filters = (page && dialect.acceptsInLists) ?? []
  const taken = new Set([...named, ...Object.values(nested ?? {}).flat(), ...accept, ...required, ...filters])
  const open = Object.keys(shapeOf(schema)).filter((name) => {
    if (taken.has(name) || pick?.includes(name)) return true
    return dialect.accepts === 'all' ? !shown.omit?.includes(name) : shows.includes(name)
  })
  const onlyInHeader = Object.entries(dialect.headerMembers ?? {}).filter(([, { orParameter }]) => !orParameter)
  const apart = new Set([...omit, ...elsewhere, ...onlyInHeader.map(([name]) => name)])
  return {
    names: { ...shown.names, ...names },
    aliases: { ...shown.aliases, ...aliases },
    codecs: { ...shown.codecs, ...codecs },
    nested: { ...shown.nested, ...nested },
    pick: (pick ?? open).filter((name) => !apart.has(name)),
  }
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> {
  return schema instanceof z.ZodObject ? schema.shape : {}
}

function pageParameters({ page }: Reply<unknown>): string[] {
  return Object.keys(page?.query.shape ?? {})
}

// What is checked and not passed on is named by its wire name.
function withWireNames(dialect: Dialect): Dialect {
  return { ...dialect, memberName: (name) => name }
}

/** How many unknown names a refusal repeats, and how much of each. */
const [NAMES_TOLD, NAME_TOLD] = [100, 80]

function unrecognized(names: readonly string[]): Flaw[] {
  if (names.length === 0) return []
  const list = names
    .slice(0, NAMES_TOLD)
    .map((name) => `"${name.slice(0, NAME_TOLD)}"`)
    .join(', ')
  return [{ path: '', message: `Unrecognized key${names.length > 1 ? 's' : ''}: ${list}` }]
}

// A misspelled filter would otherwise select everything.
function unknownParameters(names: readonly string[], taken: ReadonlySet<string>): Flaw[] {
  return names
    .filter((name) => !taken.has(name))
    .map((name) => ({ path: `query.${name}`, message: 'is not a parameter of this operation' }))
}

function missing(path: string): Flaw {
  return { path, message: 'is required' }
}

// A codec decodes one value. No surface writes a list by repeating a parameter.
function repeated(query: WireRequest['query'], unknown: readonly string[]): Flaw[] {
  const names = Object.keys(query).filter((name) => Array.isArray(query[name]) && !unknown.includes(name))
  return names.map((name) => ({ path: `query.${name}`, message: 'was given twice' }))
}

function pageOf({ page }: Reply<unknown>, { query }: WireRequest): unknown {
  return page?.query.parse(query)
}

interface Parameter {
  readonly name: string
  readonly wireName: string
  readonly noun: ReturnType<typeof nounOf>
  readonly codec: Codec | undefined
}

function pathParameters(
  dialect: Dialect,
  path: string,
  schema: z.ZodType,
  { mapping: shown = {} }: Reply<unknown>,
  { path: named = {}, codecs }: Settings,
) {
  const members = Object.entries(shapeOf(schema))
  return [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, wireName = '']): Parameter[] => {
    const own = named[wireName]
    const found = members.find(([name]) => (own ? name === own : dialect.memberName(name) === wireName))
    if (!found) return []
    const [name, part] = found
    return [{ name, wireName, noun: nounOf(part), codec: codecs?.[name] ?? shown.codecs?.[name] }]
  })
}

/** @throws Failure `not_found` for what is no id of the noun, and where the codec knows no such value */
function fromPath(dialect: Dialect, parameters: readonly Parameter[], { params }: WireRequest): Members {
  const input: Members = {}
  for (const { name, wireName, noun, codec } of parameters) {
    const sent = params[wireName] ?? ''
    const text = noun ? dialect.id.decode(noun, sent) : sent
    const value = codec?.decode ? codec.decode(text) : noun ? parseId(noun, text) : text
    if (value === undefined) throw new Failure('not_found')
    input[name] = value
  }
  return input
}

function fromHeaders({ headerMembers = {} }: Dialect, names: readonly string[], { headers }: WireRequest): Members {
  const input: Members = {}
  for (const name of names) {
    const member = headerMembers[name]
    const sent = member && headers[member.header]
    const value = typeof sent === 'string' ? member?.decode(sent) : undefined
    if (value !== undefined) input[name] = value
  }
  return input
}

function describeRow(
  dialect: Dialect,
  path: string,
  input: RowInput,
  reply: Reply<unknown>,
  { scopeParameters = [], requestType }: Settings,
): RouteDescription {
  const described = input.describe()
  const hasBody = input.place === 'body' && Object.keys(described.properties).length > 0
  const paged = reply.page ? (describe(dialect, reply.page.query, 'input') as { properties?: object }) : {}
  const query = { ...paged.properties, ...(input.place === 'query' && described.properties) }
  const parameters: object[] = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter('path', name, { required: true })),
    ...Object.entries(query as Record<string, { description?: string }>).map(([name, { description, ...schema }]) =>
      parameter('query', name, {
        required: input.place === 'query' && described.required.includes(name),
        description,
        schema,
      }),
    ),
    ...scopeParameters
      .filter(({ description }) => description !== undefined)
      .map(({ name, description }) =>
        parameter('query', name, { description, schema: { type: 'string', maxLength: SCOPE_MAX } }),
      ),
    ...input.headers.flatMap((name) => {
      const { header, description } = dialect.headerMembers?.[name] ?? { header: '' }
      return description === undefined ? [] : [parameter('header', headerName(header), { description })]
    }),
  ]
  const closed = input.isClosed ? { additionalProperties: false } : {}
  return {
    parameters,
    requestBody: hasBody ? { ...objectSchema(described), ...closed } : undefined,
    ...(requestType && { requestType }),
    reply: reply.schema?.(),
    ...(reply.type && { replyType: reply.type }),
  }
}

interface ParameterDetail {
  readonly required?: boolean
  readonly description?: string | undefined
  readonly schema?: object
}

function parameter(place: string, name: string, { required, description, schema }: ParameterDetail): object {
  return {
    name,
    in: place,
    ...(required && { required }),
    ...(description && { description }),
    schema: schema ?? { type: 'string' },
  }
}

// `if-match` → `If-Match`.
function headerName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
}
