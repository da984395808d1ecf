// Zautha’s form of webhook deliveries: the members of its audit log, and headers with its name (Zautha, “Webhooks”).
import { Event } from '#domain/event/event.ts'
import type { WebhookProfile } from '#domain/webhook/profile.ts'
import { representation } from './dialect.ts'

const written = representation(Event, { pick: ['data'] }) as { encode: (event: Event) => { data?: unknown } }

export const zauthaWebhookProfile: WebhookProfile = {
  includesPartner: false,
  body: auditEntry,
  headers: ({ eventId, eventType, webhookId, id }, { signature }) => ({
    'X-Zautha-Event-ID': eventId,
    'X-Zautha-Event-Type': eventType,
    'X-Zautha-Webhook-ID': webhookId,
    'X-Zautha-Delivery-ID': id,
    'X-Zautha-Signature': signature,
  }),
}

/** An event of the audit log with its type and tenant; ids are UUIDs. */
function auditEntry(event: Event): unknown {
  return {
    id: event.id,
    event_type: event.type,
    created_at: new Date(event.occurredAt).toISOString(),
    tenant_id: event.tenantId,
    actor_type: event.actor.kind,
    actor_id: event.actor.id,
    resource_type: event.subject.type,
    resource_id: event.subject.id,
    ip_address: event.ip,
    user_agent: event.userAgent,
    metadata: written.encode(event).data,
  }
}
