// Decides about webhooks: creates, changes, tests and deletes them, and repeats deliveries.
import { Failure, flawed } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
import type { Event } from '../event/event.ts'
import { GENESIS } from '../event/event.ts'
import type { Random } from '../outside.ts'
import { checkAlsoPermitted } from '../permitted.ts'
import { checkUpdated, definedOnly, revise } from '../update.ts'
import { newDelivery, send } from './deliver.service.ts'
import {
  afterAttempt,
  type Delivery,
  type DeliveryQuery,
  type DeliveryView,
  type Replay,
  type ReplayResult,
  type TestResult,
  type WebhookTest,
} from './delivery.ts'
import { SECRET_PURPOSE } from './signature.ts'
import {
  eventNames,
  type NewWebhook,
  SECRET_PREFIX,
  type SecretRotation,
  viewWebhook,
  WEBHOOKS_MAX,
  type Webhook,
  WebhookFields,
  type WebhookPatch,
  type WebhookView,
  type WebhookWithSecret,
} from './webhook.ts'

const TESTS = { limit: 20, windowSeconds: 60 }

/**
 * Creates a subscription to the tenant's future events.
 * @throws Failure `unreachable_host` for a URL that the server may not contact, `limit_reached`, `not_found` without
 *   a tenant
 */
export async function createWebhook(context: Context, input: NewWebhook): Promise<WebhookWithSecret> {
  const { actor, clock, crypto, network, random, scope } = context
  checkAlsoPermitted(context, 'events:read')
  network.checkUrl(input.url)
  const now = clock.now()
  const secret = newSecret(random)
  const webhook: Webhook = {
    ...input,
    id: random.id(),
    tenantId: scope.tenantId,
    secret: crypto.seal(SECRET_PURPOSE, secret),
    previousSecret: null,
    previousUntil: null,
    ...{ realmId: null, clientId: null, stream: null },
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (unit) => {
    if (!(await unit.acrossTenants.tenants.find(actor.reach, webhook.tenantId))) throw new Failure('not_found')
    if ((await unit.webhooks.count()) >= WEBHOOKS_MAX) {
      throw new Failure('limit_reached', `A tenant has at most ${WEBHOOKS_MAX} webhooks.`)
    }
    await unit.webhooks.insert(webhook)
    await unit.webhookQueues.insert(webhook.id, (await unit.events.head()).seq)
    emitEvent(unit, 'webhook.created', webhook, { events: webhook.events })
  })
  return { ...viewWebhook(webhook), secret }
}

/** @throws Failure `not_found` */
export async function getWebhook({ read }: Context, id: string): Promise<WebhookView> {
  return viewWebhook(await requireWebhook(read, id))
}

/**
 * Changes a webhook. Waiting deliveries go to the new URL. A webhook that is switched on again continues at its
 * position.
 * @throws Failure `not_found`, `precondition_failed`, `unreachable_host`
 */
export async function updateWebhook(context: Context, { id, ifVersion, ...patch }: WebhookPatch): Promise<WebhookView> {
  const changes = definedOnly(patch)
  const now = context.clock.now()
  if (changes.url ?? changes.events ?? changes.active) checkAlsoPermitted(context, 'events:read')
  if (changes.url !== undefined) context.network.checkUrl(changes.url)
  return context.write(async (unit) => {
    const before = await requireWebhook(unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const revised = revise(WebhookFields, before, changes, now)
    if (!revised) return viewWebhook(before)
    const { after: webhook, change } = revised
    checkUpdated(await unit.webhooks.update(webhook), '')
    if (webhook.active && !before.active) await unit.webhookQueues.wake(id, now)
    emitEvent(unit, 'webhook.updated', webhook, { ...change })
    return viewWebhook(webhook)
  })
}

/** Deletes a webhook; nothing more is sent. @throws Failure `not_found` */
export async function deleteWebhook(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const webhook = await requireWebhook(unit, id)
    if (!(await unit.webhooks.delete(id, now))) throw new Failure('not_found')
    await unit.webhookQueues.delete(id)
    await unit.webhookDeliveries.giveUp(id, now)
    emitEvent(unit, 'webhook.deleted', webhook)
  })
}

/** Creates a new secret. For a given time the old secret signs too. @throws Failure `not_found` */
export async function rotateWebhookSecret(
  context: Context,
  { id, overlapSeconds }: SecretRotation,
): Promise<WebhookWithSecret> {
  const { clock, crypto, random } = context
  const now = clock.now()
  const secret = newSecret(random)
  const sealed = crypto.seal(SECRET_PURPOSE, secret)
  return context.write(async (unit) => {
    const before = await requireWebhook(unit, id)
    const overlaps = overlapSeconds > 0
    const webhook: Webhook = {
      ...before,
      secret: sealed,
      previousSecret: overlaps ? before.secret : null,
      previousUntil: overlaps ? now + overlapSeconds * 1000 : null,
      version: before.version + 1,
      updatedAt: now,
    }
    checkUpdated(await unit.webhooks.update(webhook), '')
    emitEvent(unit, 'webhook.secret_rotated', webhook, { overlapSeconds })
    return { ...viewWebhook(webhook), secret }
  })
}

