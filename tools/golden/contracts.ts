import { ERRORS } from '#kernel/error.ts'
import { EVENTS } from '#kernel/event.ts'
import type { Described } from './operations.ts'

/** Rows as columns of equal width, the last one ragged; ends with a line end. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
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
