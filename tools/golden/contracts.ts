// Writes the golden files of routes, errors, events, permissions and discovery.
import { DEFAULT_POLICY } from '#domain/realm/realm.ts'
import type { RouteGroup } from '#http/route.ts'
import { ERRORS } from '#kernel/error.ts'
import { EVENTS } from '#kernel/event.ts'
import { metadataOf } from '#protocol/metadata/metadata.endpoint.ts'
import type { Endpoint } from '#web/realm-request.ts'
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

/** Every path that is served, from the table that listeners mount. Names of assets change with their content. */
export function routesText(groups: readonly RouteGroup[]): string {
  const rows = groups.flatMap(({ name: group, routes }) =>
    routes.map(({ listener, methods, path, name }) => [
      group,
      listener,
      methods.join(','),
      path.replace(/-[0-9a-f]{8}(?=\.\w+$)/, '-{hash}'),
      name,
    ]),
  )
  return columns([['group', 'listener', 'method', 'path', 'operation, endpoint or document'], ...rows])
}

/** The metadata of a realm with everything at its default. */
export function discoveryText(endpoints: readonly Endpoint[]): string {
  const paths = new Map(endpoints.map(({ name, paths: [path = ''], mutualTls = false }) => [name, { path, mutualTls }]))
  const request = { realm: { kind: 'realm', policy: DEFAULT_POLICY }, issuer: 'https://id.example.com' }
  return jsonText(
    metadataOf(
      request as Parameters<typeof metadataOf>[0],
      ['ES256'],
      paths,
      { scopes: [], detailTypes: [], canRegister: false, assertions: new Set() },
      { mutualTls: undefined },
    ),
  )
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
