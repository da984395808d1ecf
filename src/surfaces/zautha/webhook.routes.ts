import * as z from 'zod'
import { DELIVERY_ERRORS, DELIVERY_STATUSES, type DeliveryView, type TestResult } from '#domain/webhook/delivery.ts'
import {
  webhookCreate,
  webhookSurvey,
  webhookSurveyDeliveries,
  webhookTest,
} from '#domain/webhook/webhook.operations.ts'
import { NewWebhook, type WebhookView, type WebhookWithSecret } from '#domain/webhook/webhook.ts'
import type { Route } from '../surface.ts'
import { listOf, listSchema, PageParameters, pageOf, row, timeOut } from './row.ts'

/** Webhooks are about the whole tenant, and about none of its realms. */
const tenantScope: Route['scope'] = async (_request, places) => places.own()

const { url, events, description, active } = NewWebhook.shape
const Create = z.object({
  url,
  events,
  description: description.unwrap().optional(),
  is_active: active.unwrap().optional().describe('Whether events are delivered; true unless told.'),
})

const webhook = {
  id: z.uuid(),
  tenant_id: z.uuid(),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string().nullable(),
  is_active: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
}
const Webhook = z.object(webhook)
const WithSecret = z.object({
  ...webhook,
  secret: z.string().describe('What deliveries are signed with. Shown this once.'),
})

function shown(view: WebhookView): z.output<typeof Webhook> {
  return {
    id: view.id,
    tenant_id: view.tenantId,
    url: view.url,
    events: view.events,
    description: view.description,
    is_active: view.active,
    created_at: timeOut(view.createdAt) ?? '',
    updated_at: timeOut(view.updatedAt) ?? '',
  }
}

const Delivery = z.object({
  id: z.uuid(),
  event_type: z.string(),
  status: z.enum(DELIVERY_STATUSES).describe('pending: not tried yet; failed: to be tried again; dead: given up.'),
  response_status: z.number().int().nullable(),
  attempts: z.number().int(),
  error: z.enum(DELIVERY_ERRORS).nullable().describe('Why the last try failed.'),
  created_at: z.string(),
  delivered_at: z.string().nullable(),
})

function shownDelivery(delivery: DeliveryView): z.output<typeof Delivery> {
  return {
    id: delivery.id,
    event_type: delivery.eventType,
    status: delivery.status,
    response_status: delivery.responseStatus,
    attempts: delivery.attempts,
    error: delivery.error,
    created_at: timeOut(delivery.createdAt) ?? '',
    delivered_at: delivery.status === 'delivered' ? timeOut(delivery.settledAt) : null,
  }
}

const Tested = z.object({
  delivery_id: z.uuid(),
  success: z.boolean(),
  response_status: z.number().int().nullable(),
  duration_ms: z.number().int(),
  error: z.enum(DELIVERY_ERRORS).nullable(),
})

function shownTest(result: TestResult): z.output<typeof Tested> {
  return {
    delivery_id: result.deliveryId,
    success: result.success,
    response_status: result.responseStatus,
    duration_ms: result.durationMs,
    error: result.error,
  }
}

/** Webhooks, which deliver in Zautha’s own form (Zautha, “Webhooks”). */
export const webhookRoutes: readonly Route[] = [
  row('POST /v1/admin/webhooks', webhookCreate, {
    scope: tenantScope,
    status: 201,
    body: Create,
    input: ({ body: { is_active: active, ...same } }) => ({ ...same, active, profile: 'zautha' }),
    reply: (made: WebhookWithSecret) => ({ ...shown(made), secret: made.secret }),
    replySchema: WithSecret,
    names: { active: 'is_active' },
  }),
  row('GET /v1/admin/webhooks', webhookSurvey, {
    scope: tenantScope,
    query: PageParameters,
    input: ({ query }) => pageOf(query),
    reply: (page, { query }) => listOf('webhooks', page, query, shown),
    replySchema: listSchema('webhooks', Webhook),
  }),
  row('GET /v1/admin/webhooks/{id}/deliveries', webhookSurveyDeliveries, {
    scope: tenantScope,
    query: PageParameters,
    input: ({ params, query }) => ({ ...pageOf(query), id: params.id }),
    reply: (page, { query }) => listOf('deliveries', page, query, shownDelivery),
    replySchema: listSchema('deliveries', Delivery),
  }),
  row('POST /v1/admin/webhooks/{id}/test', webhookTest, {
    scope: tenantScope,
    input: ({ params }) => ({ id: params.id }),
    reply: shownTest,
    replySchema: Tested,
  }),
]
