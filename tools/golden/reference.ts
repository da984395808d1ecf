import { ERRORS, type ErrorCode, Failure } from '#kernel/error.ts'
import { EVENTS, type EventType } from '#kernel/event.ts'
import { PERMISSIONS } from '#kernel/permission.ts'
import { native } from '#surfaces/native/native.surface.ts'
import { code, page, table } from './markdown.ts'
import type { Described } from './operations.ts'

/** More than this many operations are only counted. */
const NAMED_MAX = 12

function names(operations: readonly Described[]): string {
  if (operations.length > NAMED_MAX) return `${operations.length} operations`
  return operations.map(({ name }) => code(name)).join(', ')
}

/** docs/reference/errors.md */
export function errorsPage(operations: readonly Described[]): string {
  const rows = Object.entries(ERRORS).map(([name, { status, message }]) => {
    const from = operations.filter(({ errors }) => errors.includes(name as ErrorCode))
    const { error } = native.error(new Failure(name as ErrorCode), { path: '/', requestId: '' }).body as {
      error: string
    }
    return [error === name ? code(name) : `${code(name)}, said ${code(error)}`, String(status), message, names(from)]
  })
  return page('Errors', [
    'Every failure has one of these codes. On the native API it is the member `error` of the answer, in the word that ' +
      'is said where there is one, beside `error_description`, a sentence that may be more precise than the one here; ' +
      'the protocol endpoints answer as RFC 6749 §5.2 and RFC 6750 §3 say. The last column names the operations that list the code; bad input, missing ' +
      'credentials, a missing permission and too many requests are possible everywhere.',
    table(['Code', 'Status', 'Meaning', 'Listed by'], rows),
  ])
}

/** docs/reference/events.md */
export function eventsPage(operations: readonly Described[]): string {
  const rows = Object.entries(EVENTS).map(([type, meaning]) => {
    const from = operations.filter(({ events }) => events.includes(type as EventType))
    return [code(type), meaning, names(from)]
  })
  return page('Events', [
    'Every change and every refusal worth knowing is an event, written in the same transaction as the change itself. ' +
      'Events are never changed or deleted; each tenant’s are chained by a hash, so that a changed, missing or ' +
      'reordered one is found. The last column names the operations that may emit the event; those without one come ' +
      'from sign-in, consent and the token endpoints.',
    table(['Event', 'What happened', 'Emitted by'], rows),
  ])
}

/** docs/reference/permissions.md */
export function permissionsPage(operations: readonly Described[]): string {
  const rows = Object.entries(PERMISSIONS).map(([permission, meaning]) => {
    const opened = operations.filter((operation) => operation.permission === permission)
    return [code(permission), meaning, names(opened)]
  })
  const matrix = operations.map(({ name, summary, permission, reach }) => [
    code(name),
    summary,
    code(permission),
    reach,
  ])
  return page('Permissions', [
    'A key or a person holds permissions and a reach. The permission says what may be done, the reach how far: the ' +
      'whole platform, one tenant, or one realm. What lies out of reach is answered as if it were not there.',
    'Besides single permissions a key may hold `nouns:*` (both verbs of a noun), `*:read`, `*:write` and `*`.',
    '## What each permission opens',
    table(['Permission', 'Lets its holder', 'Operations'], rows),
    '## What each operation needs',
    'The reach is the narrowest that suffices: an operation of reach `realm` is open to realm, tenant and platform keys.',
    table(['Operation', 'What it does', 'Permission', 'Reach'], matrix),
  ])
}
