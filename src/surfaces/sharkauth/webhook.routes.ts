// The rows for webhooks, which send SharkAuth’s format.
import * as z from 'zod'
import { DeliveryView, type ReplayResult, type TestResult } from '#domain/webhook/delivery.ts'
import * as webhooks from '#domain/webhook/webhook.operations.ts'
import { WebhookView, WebhookWithSecret } from '#domain/webhook/webhook.ts'
import type { Codec } from '../codec.ts'
import type { Route } from '../surface.ts'
import * as wire from './dialect.ts'
import { namesOf, patternsOf } from './webhook-profile.ts'

const { computed, created, encodeId, json, list, noContent, ok, representation, row, time, unpaged } = wire

const events: Codec = {
  schema: z.array(z.string().max(100)).max(200).describe('Names of the catalogue; our own types and patterns as well.'),
  encode: namesOf,
  decode: (sent) => (Array.isArray(sent) ? patternsOf(sent) : sent),
}
const members = {
  pick: ['id', 'url', 'events', 'active', 'description', 'createdAt', 'updatedAt'],
  names: { active: 'enabled' },
  codecs: { events },
} as const
const webhook = representation(WebhookView, members)
const newWebhook = representation(WebhookWithSecret, { ...members, pick: [...members.pick, 'secret'] })

const STATUS = { pending: 'pending', delivered: 'delivered', failed: 'retrying', dead: 'failed' } as const
const delivery = representation(
  DeliveryView,
  {
    pick: [
      'id',
      'webhookId',
      'eventType',
      'status',
      'responseStatus',
      'attempts',
      'error',
      'nextAttemptAt',
      'createdAt',
    ],
    names: { eventType: 'event', responseStatus: 'status_code', attempts: 'attempt', nextAttemptAt: 'next_retry_at' },
    codecs: { status: { schema: z.string(), encode: (status: keyof typeof STATUS) => STATUS[status] } },
  },
  {
    success: computed(z.boolean(), ({ status }: DeliveryView) => status === 'delivered'),
    delivered_at: computed(z.string().optional(), ({ status, settledAt }: DeliveryView) =>
      status === 'delivered' && settledAt !== null ? time(settledAt) : undefined,
    ),
    updated_at: computed(z.string(), ({ settledAt, attemptedAt, createdAt }: DeliveryView) =>
      time(settledAt ?? attemptedAt ?? createdAt),
    ),
  },
)

const deliveryId = (id: string | null) => encodeId('webhook_delivery', id ?? '')
const Sent = z.object({ message: z.string(), delivery_id: z.string(), event: z.string() })
const tested = json(
  Sent,
  ({ deliveryId: id, eventType }: TestResult) => ({
    ...{ message: 'Test event sent', delivery_id: deliveryId(id), event: eventType },
  }),
  202,
)
const replayed = json(
  z.object({ message: z.string(), new_delivery_id: z.string(), event: z.string() }),
  ({ deliveryId: id, eventType }: ReplayResult) => ({
    ...{ message: 'Delivery queued', new_delivery_id: deliveryId(id), event: eventType ?? '' },
  }),
  202,
)
const catalogue = json(z.object({ events: z.array(z.string()) }), (found: { events: string[] }) => found)

const fixed = { profile: 'sharkauth' } as const
const BASE = '/api/v1/webhooks'

/** Webhooks and their deliveries (SharkAuth, “Webhooks”). */
export const webhookRoutes: readonly Route[] = [
  row(`POST ${BASE}`, webhooks.webhookCreate, created(newWebhook), { fixed }),
  row(`GET ${BASE}`, webhooks.webhookList, list(webhook, 'webhooks', unpaged)),
  row(`GET ${BASE}/events`, webhooks.webhookListEvents, catalogue, { fixed }),
  row(`GET ${BASE}/{id}`, webhooks.webhookGet, ok(webhook)),
  row(`PATCH ${BASE}/{id}`, webhooks.webhookUpdate, ok(webhook)),
  row(`DELETE ${BASE}/{id}`, webhooks.webhookDelete, noContent),
  row(`POST ${BASE}/{id}/test`, webhooks.webhookTest, tested, { names: { eventType: 'event_type' } }),
  row(`GET ${BASE}/{id}/deliveries`, webhooks.webhookListDeliveries, list(delivery), { pick: [] }),
  row(`POST ${BASE}/{id}/deliveries/{deliveryId}/replay`, webhooks.webhookReplay, replayed, {
    path: { deliveryId: 'deliveryId' },
    pick: [],
  }),
]
