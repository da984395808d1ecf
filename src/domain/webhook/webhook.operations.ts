// The operations on webhooks.
import * as z from 'zod'
import { idOf } from '#kernel/field.ts'
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { DeliveryQuery, DeliveryView, Replay, ReplayResult, TestResult, WebhookTest } from './delivery.ts'
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveries,
  replayWebhook,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
} from './webhook.service.ts'
import {
  EventNames,
  EventNamesQuery,
  eventNames,
  NewWebhook,
  SecretRotation,
  viewWebhook,
  WebhookPatch,
  WebhookQuery,
  WebhookView,
  WebhookWithSecret,
} from './webhook.ts'

const WebhookId = z.strictObject({ id: idOf('webhook') })

export const webhookCreate = operation({
  name: 'webhook.create',
  summary: 'Create a webhook',
  description:
    'New events of the subscription are posted to the URL: signed, in order, at least once. The secret is shown only in this response.',
  permission: 'webhooks:write',
  reach: 'tenant',
  alsoNeeds: [{ permission: 'events:read', when: 'always: events are sent to the address' }],
  freshSignIn: true,
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
  input: WebhookQuery,
  output: listOf(WebhookView),
  errors: [],
  events: [],
  run: async ({ read }, page) => mapPage(await read.webhooks.list(page), viewWebhook),
})

export const webhookListEvents = operation({
  name: 'webhook.list_events',
  summary: 'List the names of the events that a webhook can subscribe to',
  permission: 'webhooks:read',
  reach: 'tenant',
  input: EventNamesQuery,
  output: EventNames,
  errors: [],
  events: [],
  run: async (_context, { profile }) => ({ events: eventNames(profile) }),
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
    'Only the given members change; the events are replaced as a whole. A webhook that is enabled again continues with the next event.',
  permission: 'webhooks:write',
  reach: 'tenant',
  alsoNeeds: [{ permission: 'events:read', when: 'the address, the events or the state changes' }],
  input: WebhookPatch,
  output: WebhookView,
  errors: ['not_found', 'unreachable_host', 'precondition_failed'],
  events: ['webhook.updated'],
  run: updateWebhook,
})

export const webhookDelete = operation({
  name: 'webhook.delete',
  summary: 'Delete a webhook',
  description: 'Waiting deliveries are cancelled.',
  permission: 'webhooks:write',
  reach: 'tenant',
  irreversible: true,
  input: WebhookId,
  output: z.void(),
  errors: ['not_found'],
  events: ['webhook.deleted'],
  run: deleteWebhook,
})

export const webhookRotateSecret = operation({
  name: 'webhook.rotate_secret',
  summary: 'Rotate the secret of a webhook',
  description:
    'The new secret is shown only in this response. During the overlap, deliveries have two signatures, so that the receiver has time to change the secret.',
  permission: 'webhooks:write',
  reach: 'tenant',
  irreversible: true,
  freshSignIn: true,
  input: SecretRotation,
  output: WebhookWithSecret,
  errors: ['not_found', 'precondition_failed'],
  events: ['webhook.secret_rotated'],
  run: rotateWebhookSecret,
})

export const webhookListDeliveries = operation({
  name: 'webhook.list_deliveries',
  summary: 'List the deliveries of a webhook',
  description:
    'Newest first: event, number of attempts and last result. Deliveries are kept as long as the setting delivery_retention_days says.',
  permission: 'webhooks:read',
  reach: 'tenant',
  input: DeliveryQuery,
  output: listOf(DeliveryView),
  errors: ['not_found'],
  events: [],
  run: listDeliveries,
})

export const webhookTest = operation({
  name: 'webhook.test',
  summary: 'Send a test event to a webhook',
  description:
    'The event is sent once and immediately, also to a disabled webhook. The body of the response is not shown.',
  permission: 'webhooks:write',
  reach: 'tenant',
  input: WebhookTest,
  output: TestResult,
  errors: ['not_found', 'too_many_requests'],
  events: [],
  run: testWebhook,
})

export const webhookReplay = operation({
  name: 'webhook.replay',
  summary: 'Deliver events to a webhook again',
  description: 'The event of one delivery, or all events of the subscription from one position of the log on.',
  permission: 'webhooks:write',
  reach: 'tenant',
  alsoNeeds: [{ permission: 'events:read', when: 'always: events are sent to the address' }],
  input: Replay,
  output: ReplayResult,
  errors: ['not_found', 'conflict'],
  events: [],
  run: replayWebhook,
})
