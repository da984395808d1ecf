import type { Endpoint } from '#domain/realm-request.ts'
import { ERRORS } from '#kernel/error.ts'
import { EVENTS } from '#kernel/event.ts'
import { metadataOf } from '#protocol/metadata/metadata.endpoint.ts'
import type { Surface } from '#surfaces/surface.ts'
import type { Described } from './operations.ts'

const WIDTH = 110
const STEP = 12

/**
 * Rows as columns of equal width, the last one ragged. Widths go in steps, so that one longer name does not move every
 * line. Ends with a line end.
 */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => stepped(Math.max(...rows.map((row) => row[column]?.length ?? 0))))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

function stepped(width: number): number {
  return Math.ceil(width / STEP) * STEP
}

/** Which keys may use which operation: its permission, and how narrow the key may be. */
export function permissionsText(operations: readonly Described[]): string {
  const rows = operations.map(({ name, permission, reach }) => [
    name,
    permission,
    'yes',
    reach === 'platform' ? '-' : 'yes',
    reach === 'realm' ? 'yes' : '-',
  ])
  return columns([['operation', 'permission', 'platform key', 'tenant key', 'realm key'], ...rows])
}

/** Every error code, its status and its sentence. */
export function errorsText(): string {
  return columns(Object.entries(ERRORS).map(([code, { status, message }]) => [code, String(status), message]))
}

/** Every event and the operations that may emit it; what the protocol and the pages emit stands without one. */
export function eventsText(operations: readonly Described[]): string {
  return columns(
    Object.entries(EVENTS).map(([type, sentence]) => [
      type,
      operations
        .filter(({ events }) => events.includes(type as never))
        .map(({ name }) => name)
        .join(' ') || '-',
      sentence,
    ]),
  )
}

/** Every path: of each surface with its operation, and of every realm with its endpoint. */
export function routesText(surfaces: readonly Surface[], endpoints: readonly Endpoint[]): string {
  const rows = surfaces.flatMap(({ name, routes }) =>
    routes.map(({ method, path, operation }) => [name, method, path, operation.name]),
  )
  const own = endpoints.flatMap(({ name, methods, paths }) =>
    paths.map((path) => ['realm', methods.join(','), path, name]),
  )
  return columns([['where', 'method', 'path', 'operation or endpoint'], ...rows, ...own])
}

/** The metadata of a realm with everything at its default. */
export function discoveryText(endpoints: readonly Endpoint[]): string {
  const paths = new Map(endpoints.map(({ name, paths: [first] }) => [name, first ?? '']))
  const request = { realm: { algorithm: 'ES256' }, issuer: 'https://id.example.com' }
  return jsonText(metadataOf(request as Parameters<typeof metadataOf>[0], paths))
}

/** A value as readable JSON: what fits into a line is one. Ends with a line end. */
export function jsonText(value: unknown): string {
  return `${jsonLines(value, 0)}\n`
}

function jsonLines(value: unknown, depth: number): string {
  const short = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || short.length + 2 * depth <= WIDTH) return short
  const [inner, outer] = ['  '.repeat(depth + 1), '  '.repeat(depth)]
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => inner + jsonLines(item, depth + 1)).join(',\n')}\n${outer}]`
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  const lines = members.map(([name, member]) => `${inner}${JSON.stringify(name)}: ${jsonLines(member, depth + 1)}`)
  return `{\n${lines.join(',\n')}\n${outer}}`
}
