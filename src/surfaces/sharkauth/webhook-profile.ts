// SharkAuth’s form of webhook deliveries: its catalogue of events, their data, headers and retries (SharkAuth, “Webhooks”).
import type { Event } from '#domain/event/event.ts'
import type { WebhookProfile } from '#domain/webhook/profile.ts'
import { eventRepresentation } from './audit-event.ts'
import { encodeId, time } from './dialect.ts'

const AUDIT_LOG = 'system.audit_log'

/** What the document calls our types. */
const CATALOGUE = {
  'mfa.enabled': 'authenticator.added',
  'org.created': 'organization.created',
  'org.deleted': 'organization.deleted',
  'org.member.added': 'organization.member_added',
  'session.created': 'session.started',
  'session.revoked': 'session.ended',
  [AUDIT_LOG]: '*',
  'user.created': 'user.created',
  'user.deleted': 'user.deleted',
  'user.updated': 'user.updated',
  'webhook.test': 'webhook.test',
} as const

/** One minute, five, thirty, two hours and twelve. */
const WAITS = [60, 300, 1800, 7200, 43_200]

const id = (event: Event) => encodeId(event.subject.type, event.subject.id)
const userId = ({ data }: Event) => encodeId('user', String(data.userId ?? ''))

/** What a delivery says of an event, by its name. */
const DATA: Readonly<Record<string, (event: Event) => object>> = {
  'mfa.enabled': (event) => ({ user_id: userId(event), method: event.data.kind }),
  'org.created': (event) => ({
    ...{ id: id(event), name: event.data.name, slug: event.data.slug },
    created_by: encodeId(event.actor.kind, event.actor.id),
  }),
  'org.deleted': (event) => ({ id: id(event), name: event.data.name, slug: event.data.slug }),
  'org.member.added': (event) => ({
    ...{ organization_id: id(event), user_id: userId(event), role: event.data.role },
    via: event.actor.kind === 'user' && event.actor.id === event.data.userId ? 'invitation' : 'admin',
  }),
  'session.created': (event) => ({
    ...{ session_id: id(event), user_id: userId(event), auth_method: (event.data.amr as unknown[])?.[0] },
    mfa_passed: Number(event.data.aal) > 1,
  }),
  'session.revoked': (event) => ({
    ...{ session_id: id(event), user_id: userId(event) },
    revoked_by: event.actor.id === event.data.userId ? 'user' : event.actor.kind === 'system' ? 'system' : 'admin',
  }),
  'user.created': (event) => ({
    ...{ id: id(event), email: event.subject.label, email_verified: event.data.emailVerified },
    created_at: time(event.occurredAt),
  }),
  'user.updated': (event) => ({ id: id(event), email: event.subject.label, changed: rowOf(event).metadata.changed }),
  'user.deleted': (event) => ({ id: id(event) }),
}

const rowOf = (event: Event) =>
  eventRepresentation.encode(event) as { readonly metadata: Readonly<Record<string, unknown>> }

export const sharkauthWebhookProfile: WebhookProfile = {
  includesPartner: false,
  catalogue: CATALOGUE,
  waits: WAITS,
  // Recovery codes come with a second factor and are none.
  concerns: ({ data }, name) => name !== 'mfa.enabled' || data.kind !== 'recovery_code',
  body: (event, _partnerId, name) => ({
    event: name,
    created_at: time(event.occurredAt),
    data: event.seq === 0 ? { test: true } : (DATA[name] ?? rowOf)(event),
  }),
  headers: ({ id, eventType }, { signature }) => ({
    'user-agent': 'SharkAuth-Webhook/1.0',
    'X-Shark-Event': eventType,
    'X-Shark-Delivery': encodeId('webhook_delivery', id),
    'X-Shark-Signature': signature,
  }),
}

/** The patterns of our types that names mean; other texts stay. */
export const patternsOf = (names: readonly unknown[]) =>
  names.map((name) => (CATALOGUE as Record<string, string>)[String(name)] ?? name)

/** The names of patterns, the other way round. */
export const namesOf = (patterns: readonly string[]) =>
  patterns.map((pattern) => Object.entries(CATALOGUE).find(([, own]) => own === pattern)?.[0] ?? pattern)
