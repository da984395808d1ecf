// Writes the reference pages of errors, refusals, events and permissions.

import { auditedMembersOf, nounsThatChange } from '#kernel/audited-members.ts'
import type { Audited } from '#kernel/change.ts'
import { columnOf } from '#kernel/declaration.ts'
import { ERRORS, type ErrorCode, Failure } from '#kernel/error.ts'
import { EVENTS, type EventType } from '#kernel/event.ts'
import { PERMISSIONS } from '#kernel/permission.ts'
import { REFUSAL_REASONS } from '#kernel/refusal-reason.ts'
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
    const { error } = native.error(new Failure(name as ErrorCode), { path: '/', requestId: '', errorPages: '' })
      .body as {
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
  const audited = nounsThatChange().map((noun) => {
    const members = Object.entries(auditedMembersOf(noun))
    const named = (how: Audited) =>
      members.filter(([, member]) => member.audited === how).map(([name]) => code(columnOf(name)))
    return [code(noun), named('values').join(', '), named('name').join(', ')]
  })
  return page('Events', [
    'Every change and every refusal worth knowing is an event, written in the same transaction as the change itself. ' +
      'Events are never changed or deleted; each tenant’s are chained by a hash, so that a changed, missing or ' +
      'reordered one is found. The last column names the operations that may emit the event; those without one come ' +
      'from sign-in, consent and the token endpoints.',
    table(['Event', 'What happened', 'Emitted by'], rows),
    '## What the events of changes contain',
    'The event of an update has `changed`, the names of the members that have another value than before, and `before` and ' +
      '`after` with their values. Some members are only named: personal data, what may hold a secret, and values of more ' +
      'than 4000 characters. An update that changes nothing writes nothing, emits no event, and keeps the version.',
    table(['Object', 'With values', 'Only named'], audited),
  ])
}

/** docs/reference/refusals.md */
export function refusalsPage(): string {
  const rows = Object.entries(REFUSAL_REASONS).map(([reason, { error, meaning, advice }]) => [
    code(reason),
    error.split(' or ').map(code).join(', '),
    meaning,
    advice,
  ])
  return page('Refusals', [
    'A client that gets `invalid_client` or `invalid_grant` does not learn why, because an attacker would learn it too. The ' +
      'operator does: `countersign refusal list --realm default` lists the reasons by minute, client and network, and the ' +
      'events `client_authentication.failed` and `token_request.refused` have the member `reason`.',
    table(['Reason', 'Error', 'Why it happens', 'How to fix it'], rows),
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
    'An operation that gives what another permission guards needs that permission as well: see ' +
      '[operations and other permissions](permission-pairs.md).',
    '## What makes credentials',
    'A program (an API key or a client) needs `credentials:write` besides for these operations, so that a stolen key ' +
      'does not become another one. `*` and `*:write` do not include it.',
    operations
      .filter(({ makesCredentials }) => makesCredentials)
      .map(({ name }) => `- ${code(name)}`)
      .join('\n'),
    '## What needs a fresh sign-in',
    'These operations make credentials and rights that outlast the caller’s token or session. A person must have signed ' +
      'in within the last 15 minutes; otherwise the answer is 401 with `insufficient_user_authentication`, and ' +
      '`max_age` in `WWW-Authenticate` is what to ask the authorization endpoint for (RFC 9470 §3). `countersign login` ' +
      'asks for it. Programs and keys are not asked.',
    operations
      .filter(({ freshSignIn }) => freshSignIn)
      .map(({ name }) => `- ${code(name)}`)
      .join('\n'),
    '## What each operation needs',
    'The reach is the narrowest that suffices: an operation of reach `realm` is open to realm, tenant and platform keys.',
    table(['Operation', 'What it does', 'Permission', 'Reach'], matrix),
  ])
}
