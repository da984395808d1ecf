// Which events change which counts. This is the one place that knows: whoever emits one of these events, counts.
import type { EventDraft } from '#database/database.ts'
import type { EventType } from '#kernel/event.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** What there is now. */
export const TOTALS = ['users', 'active_users', 'groups', 'applications', 'agents'] as const
export type Total = (typeof TOTALS)[number]

/** What happened, by the hour and by the day (UTC). */
export const HAPPENINGS = ['sign_ins', 'failed_sign_ins'] as const
export type Happening = (typeof HAPPENINGS)[number]

/** How long what happened is counted by the hour, and by the day. Milliseconds. */
export const HOURS_KEPT = 8 * DAY
export const DAYS_KEPT = 400 * DAY

/** The name of the count by days. */
export function daily(happening: Happening): string {
  return `${happening}_daily`
}

/** The sessions that were not ended, by the hour that they expire in. */
export const SESSIONS = 'sessions'

/** When the span begins that a moment lies in. */
export function spanOf(moment: number, length: number): number {
  return moment - (moment % length)
}

/** A change of one count. */
export interface Change {
  readonly name: string
  /** 0 for what is there now, else when the span begins. */
  readonly bucket: number
  /** The directory or realm that it is counted in. */
  readonly place: string
  /** Nothing is left of it for null. */
  readonly by: number | null
}

/** What of an event its changes follow from. */
interface Told {
  readonly realmId: string
  readonly occurredAt: number
  readonly data: Readonly<Record<string, unknown>>
}

const CHANGES: Partial<Record<EventType, (told: Told) => Change[]>> = {
  'user.created': (told) => [inDirectory(told, 'users', 1), inDirectory(told, 'active_users', isActive(told))],
  'user.suspended': (told) => [inDirectory(told, 'active_users', isActive(told) - wasActive(told))],
  'user.reactivated': (told) => [inDirectory(told, 'active_users', isActive(told) - wasActive(told))],
  'user.deleted': (told) => [inDirectory(told, 'users', -1), inDirectory(told, 'active_users', -isActive(told))],
  'group.created': (told) => [inDirectory(told, 'groups', 1)],
  'group.deleted': (told) => [inDirectory(told, 'groups', -1)],
  'application.created': (told) => [inRealm(told, 'applications', 1)],
  'application.deleted': (told) => [inRealm(told, 'applications', -1)],
  'agent.created': (told) => [inRealm(told, 'agents', 1)],
  'agent.deleted': (told) => [inRealm(told, 'agents', -1)],
  'session.started': (told) => [
    ...happened(told, 'sign_ins'),
    ...session(told, told.data.previousExpiresAt, -1),
    ...session(told, told.data.expiresAt, 1),
  ],
  'session.ended': (told) => session(told, told.data.expiresAt, -1),
  'sign_in.failed': (told) => happened(told, 'failed_sign_ins'),
  'realm.deleted': (told) => [{ name: SESSIONS, bucket: 0, place: told.realmId, by: null }],
  'tenant.deleted': () => [{ name: SESSIONS, bucket: 0, place: '', by: null }],
}

/** Whether events of a type may change how many there are now of something. */
export function isCounted(type: string): boolean {
  return type in CHANGES && /^(user|group|application|agent)\./.test(type)
}

/** What an event changes; nothing for most. */
export function changesOf({ type, realm_id: realmId, occurred_at: occurredAt, data }: EventDraft): Change[] {
  const changes = CHANGES[type as EventType]
  if (changes === undefined) return []
  return changes({ realmId: realmId ?? '', occurredAt, data: JSON.parse(data) })
}

function inDirectory({ data }: Told, name: Total, by: number): Change {
  return { name, bucket: 0, place: String(data.directoryId ?? ''), by }
}

function inRealm({ realmId: place }: Told, name: Total, by: number): Change {
  return { name, bucket: 0, place, by }
}

function isActive({ data }: Told): number {
  return data.status === 'active' ? 1 : 0
}

function wasActive({ data }: Told): number {
  return data.before === 'active' ? 1 : 0
}

// In the hour that it expires in: once that is over nobody asks any more, so that nothing has to happen then.
function session({ realmId: place, occurredAt }: Told, expiresAt: unknown, by: number): Change[] {
  if (typeof expiresAt !== 'number') return []
  const bucket = spanOf(expiresAt, HOUR)
  return bucket < spanOf(occurredAt, HOUR) ? [] : [{ name: SESSIONS, bucket, place, by }]
}

function happened({ realmId: place, occurredAt }: Told, name: Happening): Change[] {
  return [
    { name, bucket: spanOf(occurredAt, HOUR), place, by: 1 },
    { name: daily(name), bucket: spanOf(occurredAt, DAY), place, by: 1 },
  ]
}
