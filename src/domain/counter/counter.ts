// Defines which events change which counts. Emitting such an event is enough to update the count.
import type { EventDraft } from '#database/database.ts'
import type { EventType } from '#kernel/event.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** Nouns whose current number is counted. */
export const TOTALS = ['users', 'active_users', 'groups', 'applications', 'agents'] as const
export type Total = (typeof TOTALS)[number]

/** Things that are counted per hour and per day (UTC). */
export const OCCURRENCES = ['sign_ins', 'failed_sign_ins', 'sign_ups', 'second_factors'] as const
export type Occurrence = (typeof OCCURRENCES)[number]

/** How long counts per hour and per day are kept. Milliseconds. */
export const HOURLY_RETENTION = 8 * DAY
export const DAILY_RETENTION = 400 * DAY

/** The name of the count per day. */
export function daily(occurrence: Occurrence): string {
  return `${occurrence}_daily`
}

/** The sessions that have not ended, by the hour in which they expire. */
export const SESSIONS = 'sessions'

/** The start of the period that contains a time. */
export function spanOf(moment: number, length: number): number {
  return moment - (moment % length)
}

/** A change of one count. */
export interface Change {
  readonly name: string
  /** 0 for a current number, else the start of the period. */
  readonly bucket: number
  /** The directory or realm that is counted. */
  readonly place: string
  /** The change; null deletes the count. */
  readonly delta: number | null
}

/** The properties of an event that decide about its changes. */
interface CountedEvent {
  readonly realmId: string
  readonly occurredAt: number
  readonly data: Readonly<Record<string, unknown>>
}

const CHANGES: Partial<Record<EventType, (event: CountedEvent) => Change[]>> = {
  'user.created': (event) => [
    inDirectory(event, 'users', 1),
    inDirectory(event, 'active_users', isActive(event)),
    ...happened({ ...event, realmId: String(event.data.directoryId ?? '') }, 'sign_ups'),
  ],
  'authenticator.added': (event) => (event.data.kind === 'recovery_code' ? [] : happened(event, 'second_factors')),
  'user.suspended': (event) => [inDirectory(event, 'active_users', isActive(event) - wasActive(event))],
  'user.reactivated': (event) => [inDirectory(event, 'active_users', isActive(event) - wasActive(event))],
  'user.deleted': (event) => [inDirectory(event, 'users', -1), inDirectory(event, 'active_users', -isActive(event))],
  'group.created': (event) => [inDirectory(event, 'groups', 1)],
  'group.deleted': (event) => [inDirectory(event, 'groups', -1)],
  'application.created': (event) => [inRealm(event, 'applications', 1)],
  'application.deleted': (event) => [inRealm(event, 'applications', -1)],
  'agent.created': (event) => [inRealm(event, 'agents', 1)],
  'agent.deleted': (event) => [inRealm(event, 'agents', -1)],
  'session.started': (event) => [
    ...happened(event, 'sign_ins'),
    ...session(event, event.data.previousExpiresAt, -1),
    ...session(event, event.data.expiresAt, 1),
  ],
  'session.ended': (event) => session(event, event.data.expiresAt, -1),
  'sign_in.failed': (event) => happened(event, 'failed_sign_ins'),
  'realm.deleted': (event) => [{ name: SESSIONS, bucket: 0, place: event.realmId, delta: null }],
  'tenant.deleted': () => [{ name: SESSIONS, bucket: 0, place: '', delta: null }],
}

/** Whether events of a type can change a current number. */
export function isCounted(type: string): boolean {
  return type in CHANGES && /^(user|group|application|agent)\./.test(type)
}

/** The changes of counts that an event causes; most events cause none. */
export function changesOf({ type, realm_id: realmId, occurred_at: occurredAt, data }: EventDraft): Change[] {
  const changes = CHANGES[type as EventType]
  if (changes === undefined) return []
  return changes({ realmId: realmId ?? '', occurredAt, data: JSON.parse(data) })
}

function inDirectory({ data }: CountedEvent, name: Total, delta: number): Change {
  return { name, bucket: 0, place: String(data.directoryId ?? ''), delta }
}

function inRealm({ realmId: place }: CountedEvent, name: Total, delta: number): Change {
  return { name, bucket: 0, place, delta }
}

function isActive({ data }: CountedEvent): number {
  return data.status === 'active' ? 1 : 0
}

function wasActive({ data }: CountedEvent): number {
  return (data.before as { status?: unknown } | undefined)?.status === 'active' ? 1 : 0
}

// The session is counted in the hour in which it expires. After that hour the count is not read, so expiry needs no
// update.
function session({ realmId: place, occurredAt }: CountedEvent, expiresAt: unknown, delta: number): Change[] {
  if (typeof expiresAt !== 'number') return []
  const bucket = spanOf(expiresAt, HOUR)
  return bucket < spanOf(occurredAt, HOUR) ? [] : [{ name: SESSIONS, bucket, place, delta }]
}

function happened({ realmId: place, occurredAt }: CountedEvent, name: Occurrence): Change[] {
  return [
    { name, bucket: spanOf(occurredAt, HOUR), place, delta: 1 },
    { name: daily(name), bucket: spanOf(occurredAt, DAY), place, delta: 1 },
  ]
}
