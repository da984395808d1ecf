// Works through one webhook’s queue: one delivery after the other, in the order of the events. Every step is on disk
// before the next one begins, and is taken only by who holds the queue, so a process may end anywhere.

import type { Id } from '#kernel/id.ts'
import type { Context, Stores } from '../context.ts'
import type { Event } from '../event/event.ts'
import type { PostOutcome, Random } from '../outside.ts'
import { afterAttempt, DEAD_MAX, DELIVERY_TIMEOUT, type Delivery } from './delivery.ts'
import { PROFILES } from './profile.ts'
import { sign } from './signature.ts'
import { typesOfPatterns, type Webhook } from './webhook.ts'

/** Milliseconds after which a queue whose holder is silent is somebody else’s: more than one try may take. */
export const HOLD = 30_000
/** Events that are looked through at once, and deliveries that are written at once. */
const WINDOW = 1000
const BATCH = 50
/** Steps after which others have their turn. */
const TURN = 100

/** Who delivers: a name that no other process has, and when it must stop. */
export interface Deliverer {
  readonly holder: string
  readonly signal: AbortSignal
}

/**
 * Delivers what a webhook has to be told, until nothing is left, the receiver fails, or others must have a turn.
 * @param context of the webhook’s tenant
 * @returns whether there is more to do already, of which nobody else may know
 */
export async function workThrough(context: Context, webhookId: string, deliverer: Deliverer): Promise<boolean> {
  const { clock, write } = context
  const { holder, signal } = deliverer
  const now = clock.now()
  if (!(await write((unit) => unit.webhookQueues.claim(webhookId, holder, now, now + HOLD)))) return false
  for (let steps = 0; !signal.aborted && steps < TURN; steps++) {
    const next = await step(context, webhookId, deliverer)
    if (next === 'lost') return false
    if (next === 'on') continue
    await write((unit) => unit.webhookQueues.release(webhookId, holder, next))
    return isBehind(context, webhookId)
  }
  await write((unit) => unit.webhookQueues.release(webhookId, holder, clock.now()))
  return true
}

/** @returns `on` for another step, `lost` where somebody else has the queue, or when to go on: null for the next event */
async function step(context: Context, webhookId: string, deliverer: Deliverer): Promise<'on' | 'lost' | number | null> {
  const { clock, read } = context
  const webhook = await read.webhooks.find(webhookId)
  if (!webhook?.active) return null
  const delivery = await read.webhookDeliveries.firstOpen(webhookId)
  if (!delivery) return enqueue(context, webhook, deliverer.holder)
  const dueAt = delivery.nextAttemptAt ?? 0
  return dueAt > clock.now() ? dueAt : attempt(context, webhook, delivery, deliverer)
}

/**
 * Whether something came between the last look and the release: whoever wrote it saw that somebody held the queue, and
 * left it at that.
 */
async function isBehind({ clock, read, write }: Context, webhookId: string): Promise<boolean> {
  const [webhook, queue] = [await read.webhooks.find(webhookId), await read.webhookQueues.find(webhookId)]
  if (!webhook?.active || !queue || queue.holder !== null) return false
  const now = clock.now()
  const delivery = await read.webhookDeliveries.firstOpen(webhookId)
  if (delivery) {
    if ((delivery.nextAttemptAt ?? 0) > now) return false
    await write((unit) => unit.webhookQueues.wake(webhookId, now))
    return true
  }
  const types = typesOfPatterns(webhook.events)
  return (await read.events.outlinesAfter(queue.seq, WINDOW)).some(({ type }) => types.has(type))
}

