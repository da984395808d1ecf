// Makes the OpenAPI documents of surfaces.
import { type ErrorCode, Failure } from '#kernel/error.ts'
import { ID_PREFIXES } from '#kernel/id.ts'
import type { ExampleOfOperation, Examples } from './examples.ts'
import { nounLine } from './native/nouns.ts'
import { NamedSchemas, typeName, withNamedItems } from './openapi-schemas.ts'
import type { Route, Surface } from './surface.ts'

type Schema = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 document of one or more surfaces.
 * @param version of the server
 */
export function openApi(surfaces: readonly Surface[], version: string, examples: Examples): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  const tags = new Set<string>()
  const schemas = new NamedSchemas()
  for (const surface of surfaces) nameSchemas(schemas, surface)
  for (const surface of surfaces) {
    for (const [operationId, route] of routesById(surface)) {
      tags.add(nounOf(route))
      const described = describe(surface, route, operationId, schemas, examples[operationId] ?? {})
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: described }
    }
  }
  const [first] = surfaces
  return {
    openapi: '3.1.0',
    info: { title: first?.title ?? '', description: first?.description ?? '', version },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: schemas.all(),
    },
    security: [{ bearer: [] }],
    tags: [...tags].map(tagOf),
    paths,
  }
}

/** A noun as a tag, with how its ids begin. */
function tagOf(name: string): Record<string, unknown> {
  const prefix = (ID_PREFIXES as Readonly<Record<string, string>>)[name]
  return {
    name,
    ...(nounLine(name) && { description: nounLine(name) }),
    ...(prefix !== undefined && { 'x-id-prefix': prefix }),
  }
}

/** The routes of a surface by their `operationId`. */
export function routesById(surface: Surface): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>()
  for (const route of surface.routes) routes.set(idOf(surface, route, routes), route)
  return routes
}

/** Its name, unique in the document: one operation may have a path on each surface, and several on one. */
function idOf({ prefix, name }: Surface, { operation, path }: Route, taken: ReadonlyMap<string, Route>): string {
  const id = prefix ? `${name}.${operation.name}` : operation.name
  const last = path.split('/').findLast((segment) => !segment.startsWith('{')) ?? ''
  const longer = `${id}.${last.replace(/^\./, '').replaceAll('-', '_')}`
  return [id, longer, `${longer}.of_realm`].find((one) => !taken.has(one)) ?? `${longer}.${path}`
}

function nounOf({ operation }: Route): string {
  return operation.name.split('.')[0] ?? ''
}

/** The name of an operation as types have it: `client.rotate_secret` of another surface is `ZauthaClientRotateSecret`. */
function stemOf({ prefix, name }: Surface, { operation }: Route): { noun: string; verb: string } {
  const [noun = '', verb = ''] = operation.name.split('.')
  const own = prefix ? typeName(name) : ''
  const type = typeName(noun)
  return { noun: type.startsWith(own) ? type : own + type, verb: typeName(verb) }
}

/** Names what objects look like first, so that other replies of the same form refer to them. */
function nameSchemas(schemas: NamedSchemas, surface: Surface): void {
  schemas.put(errorName(surface), surface.errorSchema)
  for (const route of surface.routes) {
    const { reply } = route.describe()
    if (!reply || !route.operation.name.endsWith('.get')) continue
    schemas.refer(repeatedIn(reply as Schema) ?? (reply as Schema), stemOf(surface, route).noun)
  }
}

function replySchema(schemas: NamedSchemas, surface: Surface, route: Route, reply: Schema): Schema {
  const { noun, verb } = stemOf(surface, route)
  const page = withNamedItems(reply, (items) => schemas.refer(items, verb === 'List' ? noun : `${noun}${verb}Item`))
  if (page?.member === 'data' || (page && verb === 'List')) {
    return schemas.refer(page.schema, verb === 'List' ? `${noun}List` : `${noun}${verb}List`)
  }
  const repeated = repeatedIn(reply)
  if (!repeated) return schemas.refer(reply, verb === 'Create' ? `Created${noun}` : `${noun}${verb}Reply`)
  const data = schemas.refer(repeated, verb === 'Create' ? `Created${noun}` : noun)
  const whole = { ...reply, properties: { ...(reply.properties as object), data } }
  return schemas.refer(whole, verb === 'Get' ? `${noun}Reply` : `${noun}${verb}Reply`)
}

/** The member `data` of a reply that has the members of a thing twice: beside `data` and in it. */
function repeatedIn({ properties }: Schema): Schema | undefined {
  const { data, ...beside } = (properties ?? {}) as Record<string, Schema>
  const names = Object.keys((data?.properties ?? {}) as object)
  return names.length > 0 && names.every((name) => name in beside) ? data : undefined
}

function requestSchema(schemas: NamedSchemas, surface: Surface, route: Route, body: Schema): Schema {
  const { noun, verb } = stemOf(surface, route)
  return schemas.refer(body, `${noun}${verb}Request`)
}

function describe(
  surface: Surface,
  route: Route,
  operationId: string,
  schemas: NamedSchemas,
  example: ExampleOfOperation,
): Record<string, unknown> {
  const { operation, status } = route
  const { parameters, requestBody, requestType = 'application/json', reply, replyType } = route.describe()
  const streams = 'follow' in operation
  return {
    operationId,
    tags: [operation.name.split('.')[0]],
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    'x-permission': operation.permission,
    'x-reach': route.reach ?? operation.reach,
    ...(operation.makesCredentials && { 'x-makes-credentials': true }),
    ...(operation.irreversible && { 'x-irreversible': true }),
    ...(operation.events.length > 0 && { 'x-events': operation.events }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && {
      requestBody: {
        required: true,
        content: {
          [requestType]: {
            schema: requestSchema(schemas, surface, route, requestBody as Schema),
            ...(example.request !== undefined && { example: example.request }),
          },
        },
      },
    }),
    responses: {
      [status]: {
        description: 'Done.',
        ...((reply || replyType) && {
          content: {
            [typeOf(streams, replyType)]: {
              ...(reply && { schema: replySchema(schemas, surface, route, reply as Schema) }),
              ...(example.reply !== undefined && { example: example.reply }),
            },
          },
        }),
      },
      ...errorResponses(surface, operation.errors),
    },
  }
}

function typeOf(streams: boolean, told: string | undefined): string {
  return told ?? (streams ? 'text/event-stream' : 'application/json')
}

function errorName({ prefix, name }: Surface): string {
  return prefix ? `${typeName(name)}Error` : 'Error'
}

function errorResponses(surface: Surface, codes: readonly ErrorCode[]): Record<string, unknown> {
  const byStatus = new Map<number, string[]>()
  let type = 'application/json'
  for (const code of ['invalid_input', 'unauthenticated', 'forbidden', ...codes] as ErrorCode[]) {
    const failure = new Failure(code)
    const { status, headers } = surface.error(failure, { path: '', requestId: '', errorPages: '' })
    type = headers?.['content-type']?.split(';')[0] ?? type
    byStatus.set(status, [...(byStatus.get(status) ?? []), failure.message])
  }
  const schema = { $ref: `#/components/schemas/${errorName(surface)}` }
  const content = { [type]: { schema } }
  return Object.fromEntries(
    [...byStatus].map(([status, messages]) => [status, { description: [...new Set(messages)].join(' '), content }]),
  )
}
