import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { NumberedQuery, numberedPageOf, PageQuery, pageOf } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { DeliveryQuery, DeliverySurvey, DeliveryView, Replay, ReplayResult, TestResult } from './delivery.ts'
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveries,
  replayWebhook,
  rotateWebhookSecret,
  surveyDeliveries,
  testWebhook,
  updateWebhook,
} from './webhook.service.ts'
import { NewWebhook, SecretRotation, viewWebhook, WebhookPatch, WebhookView, WebhookWithSecret } from './webhook.ts'

const WebhookId = z.strictObject({ id: idOf('webhook') })

export const webhookCreate = operation({
  name: 'webhook.create',
  summary: 'Create a webhook',
  description:
    'What happens from now on and is subscribed to is posted to the address, signed, in order, at least once. The secret is shown in this answer and never again.',
  permission: 'webhooks:write',
  reach: 'tenant',
  input: NewWebhook,
  output: WebhookWithSecret,
  errors: ['unreachable_host', 'limit_reached', 'not_found'],
  events: ['webhook.created'],
  run: createWebhook,
})

export const webhookList = operation({
  name: 'webhook.list',
  summary: 'List webhooks',
  permission: 'webhooks:read',
  reach: 'tenant',
  input: PageQuery,
  output: pageOf(WebhookView),
  errors: [],
  events: [],
  run: async ({ read }, page) => {
    const { data, nextCursor } = await read.webhooks.list(page)
    return { data: data.map(viewWebhook), nextCursor }
  },
})

export const webhookSurvey = operation({
  name: 'webhook.survey',
  summary: 'List webhooks by numbered pages',
  permission: 'webhooks:read',
  reach: 'tenant',
  input: NumberedQuery,
  output: numberedPageOf(WebhookView),
  errors: [],
  events: [],
  run: async ({ read }, query) => {
    const { data, total } = await read.webhooks.survey(query)
    return { data: data.map(viewWebhook), total }
  },
})

export const webhookGet = operation({
  name: 'webhook.get',
  summary: 'Show a webhook',
  permission: 'webhooks:read',
  reach: 'tenant',
  input: WebhookId,
  output: WebhookView,
  errors: ['not_found'],
  events: [],
  run: (context, { id }) => getWebhook(context, id),
})

export const webhookUpdate = operation({
  name: 'webhook.update',
  summary: 'Change a webhook',
  description:
    'Only what is given changes; the events are replaced whole. One that is switched on again goes on where it was.',
  permission: 'webhooks:write',
  reach: 'tenant',
  input: WebhookPatch,
  output: WebhookView,
  errors: ['not_found', 'unreachable_host', 'precondition_failed'],
  events: ['webhook.updated'],
  run: updateWebhook,
})

export const webhookDelete = operation({
  name: 'webhook.delete',
  summary: 'Delete a webhook',
  description: 'Nothing is sent any more, and what waited is given up.',
  permission: 'webhooks:write',
  reach: 'tenant',
  input: WebhookId,
  output: z.void(),
  errors: ['not_found'],
  events: ['webhook.deleted'],
  run: deleteWebhook,
})

export const webhookRotateSecret = operation({
  name: 'webhook.rotate_secret',
  summary: 'Give a webhook a new secret',
  description:
    'The new secret is shown in this answer and never again. With an overlap, deliveries carry two signatures for as long, so that the receiver can change in its own time.',
  permission: 'webhooks:write',
  reach: 'tenant',
  input: SecretRotation,
  output: WebhookWithSecret,
  errors: ['not_found', 'precondition_failed'],
  events: ['webhook.secret_rotated'],
  run: rotateWebhookSecret,
})

export const webhookListDeliveries = operation({
  name: 'webhook.list_deliveries',
  summary: 'List what was delivered to a webhook',
  description: 'Newest first: each event, how often it was tried, and what the last try came to. Kept for 30 days.',
  permission: 'webhooks:read',
  reach: 'tenant',
  input: DeliveryQuery,
  output: pageOf(DeliveryView),
  errors: ['not_found'],
  events: [],
  run: listDeliveries,
})

export const webhookSurveyDeliveries = operation({
  name: 'webhook.survey_deliveries',
  summary: 'List what was delivered to a webhook by numbered pages',
  description: 'Newest first. Kept for 30 days.',
  permission: 'webhooks:read',
  reach: 'tenant',
  input: DeliverySurvey,
  output: numberedPageOf(DeliveryView),
  errors: ['not_found'],
  events: [],
  run: surveyDeliveries,
})

export const webhookTest = operation({
  name: 'webhook.test',
  summary: 'Send a test event to a webhook',
  description: 'Sent at once and once, also to a webhook that is switched off. What the receiver says is not shown.',
  permission: 'webhooks:write',
  reach: 'tenant',
  input: WebhookId,
  output: TestResult,
  errors: ['not_found', 'too_many_requests'],
  events: [],
  run: testWebhook,
})

export const webhookReplay = operation({
  name: 'webhook.replay',
  summary: 'Deliver events to a webhook again',
  description: 'One delivery’s event, or every event from one on that the webhook subscribes to.',
  permission: 'webhooks:write',
  reach: 'tenant',
  input: Replay,
  output: ReplayResult,
  errors: ['not_found', 'conflict'],
  events: [],
  run: replayWebhook,
})
