// Makes the rows of the SCIM surface.
import * as z from 'zod'
import { jsonOf } from '#kernel/field.ts'
import type { AnyOperation } from '#kernel/operation.ts'
import type { Method, Route, WireRequest } from '../surface.ts'
import type { ResourceKind } from './attributes.ts'
import { ScimFailure } from './failure.ts'
import { LONGEST } from './filter.ts'
import { BODY_MAX } from './operation-parts.ts'
import { hasVersion, selectionOf } from './request.ts'
import { isObject, type Resource, type Selection, selected } from './resource.ts'

const TYPE = 'application/scim+json'
const CONTENT_TYPE = `${TYPE}; charset=utf-8`

/** A row before it is known where the service begins. */
export interface Row {
  readonly method: Method
  readonly path: `/${string}`
  readonly operation: AnyOperation
  readonly status: number
  readonly toInput: Route['toInput']
  readonly toReply: Route['toReply']
  readonly parameters: readonly string[]
  readonly takesBody: boolean
  readonly bodyMax: number | undefined
}

/** What a row is about, besides the operation. */
export interface RowOptions {
  readonly kind?: ResourceKind
  /** Query parameters, for OpenAPI. */
  readonly parameters?: readonly string[]
  readonly takesBody?: boolean
  /** The longest body, in bytes, where it is not the server’s. */
  readonly bodyMax?: number
  /** Whether nothing is answered unless attributes are asked for. */
  readonly quiet?: boolean
}

const PARAMETERS: Readonly<Record<string, string>> = {
  filter: 'What the resources have to fulfil, such as userName eq "ada@example.com".',
  startIndex: 'Which one the list starts with; the first one is 1.',
  count: 'How many at most, 0 to 200.',
  attributes: 'Only these attributes, with commas between them.',
  excludedAttributes: 'All attributes but these, with commas between them.',
}

/** Makes a row. @param input the operation’s input, of what was sent */
export function row(
  at: `${Method} /${string}`,
  operation: AnyOperation,
  input: (request: WireRequest) => unknown,
  { kind, parameters = [], takesBody = false, bodyMax, quiet = false }: RowOptions = {},
): Row {
  const [method, path] = at.split(' ') as [Method, `/${string}`]
  const isCreation = method === 'POST' && kind !== undefined && !path.endsWith('.search')
  const isSilent = operation.output.def.type === 'void'
  return {
    method,
    path,
    operation,
    status: isCreation ? 201 : isSilent || quiet ? 204 : 200,
    toInput: (request) => {
      // All flaws are reported before anything is changed.
      checkParameters(request, parameters)
      if (kind) selectionOf(request)
      return input(request)
    },
    toReply: (output, request) => {
      if (isSilent || !isObject(output)) return { body: undefined }
      return reply(output, request, { kind, isCreation, quiet })
    },
    parameters,
    takesBody,
    bodyMax,
  }
}

/** Parameters that clients send to any path, and that change nothing: Entra ID switches its own behavior by the first. */
const WITHOUT_EFFECT = ['aadOptscim062020', 'sortBy', 'sortOrder']

/** @throws ScimFailure `invalidSyntax` for a query parameter that the row does not have */
function checkParameters({ query }: WireRequest, parameters: readonly string[]): void {
  const unknown = Object.keys(query).find((name) => !parameters.includes(name) && !WITHOUT_EFFECT.includes(name))
  if (unknown !== undefined) throw new ScimFailure('invalidSyntax', `${unknown}: this parameter is not known here.`)
}

function reply(
  output: Resource,
  request: WireRequest,
  { kind, isCreation, quiet }: { kind: ResourceKind | undefined; isCreation: boolean; quiet: boolean },
): ReturnType<Route['toReply']> {
  const headers: Record<string, string> = { 'content-type': CONTENT_TYPE }
  if (!kind) return { body: output, headers }
  const selection = selectionOf(request)
  if (Array.isArray(output.Resources)) {
    return {
      body: { ...output, Resources: output.Resources.map((one: Resource) => selected(kind, one, selection)) },
      headers,
    }
  }
  const { location = '', version = '' } = (output.meta ?? {}) as { location?: string; version?: string }
  const tagged = { ...headers, etag: version, ...(isCreation && { location }) }
  if (request.method === 'GET' && hasVersion(request.headers['if-none-match'], version)) {
    return { status: 304, body: undefined, headers: { etag: version } }
  }
  if (quiet && !asks(selection)) return { body: undefined, headers: { etag: version } }
  return { ...(quiet && { status: 200 }), body: selected(kind, output, selection), headers: tagged }
}

/** Whether a request asks for attributes by their names. */
export function asks({ attributes }: Selection): boolean {
  return attributes.length > 0
}

/** Rows where the service begins at a path. */
export function routesAt(prefix: string, scope: Route['scope'], rows: readonly Row[]): Route[] {
  return rows.map(({ method, path, operation, status, toInput, toReply, parameters, takesBody, bodyMax }) => ({
    method,
    path: `${prefix}${path}` as `/${string}`,
    operation,
    status,
    scope,
    toInput,
    toReply,
    ...(bodyMax !== undefined && { bodyMax }),
    describe: () => ({
      parameters: [
        ...[...`${prefix}${path}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
          name,
          in: 'path',
          required: true,
          schema: { type: 'string' },
        })),
        ...parameters.map((name) => ({
          name,
          in: 'query',
          description: PARAMETERS[name],
          schema:
            name === 'startIndex' || name === 'count' ? { type: 'integer' } : { type: 'string', maxLength: LONGEST },
        })),
      ],
      requestType: TYPE,
      ...(operation.output.def.type !== 'void' && { replyType: TYPE }),
      requestBody: takesBody ? { type: 'object', ...jsonOf(bodyMax ?? BODY_MAX) } : undefined,
      reply: operation.output.def.type === 'void' ? undefined : replySchema(operation.output),
    }),
  }))
}

function replySchema(output: z.ZodType): object {
  const { $schema: _, ...described } = z.toJSONSchema(output, { io: 'output', unrepresentable: 'any' })
  return described
}
