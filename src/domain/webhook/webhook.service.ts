import { Failure } from '#kernel/error.ts'
import type { EventType } from '#kernel/event.ts'
import type { NumberedPage, Page } from '#kernel/page.ts'
import type { Context, Stores, Unit } from '../context.ts'
import type { Event } from '../event/event.ts'
import { GENESIS } from '../event/event.ts'
import type { Random } from '../outside.ts'
import { checkUpdated, givenOnly } from '../update.ts'
import { newDelivery, send } from './deliver.service.ts'
import {
  afterAttempt,
  type DeliveryQuery,
  type DeliverySurvey,
  type DeliveryView,
  type Replay,
  type ReplayResult,
  type TestResult,
} from './delivery.ts'
import { SECRET_PURPOSE } from './signature.ts'
import {
  type NewWebhook,
  SECRET_PREFIX,
  type SecretRotation,
  viewWebhook,
  WEBHOOKS_MAX,
  type Webhook,
  type WebhookPatch,
  type WebhookView,
  type WebhookWithSecret,
} from './webhook.ts'

const TESTS = { limit: 20, windowSeconds: 60 }

/**
 * Subscribes to what happens in the tenant from now on.
 * @throws Failure `unreachable_host` for an address that is never contacted, `limit_reached`, `not_found` without a tenant
 */
export async function createWebhook(context: Context, input: NewWebhook): Promise<WebhookWithSecret> {
  const { actor, clock, crypto, network, random, scope } = context
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
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await context.write(async (unit) => {
    if (!(await unit.tenants.find(actor.reach, webhook.tenantId))) throw new Failure('not_found')
    if ((await unit.webhooks.count()) >= WEBHOOKS_MAX) {
      throw new Failure('limit_reached', `A tenant has at most ${WEBHOOKS_MAX} webhooks.`)
    }
    await unit.webhooks.insert(webhook)
    await unit.webhookQueues.insert(webhook.id, (await unit.events.head()).seq)
    tell(unit, 'webhook.created', webhook, { events: webhook.events })
  })
  return { ...viewWebhook(webhook), secret }
}

/** @throws Failure `not_found` */
export async function getWebhook({ read }: Context, id: string): Promise<WebhookView> {
  return viewWebhook(await found(read, id))
}

/**
 * Changes a webhook. What waits for it goes to the new address. Switched on again, it goes on where it was.
 * @throws Failure `not_found`, `precondition_failed`, `unreachable_host`
 */
export async function updateWebhook(context: Context, { id, ifVersion, ...patch }: WebhookPatch): Promise<WebhookView> {
  const given = givenOnly(patch)
  const now = context.clock.now()
  if (given.url !== undefined) context.network.checkUrl(given.url)
  return context.write(async (unit) => {
    const before = await found(unit, id)
    if (ifVersion !== undefined && ifVersion !== before.version) throw new Failure('precondition_failed')
    const webhook: Webhook = { ...before, ...given, version: before.version + 1, updatedAt: now }
    checkUpdated(await unit.webhooks.update(webhook), '')
    if (webhook.active && !before.active) await unit.webhookQueues.wake(id, now)
    tell(unit, 'webhook.updated', webhook, { changed: Object.keys(given) })
    return viewWebhook(webhook)
  })
}

/** Deletes a webhook: nothing is sent any more. @throws Failure `not_found` */
export async function deleteWebhook(context: Context, { id }: { id: string }): Promise<void> {
  const now = context.clock.now()
  await context.write(async (unit) => {
    const webhook = await found(unit, id)
    if (!(await unit.webhooks.delete(id, now))) throw new Failure('not_found')
    await unit.webhookQueues.delete(id)
    await unit.webhookDeliveries.giveUp(id, now)
    tell(unit, 'webhook.deleted', webhook)
  })
}

/** Makes a new secret. The old one may sign besides it for a while. @throws Failure `not_found` */
export async function rotateWebhookSecret(
  context: Context,
  { id, overlapSeconds }: SecretRotation,
): Promise<WebhookWithSecret> {
  const { clock, crypto, random } = context
  const now = clock.now()
  const secret = newSecret(random)
  const sealed = crypto.seal(SECRET_PURPOSE, secret)
  return context.write(async (unit) => {
    const before = await found(unit, id)
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
    tell(unit, 'webhook.secret_rotated', webhook, { overlapSeconds })
    return { ...viewWebhook(webhook), secret }
  })
}

/** What was delivered and what was not, newest first. @throws Failure `not_found` */
export async function listDeliveries({ read }: Context, query: DeliveryQuery): Promise<Page<DeliveryView>> {
  await found(read, query.id)
  return read.webhookDeliveries.list(query)
}

