// The native form of webhook deliveries: the event as the native API shows it.
import { Event } from '#domain/event/event.ts'
import type { WebhookProfile } from '#domain/webhook/profile.ts'
import { renderId } from '#kernel/id.ts'
import { representation } from './dialect.ts'

const written = representation(Event)

export const nativeWebhookProfile: WebhookProfile = {
  includesPartner: false,
  body: (event) => written.encode(event),
  headers: ({ eventId, eventType, webhookId, id }, { signature }) => ({
    'Countersign-Signature': signature,
    'Countersign-Event-ID': renderId('event', eventId),
    'Countersign-Event-Type': eventType,
    'Countersign-Webhook-ID': renderId('webhook', webhookId),
    'Countersign-Delivery-ID': renderId('webhook_delivery', id),
  }),
}