/** Makes deliveries of the next events that the webhook subscribes to, and moves its place past them, in one write. */
async function enqueue(context: Context, webhook: Webhook, holder: string): Promise<'on' | 'lost' | null> {
  const { clock, random, read, write } = context
  const queue = await read.webhookQueues.find(webhook.id)
  if (queue?.holder !== holder) return 'lost'
  const heads = await read.events.outlinesAfter(queue.seq, WINDOW)
  const last = heads.at(-1)
  if (!last) return null
  const types = typesOfPatterns(webhook.events)
  const wanted = heads.filter(({ type }) => types.has(type)).slice(0, BATCH)
  const to = wanted.length === BATCH ? (wanted.at(-1)?.seq ?? last.seq) : last.seq
  const now = clock.now()
  await write(async (unit) => {
    // Somebody may have set the webhook back meanwhile: then it is looked at again from there.
    if (!(await unit.webhookQueues.advance(webhook.id, holder, queue.seq, to, now + HOLD))) return
    await unit.webhookDeliveries.insert(
      wanted.map(({ id, seq, type }) => newDelivery(random, webhook.id, { id, seq, type }, now, 'event')),
    )
  })
  return 'on'
}

/** A delivery that waits for its first try. */
export function newDelivery(
  random: Random,
  webhookId: string,
  event: { id: string; seq: number | null; type: string },
  now: number,
  kind: Delivery['kind'],
): Delivery {
  return {
    id: random.id(),
    webhookId,
    eventId: event.id,
    eventType: event.type,
    eventSeq: event.seq,
    kind,
    status: 'pending',
    attempts: 0,
    responseStatus: null,
    error: null,
    durationMs: null,
    createdAt: now,
    attemptedAt: null,
    nextAttemptAt: now,
    settledAt: null,
  }
}

async function attempt(
  context: Context,
  webhook: Webhook,
  delivery: Delivery,
  deliverer: Deliverer,
): Promise<'on' | 'lost' | number> {
  const { clock, read, write } = context
  const { holder, signal } = deliverer
  const event = await read.events.find(delivery.eventId)
  if (!event) throw new Error(`The event ${delivery.eventId} of a delivery is not in the log.`)
  const held = clock.now() + HOLD
  if (!(await write((unit) => unit.webhookQueues.keep(webhook.id, holder, held)))) return 'lost'
  const outcome = await send(context, webhook, delivery, event, signal)
  if (outcome.error === 'aborted') return clock.now()
  return (await record(context, webhook, delivery, outcome, holder)) ? 'on' : 'lost'
}

/** Sends one try of a delivery. */
export async function send(
  { clock, crypto, network, read }: Pick<Context, 'clock' | 'crypto' | 'network' | 'read'>,
  webhook: Webhook,
  delivery: Delivery,
  event: Event,
  signal?: AbortSignal,
): Promise<PostOutcome> {
  const partnerId = PROFILES[webhook.profile].tellsPartner ? await partnerOf(read, webhook.tenantId) : null
  const signed = sign(crypto, { webhook, delivery, event, partnerId }, clock.now())
  return network.post(webhook.url, { ...signed, timeout: DELIVERY_TIMEOUT, ...(signal && { signal }) })
}

async function partnerOf({ tenants }: Pick<Stores, 'tenants'>, tenantId: Id): Promise<Id | null> {
  return (await tenants.find({ kind: 'platform' }, tenantId))?.partnerId ?? null
}

/** Writes down what a try came to; a webhook whose receiver failed for too long is switched off. */
async function record(
  context: Context,
  webhook: Webhook,
  delivery: Delivery,
  outcome: PostOutcome,
  holder: string,
): Promise<boolean> {
  const { clock, random, registry, write } = context
  const now = clock.now()
  const after = afterAttempt(delivery, outcome, { now, policy: registry.settings.webhookRetry, chance: chance(random) })
  return write(async (unit) => {
    const before = (await unit.webhookQueues.find(webhook.id))?.dead_in_row ?? 0
    const dead = after.status === 'dead' ? before + 1 : after.status === 'delivered' ? 0 : before
    if (!(await unit.webhookQueues.keep(webhook.id, holder, now + HOLD, dead))) return false
    await unit.webhookDeliveries.update(after)
    if (dead >= DEAD_MAX && after.status === 'dead' && (await unit.webhooks.disable(webhook.id, now))) {
      unit.emit('webhook.disabled', {
        subject: { type: 'webhook', id: webhook.id },
        data: { deadInRow: dead, error: after.error },
      })
    }
    return true
  })
}

function chance(random: Random): number {
  return Number(random.text(4, '0123456789')) / 10_000
}
