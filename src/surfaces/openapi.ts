import { type ErrorCode, Failure } from '#kernel/error.ts'
import type { Route, Surface } from './surface.ts'

/**
 * The OpenAPI 3.1 document of one or more surfaces.
 * @param version of the server
 */
export function openApi(surfaces: readonly Surface[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  const ids = new Set<string>()
  for (const surface of surfaces) {
    for (const route of surface.routes) {
      const operationId = idOf(surface, route, ids)
      ids.add(operationId)
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: describe(surface, route, operationId) }
    }
  }
  const [first] = surfaces
  return {
    openapi: '3.1.0',
    info: { title: first?.title ?? '', description: first?.description ?? '', version },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(surfaces.map((surface) => [errorName(surface), surface.errorSchema])),
    },
    security: [{ bearer: [] }],
    paths,
  }
}

/** Its name, unique in the document: one operation may have a path on each surface, and several on one. */
function idOf({ prefix, name }: Surface, { operation, path }: Route, taken: ReadonlySet<string>): string {
  const id = prefix ? `${name}.${operation.name}` : operation.name
  const last = path.split('/').findLast((segment) => !segment.startsWith('{')) ?? ''
  const longer = `${id}.${last.replace(/^\./, '').replaceAll('-', '_')}`
  return [id, longer, `${longer}.of_realm`].find((one) => !taken.has(one)) ?? `${longer}.${path}`
}

function describe(surface: Surface, route: Route, operationId: string): Record<string, unknown> {
  const { operation, status } = route
  const { parameters, requestBody, reply } = route.describe()
  const streams = 'follow' in operation
  return {
    operationId,
    tags: [operation.name.split('.')[0]],
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    'x-permission': operation.permission,
    'x-reach': route.reach ?? operation.reach,
    ...(operation.events.length > 0 && { 'x-events': operation.events }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && {
      requestBody: { required: true, content: { 'application/json': { schema: requestBody } } },
    }),
    responses: {
      [status]: {
        description: 'Done.',
        ...(reply && { content: { [streams ? 'text/event-stream' : 'application/json']: { schema: reply } } }),
      },
      ...errorResponses(surface, operation.errors),
    },
  }
}

function errorName({ name }: Surface): string {
  return `${name}_error`
}

function errorResponses(surface: Surface, codes: readonly ErrorCode[]): Record<string, unknown> {
  const byStatus = new Map<number, string[]>()
  for (const code of ['invalid_input', 'unauthenticated', 'forbidden', ...codes] as ErrorCode[]) {
    const failure = new Failure(code)
    const { status } = surface.error(failure, { path: '', requestId: '' })
    byStatus.set(status, [...(byStatus.get(status) ?? []), failure.message])
  }
  const schema = { $ref: `#/components/schemas/${errorName(surface)}` }
  const content = { 'application/json': { schema } }
  return Object.fromEntries(
    [...byStatus].map(([status, messages]) => [status, { description: [...new Set(messages)].join(' '), content }]),
  )
}
