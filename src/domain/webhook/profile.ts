// How a delivery looks on the wire, body and headers, as the document of each API says. Another one is one more entry.
import { ID_PREFIXES, type Id, type Noun, renderId } from '#kernel/id.ts'
import type { Event } from '../event/event.ts'
import type { Delivery } from './delivery.ts'
import type { WebhookProfile } from './webhook.ts'

/** What the headers of one try say besides which delivery it is. */
export interface Mark {
  readonly signature: string
  /** Unix seconds, as they are in the signature. */
  readonly t: number
}

interface Profile {
  /** Whether the body says whose partner’s tenant it is about. */
  readonly tellsPartner: boolean
  readonly body: (event: Event, partnerId: Id | null) => unknown
  readonly headers: (delivery: Delivery, mark: Mark) => Record<string, string>
}

export const PROFILES: Readonly<Record<WebhookProfile, Profile>> = {
  countersign: {
    tellsPartner: false,
    body: asLogged,
    headers: ({ eventId, eventType, webhookId, id }, { signature }) => ({
      'Countersign-Signature': signature,
      'Countersign-Event-ID': renderId('event', eventId),
      'Countersign-Event-Type': eventType,
      'Countersign-Webhook-ID': renderId('webhook', webhookId),
      'Countersign-Delivery-ID': renderId('webhook_delivery', id),
    }),
  },
  scaikey: {
    tellsPartner: true,
    body: asEnvelope,
    headers: ({ eventId, eventType, webhookId }, { signature, t }) => ({
      'X-ScaiKey-Event-ID': renderId('event', eventId),
      'X-ScaiKey-Event-Type': eventType,
      'X-ScaiKey-Timestamp': String(t),
      'X-ScaiKey-Webhook-ID': renderId('webhook', webhookId),
      'X-ScaiKey-Signature': signature,
    }),
  },
  zautha: {
    tellsPartner: false,
    body: asAudited,
    headers: ({ eventId, eventType, webhookId, id }, { signature }) => ({
      'X-Zautha-Event-ID': eventId,
      'X-Zautha-Event-Type': eventType,
      'X-Zautha-Webhook-ID': webhookId,
      'X-Zautha-Delivery-ID': id,
      'X-Zautha-Signature': signature,
    }),
  },
}

/** The event as the native API shows it. */
function asLogged(event: Event): unknown {
  return {
    id: renderId('event', event.id),
    seq: event.seq,
    type: event.type,
    occurred_at: timeOf(event),
    actor: event.actor,
    subject: event.subject,
    tenant_id: renderId('tenant', event.tenantId),
    realm_id: event.realmId === null ? null : renderId('realm', event.realmId),
    result: event.result,
    ip: event.ip,
    user_agent: event.userAgent,
    request_id: event.requestId,
    surface: event.surface,
    data: event.data,
    hash: event.hash,
  }
}

/** ScaiKey’s envelope: ids with their nouns’ prefixes (ScaiKey, “Webhooks”). */
function asEnvelope(event: Event, partnerId: Id | null): unknown {
  return {
    event_id: renderId('event', event.id),
    event_type: event.type,
    timestamp: timeOf(event),
    resource: { type: event.subject.type, id: prefixed(event.subject.type, event.subject.id) },
    actor: { id: prefixed(event.actor.kind, event.actor.id), type: event.actor.kind },
    data: event.data,
    tenant_id: renderId('tenant', event.tenantId),
    partner_id: partnerId === null ? null : renderId('partner', partnerId),
  }
}

/** The members of an event in Zautha’s audit log, with its type and tenant: ids as UUIDs. */
function asAudited(event: Event): unknown {
  return {
    id: event.id,
    event_type: event.type,
    created_at: timeOf(event),
    tenant_id: event.tenantId,
    actor_type: event.actor.kind,
    actor_id: event.actor.id,
    resource_type: event.subject.type,
    resource_id: event.subject.id,
    ip_address: event.ip,
    user_agent: event.userAgent,
    metadata: event.data,
  }
}

function timeOf({ occurredAt }: Event): string {
  return new Date(occurredAt).toISOString()
}

// Not everything that acts, or that something happens to, has an id of a noun’s form.
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function prefixed(noun: string, id: string): string {
  return noun in ID_PREFIXES && UUID.test(id) ? renderId(noun as Noun, id) : id
}
