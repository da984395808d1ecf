// Webhooks, which send Zautha’s format (Zautha, “Webhooks”).
import * as z from 'zod'
import { DeliveryView, TestResult } from '#domain/webhook/delivery.ts'
import * as webhooks from '#domain/webhook/webhook.operations.ts'
import { WebhookView, WebhookWithSecret } from '#domain/webhook/webhook.ts'
import type { Route } from '../surface.ts'
import { computed, created, list, ok, representation, rows, time } from './dialect.ts'

/** Webhooks belong to the tenant, not to a realm. */
const row = rows({ scope: async (_request, places) => places.own() })

const names = { active: 'is_active' }
const webhook = representation(WebhookView, { names, omit: ['profile', 'version'] })
const newWebhook = representation(WebhookWithSecret, { names, omit: ['profile', 'version'] })

const delivery = representation(
  DeliveryView,
  { pick: ['id', 'eventType', 'status', 'responseStatus', 'attempts', 'error', 'createdAt'] },
  {
    delivered_at: computed(z.iso.datetime().nullable(), ({ status, settledAt }: DeliveryView) =>
      status === 'delivered' && settledAt !== null ? time(settledAt) : null,
    ),
  },
)

export const webhookRoutes: readonly Route[] = [
  row('POST /v1/admin/webhooks', webhooks.webhookCreate, created(newWebhook), { fixed: { profile: 'zautha' } }),
  row('GET /v1/admin/webhooks', webhooks.webhookList, list(webhook, 'webhooks')),
  row('GET /v1/admin/webhooks/{id}/deliveries', webhooks.webhookListDeliveries, list(delivery, 'deliveries'), {
    pick: [],
  }),
  row(
    'POST /v1/admin/webhooks/{id}/test',
    webhooks.webhookTest,
    ok(representation(TestResult, { omit: ['eventType'] })),
  ),
]