/** The deliveries of a webhook, newest first. @throws Failure `not_found` */
export async function listDeliveries({ read }: Context, query: DeliveryQuery): Promise<Page<DeliveryView>> {
  await requireWebhook(read, query.id)
  return read.webhookDeliveries.list(query)
}

/**
 * Sends an event without data at once, outside the queue, and returns the result. There is only one attempt.
 * @throws Failure `not_found`, `too_many_requests`, `invalid_input` for a type that no event of the profile has
 */
export async function testWebhook(context: Context, { id, eventType }: WebhookTest): Promise<TestResult> {
  const { clock, limiter, random, read, write } = context
  const webhook = await requireWebhook(read, id)
  if (!eventNames(webhook.profile).includes(eventType)) {
    const message = 'no event has such a type'
    throw flawed('eventType', message)
  }
  const retryAfter = await limiter.take(`webhook-test:${id}`, TESTS.limit, TESTS.windowSeconds)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  const event = testEvent(context, webhook, eventType)
  const delivery = newDelivery(random, id, { id: event.id, seq: null, type: event.type }, clock.now(), 'test')
  const outcome = await send(context, webhook, delivery, event)
  const now = clock.now()
  const after = afterAttempt(delivery, outcome, { now, policy: { firstSeconds: 1, maxAttempts: 1 }, chance: 0 })
  await write(async (unit) => {
    if (await unit.webhooks.find(id)) await unit.webhookDeliveries.insert([after])
  })
  const { status, responseStatus, durationMs, error } = after
  return {
    deliveryId: delivery.id,
    eventType,
    success: status === 'delivered',
    responseStatus,
    durationMs: durationMs ?? 0,
    error,
  }
}

// The event is not in the log, so it has no position in it.
function testEvent({ actor, clock, random }: Context, webhook: Webhook, type: string): Event {
  return {
    id: random.id(),
    seq: 0,
    type,
    occurredAt: clock.now(),
    actor: { kind: actor.kind, id: actor.id, label: actor.label },
    subject: { type: 'webhook', id: webhook.id, label: new URL(webhook.url).host },
    tenantId: webhook.tenantId,
    realmId: null,
    result: 'success',
    ip: null,
    userAgent: null,
    requestId: actor.origin.requestId,
    surface: actor.origin.surface,
    data: {},
    hash: GENESIS,
  }
}

/**
 * Delivers again: the event of one delivery, or every event from one on. A waiting delivery is tried now.
 * @throws Failure `not_found`, `invalid_request` unless exactly one of both is given, `conflict` if the webhook is
 *   switched off
 */
export async function replayWebhook(context: Context, { id, deliveryId, fromSeq }: Replay): Promise<ReplayResult> {
  const { clock, random } = context
  checkAlsoPermitted(context, 'events:read')
  const now = clock.now()
  return context.write(async (unit) => {
    const webhook = await requireWebhook(unit, id)
    if ((deliveryId === undefined) === (fromSeq === undefined)) {
      throw new Failure('invalid_request', 'Give either delivery_id or from_seq.')
    }
    if (!webhook.active) throw new Failure('conflict', 'The webhook is disabled. Enable it first.')
    let due: Due | null = null
    if (deliveryId !== undefined) {
      due = await deliverAgain(unit, random, id, deliveryId, now)
    } else if (fromSeq !== undefined) {
      const queue = await unit.webhookQueues.find(id)
      if (fromSeq > (queue?.seq ?? 0))
        throw new Failure('invalid_request', 'The webhook has not reached this event yet.')
      await unit.webhookDeliveries.removeOpen(id, fromSeq)
      await unit.webhookQueues.rewind(id, fromSeq - 1)
    }
    await unit.webhookQueues.wake(id, now)
    return { webhookId: id, deliveryId: due?.id ?? null, eventType: due?.eventType ?? null, fromSeq: fromSeq ?? null }
  })
}

type Due = Pick<Delivery, 'id' | 'eventType'>

async function deliverAgain(unit: Unit, random: Random, webhookId: string, id: string, now: number): Promise<Due> {
  const before = await unit.webhookDeliveries.find(webhookId, id)
  if (!before) throw new Failure('not_found')
  if (before.eventSeq === null) throw new Failure('invalid_request', 'A test cannot be replayed. Send a new test.')
  if (await unit.webhookDeliveries.hurry(id, now)) return before
  const event = { id: before.eventId, seq: before.eventSeq, type: before.eventType }
  const again = newDelivery(random, webhookId, event, now, 'replay')
  await unit.webhookDeliveries.insert([again])
  return again
}

async function requireWebhook(stores: Pick<Stores, 'webhooks'>, id: string): Promise<Webhook> {
  const webhook = await stores.webhooks.find(id)
  // Streams belong to their clients.
  if (!webhook || webhook.stream !== null) throw new Failure('not_found')
  return webhook
}

function newSecret(random: Random): string {
  return `${SECRET_PREFIX}${random.secret()}`
}

// The URL may contain a secret of the receiver, so the event only contains its host.
function emitEvent(unit: Unit, type: EventType, webhook: Webhook, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'webhook', id: webhook.id },
    data: { host: new URL(webhook.url).host, ...data },
  })
}
