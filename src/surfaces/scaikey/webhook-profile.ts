// ScaiKey’s form of webhook deliveries: an envelope, and headers with its name (ScaiKey, “Webhooks”).
import { Event } from '#domain/event/event.ts'
import type { WebhookProfile } from '#domain/webhook/profile.ts'
import { type Id, renderId } from '#kernel/id.ts'
import { idOfNoun } from '../codec.ts'
import { representation } from './dialect.ts'

const written = representation(Event, { pick: ['data'] }) as { encode: (event: Event) => { data?: unknown } }

export const scaikeyWebhookProfile: WebhookProfile = {
  includesPartner: true,
  body: envelope,
  headers: ({ eventId, eventType, webhookId }, { signature, t }) => ({
    'X-ScaiKey-Event-ID': renderId('event', eventId),
    'X-ScaiKey-Event-Type': eventType,
    'X-ScaiKey-Timestamp': String(t),
    'X-ScaiKey-Webhook-ID': renderId('webhook', webhookId),
    'X-ScaiKey-Signature': signature,
  }),
}

/** An event with ids that have their nouns’ prefixes. */
function envelope(event: Event, partnerId: Id | null): unknown {
  return {
    event_id: renderId('event', event.id),
    event_type: event.type,
    timestamp: new Date(event.occurredAt).toISOString(),
    resource: { type: event.subject.type, id: idOfNoun(renderId, event.subject.type, event.subject.id) },
    actor: { id: idOfNoun(renderId, event.actor.kind, event.actor.id), type: event.actor.kind },
    data: written.encode(event).data,
    tenant_id: renderId('tenant', event.tenantId),
    partner_id: partnerId === null ? null : renderId('partner', partnerId),
  }
}