/** One numbered page of what was delivered and what was not, newest first. @throws Failure `not_found` */
export async function surveyDeliveries({ read }: Context, query: DeliverySurvey): Promise<NumberedPage<DeliveryView>> {
  await found(read, query.id)
  return read.webhookDeliveries.survey(query)
}

/**
 * Sends an event of the type `webhook.test` at once, outside the queue, and tells what came of it. It is tried once.
 * @throws Failure `not_found`, `too_many_requests`
 */
export async function testWebhook(context: Context, { id }: { id: string }): Promise<TestResult> {
  const { clock, limiter, random, read, write } = context
  const webhook = await found(read, id)
  const retryAfter = await limiter.take(`webhook-test:${id}`, TESTS.limit, TESTS.windowSeconds)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  const event = testEvent(context, webhook)
  const delivery = newDelivery(random, id, { id: event.id, seq: null, type: event.type }, clock.now(), 'test')
  const outcome = await send(context, webhook, delivery, event)
  const now = clock.now()
  const after = afterAttempt(delivery, outcome, { now, policy: { firstSeconds: 1, tries: 1 }, chance: 0 })
  await write(async (unit) => {
    if (await unit.webhooks.find(id)) await unit.webhookDeliveries.insert([after])
  })
  const { status, responseStatus, durationMs, error } = after
  return {
    deliveryId: delivery.id,
    success: status === 'delivered',
    responseStatus,
    durationMs: durationMs ?? 0,
    error,
  }
}

// It is in no log, so it has no place in one.
function testEvent({ actor, clock, random }: Context, webhook: Webhook): Event {
  return {
    id: random.id(),
    seq: 0,
    type: 'webhook.test',
    occurredAt: clock.now(),
    actor: { kind: actor.kind, id: actor.id, label: actor.label },
    subject: { type: 'webhook', id: webhook.id },
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
 * Delivers again: one delivery’s event, or every event from one on. What waits for its next try is tried now.
 * @throws Failure `not_found`, `invalid_request` where not exactly one of both is told, `conflict` where it is off
 */
export async function replayWebhook(context: Context, { id, deliveryId, fromSeq }: Replay): Promise<ReplayResult> {
  const { clock, random } = context
  const now = clock.now()
  return context.write(async (unit) => {
    const webhook = await found(unit, id)
    if ((deliveryId === undefined) === (fromSeq === undefined)) {
      throw new Failure('invalid_request', 'Say either which delivery or from which event on.')
    }
    if (!webhook.active) throw new Failure('conflict', 'The webhook is switched off. Activate it first.')
    let due: string | null = null
    if (deliveryId !== undefined) {
      due = await deliverAgain(unit, random, id, deliveryId, now)
    } else if (fromSeq !== undefined) {
      const queue = await unit.webhookQueues.find(id)
      if (fromSeq > (queue?.seq ?? 0)) throw new Failure('invalid_request', 'That event is not behind the webhook.')
      await unit.webhookDeliveries.removeOpen(id, fromSeq)
      await unit.webhookQueues.rewind(id, fromSeq - 1)
    }
    await unit.webhookQueues.wake(id, now)
    return { webhookId: id, deliveryId: due, fromSeq: fromSeq ?? null }
  })
}

async function deliverAgain(unit: Unit, random: Random, webhookId: string, id: string, now: number): Promise<string> {
  const before = await unit.webhookDeliveries.find(webhookId, id)
  if (!before) throw new Failure('not_found')
  if (before.eventSeq === null) throw new Failure('invalid_request', 'A test is not replayed; send another one.')
  if (await unit.webhookDeliveries.hurry(id, now)) return id
  const event = { id: before.eventId, seq: before.eventSeq, type: before.eventType }
  const again = newDelivery(random, webhookId, event, now, 'replay')
  await unit.webhookDeliveries.insert([again])
  return again.id
}

async function found(stores: Pick<Stores, 'webhooks'>, id: string): Promise<Webhook> {
  const webhook = await stores.webhooks.find(id)
  if (!webhook) throw new Failure('not_found')
  return webhook
}

function newSecret(random: Random): string {
  return `${SECRET_PREFIX}${random.secret()}`
}

// The address may hold a secret of the receiver’s, so only its host is told.
function tell(unit: Unit, type: EventType, webhook: Webhook, data: Record<string, unknown> = {}): void {
  unit.emit(type, {
    subject: { type: 'webhook', id: webhook.id },
    data: { host: new URL(webhook.url).host, ...data },
  })
}
