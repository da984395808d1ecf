// Reads what happened with the account of a person from the log, for the person: nothing of others, and no secret.

import type { EventType } from '#kernel/event.ts'
import { decodeCursor, encodeCursor, type Page } from '#kernel/page.ts'
import type { Context } from '../context.ts'
import type { Event } from '../event/event.ts'
import { realmOf } from '../realm/realm.service.ts'
import type { User } from '../user/user.ts'

/** What a person is told of, by the types of events. Each is the name of a message. */
const TOLD = {
  'session.started': 'signedIn',
  'session.ended': 'signedOut',
  'sign_in.failed': 'failed',
  'sign_in.suspicious': 'suspicious',
  'user.password_set': 'password',
  'user.password_removed': 'password',
  'user.password_reset_sent': 'mailed',
  'user.recovery_link_created': 'mailed',
  'user.sign_in_mail_sent': 'mailed',
  'user.verification_sent': 'mailed',
  'user.sms_code_sent': 'texted',
  'user.updated': 'profile',
  'user.suspended': 'suspended',
  'user.reactivated': 'reactivated',
  'user.data_downloaded': 'downloaded',
  'user.mfa_disabled': 'methodRemoved',
  'authenticator.added': 'methodAdded',
  'authenticator.removed': 'methodRemoved',
  'authenticator.code_used': 'codeUsed',
  'linked_account.added': 'linked',
  'linked_account.removed': 'unlinked',
  'remembered_device.added': 'remembered',
  'remembered_device.removed': 'forgotten',
  'grant.created': 'allowed',
  'grant.updated': 'allowed',
  'grant.revoked': 'withdrawn',
  'delegation_grant.created': 'agentAllowed',
  'delegation_grant.revoked': 'agentEnded',
  'backchannel_authentication.approved': 'approved',
  'backchannel_authentication.denied': 'denied',
} as const satisfies Partial<Record<EventType, string>>
const TYPES = Object.keys(TOLD)

/** What happened: the name of its message. */
export type Happening = (typeof TOLD)[keyof typeof TOLD]

/** One thing that happened. */
export interface Activity {
  readonly what: Happening
  /** Milliseconds since 1970. */
  readonly at: number
  /** What it was about: the name of an app or of a way to sign in. */
  readonly about: string | null
  /** Where it came from; null where somebody else did it, whose address is not the person's to know. */
  readonly from: { readonly ip: string | null; readonly userAgent: string | null } | null
  /** Whether an administrator did it. */
  readonly byAdministrator: boolean
}

/**
 * One page of what happened with the account, newest first: what the person did, and what was done to the account.
 * @param cursor that of the page before
 * @throws Failure `invalid_request` for an invalid cursor
 */
export async function ownActivity(
  context: Context,
  { id }: Pick<User, 'id'>,
  cursor: string | undefined,
  limit: number,
): Promise<Page<Activity>> {
  if (cursor !== undefined) decodeCursor(cursor)
  const query = { limit, cursor, types: TYPES }
  const { events } = context.read
  // Both lists are in the order of the log, so that a place in it is a place in both.
  const own = await events.list({ ...query, actorId: id })
  const about = await events.list({ ...query, subjectId: id })
  const byPlace = new Map([...own.data, ...about.data].map((event) => [event.seq, event]))
  const all = [...byPlace.values()].toSorted((one, other) => other.seq - one.seq)
  const shown = all.slice(0, limit)
  const last = shown.at(-1)
  const isMore = all.length > limit || own.nextCursor !== null || about.nextCursor !== null
  const data = await Promise.all(shown.map((event) => activityOf(context, event, id)))
  return { data, nextCursor: last && isMore ? encodeCursor(String(last.seq)) : null }
}

async function activityOf(context: Context, event: Event, id: string): Promise<Activity> {
  const { actor, occurredAt: at, ip, userAgent } = event
  const isOwn = actor.id === id
  const isAdministrator = !isOwn && (actor.kind === 'user' || actor.kind === 'api_key')
  const what = TOLD[event.type as keyof typeof TOLD]
  const about = await nameIn(context, event)
  return { what, at, about, from: isAdministrator ? null : { ip, userAgent }, byAdministrator: isAdministrator }
}

/** The name of what an event is about, where that is not the person. */
async function nameIn({ read, scope }: Context, { subject, data, realmId }: Event): Promise<string | null> {
  if (subject?.type === 'user' || subject?.type === 'session' || subject?.type === 'remembered_device') return null
  if (subject?.type !== 'grant') return subject?.label ?? null
  const { clientId } = data
  if (typeof clientId !== 'string' || realmId !== realmOf(scope).id) return null
  return (await read.clients.findByClientId(realmId, clientId))?.label ?? null
}
