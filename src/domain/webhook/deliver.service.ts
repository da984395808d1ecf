// Processes the queue of one webhook: one delivery after the other, in the order of the events. Each step is stored
// before the next one begins, and only the holder of the queue takes steps, so a process may stop at any time.

import type { Id } from '#kernel/id.ts'
import { chanceOf } from '../backoff.ts'
import type { Context, Stores } from '../context.ts'
import { type Event, TOKEN_ISSUED } from '../event/event.ts'
import type { PostOutcome, Random } from '../outside.ts'
import { afterAttempt, DEAD_MAX, DELIVERY_TIMEOUT, type Delivery } from './delivery.ts'
import { webhookProfile } from './profile.ts'
import { type Signed, sign } from './signature.ts'
import { deliveryNames, typesOfPatterns, type Webhook } from './webhook.ts'

/**
 * Milliseconds without a sign of the holder after which another process may take the queue. It is longer than an
 * attempt may take.
 */
export const HOLD_LIFETIME = 30_000
/** The number of events that are read at once, and of deliveries that are written at once. */
const WINDOW = 1000
const BATCH = 50
/** The number of steps after which other queues get their turn. */
const STEPS_PER_TURN = 100
/** Milliseconds until a stream whose client is suspended is looked at again. */
const REST = 60_000

/** The deliverer: a name that is unique among processes, and a signal to stop. */
export interface Deliverer {
  readonly holder: string
  readonly signal: AbortSignal
  /** Writes what the receivers of streams get. */
  readonly writeSignal: SignalWriter
}

/**
 * Writes the request that tells a stream of Shared Signals of an event.
 * @returns `skipped` for an event that is of no concern to the stream; `resting` while its client or realm is not active
 */
export type SignalWriter = (context: Context, webhook: Webhook, event: Event) => Promise<Signed | 'skipped' | 'resting'>

/**
 * Sends the deliveries of a webhook until none is left, the receiver fails, or other queues must get their turn.
 * @param context of the webhook’s tenant
 * @returns whether there is more to do that no other process was told about
 */
export async function workThrough(context: Context, webhookId: string, deliverer: Deliverer): Promise<boolean> {
  const { clock, write } = context
  const { holder, signal } = deliverer
  const now = clock.now()
  if (!(await write((unit) => unit.webhookQueues.claim(webhookId, holder, now, now + HOLD_LIFETIME)))) return false
  for (let steps = 0; !signal.aborted && steps < STEPS_PER_TURN; steps++) {
    const next = await step(context, webhookId, deliverer)
    if (next === 'lost') return false
    if (next === 'on') continue
    await write((unit) => unit.webhookQueues.release(webhookId, holder, next))
    return hasNewEvents(context, webhookId)
  }
  await write((unit) => unit.webhookQueues.release(webhookId, holder, clock.now()))
  return true
}

/**
 * @returns `on` for another step; `lost` if another process has the queue; or the time of the next step, null for the
 *   next event
 */
async function step(context: Context, webhookId: string, deliverer: Deliverer): Promise<'on' | 'lost' | number | null> {
  const { clock, read } = context
  const webhook = await read.webhooks.find(webhookId)
  if (!webhook?.active) return null
  // Due, for when the tenant goes on; until then the worker does not find it.
  if (!(await read.tenant.isActive())) return clock.now()
  const delivery = await read.webhookDeliveries.firstOpen(webhookId)
  if (!delivery) return enqueue(context, webhook, deliverer.holder)
  const dueAt = delivery.nextAttemptAt ?? 0
  return dueAt > clock.now() ? dueAt : attempt(context, webhook, delivery, deliverer)
}

/**
 * Whether work arrived between the last check and the release. Its writer saw that the queue was held and did not wake
 * another process.
 */
async function hasNewEvents({ clock, read, write }: Context, webhookId: string): Promise<boolean> {
  const [webhook, queue] = [await read.webhooks.find(webhookId), await read.webhookQueues.find(webhookId)]
  if (!webhook?.active || !queue || queue.holder !== null || !(await read.tenant.isActive())) return false
  const now = clock.now()
  const delivery = await read.webhookDeliveries.firstOpen(webhookId)
  if (delivery) {
    if ((delivery.nextAttemptAt ?? 0) > now) return false
    await write((unit) => unit.webhookQueues.wake(webhookId, now))
    return true
  }
  const types = typesOfPatterns(webhook.events)
  const { outlines } = await read.events.outlinesAfter(queue.seq, WINDOW, types.has(TOKEN_ISSUED))
  return outlines.some(({ type }) => types.has(type))
}

/**
 * Creates deliveries for the next events that the webhook subscribes to, and moves its position past them, in one
 * write.
 */
async function enqueue(context: Context, webhook: Webhook, holder: string): Promise<'on' | 'lost' | null> {
  const { clock, random, read, write } = context
  const queue = await read.webhookQueues.find(webhook.id)
  if (queue?.holder !== holder) return 'lost'
  const types = typesOfPatterns(webhook.events)
  const { outlines, last } = await read.events.outlinesAfter(queue.seq, WINDOW, types.has(TOKEN_ISSUED))
  if (last === queue.seq) return null
  const subscribed = outlines.filter(({ type }) => types.has(type)).slice(0, BATCH)
  const to = subscribed.length === BATCH ? (subscribed.at(-1)?.seq ?? last) : last
  const now = clock.now()
  await write(async (unit) => {
    // The webhook's position may have been reset meanwhile; then the events are read again from there.
    if (!(await unit.webhookQueues.advance(webhook.id, holder, queue.seq, to, now + HOLD_LIFETIME))) return
    await unit.webhookDeliveries.insert(
      subscribed.flatMap(({ id, seq, type }) =>
        deliveryNames(webhook, type).map((name) =>
          newDelivery(random, webhook.id, { id, seq, type: name }, now, 'event'),
        ),
      ),
    )
  })
  return 'on'
}

/** A delivery before its first attempt. */
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
  const heldUntil = clock.now() + HOLD_LIFETIME
  if (!(await write((unit) => unit.webhookQueues.keep(webhook.id, holder, heldUntil)))) return 'lost'
  const concerns = webhookProfile(webhook.profile).concerns?.(event, delivery.eventType) ?? true
  const signed = webhook.stream
    ? await deliverer.writeSignal(context, webhook, event)
    : concerns
      ? undefined
      : 'skipped'
  if (signed === 'resting') return clock.now() + REST
  if (signed === 'skipped') {
    const settled = { ...delivery, status: 'delivered', settledAt: clock.now(), nextAttemptAt: null } as const
    await write((unit) => unit.webhookDeliveries.update(settled))
    return 'on'
  }
  const outcome = await (signed
    ? post(context, webhook, signed, signal)
    : send(context, webhook, delivery, event, signal))
  if (outcome.error === 'aborted') return clock.now()
  return (await record(context, webhook, delivery, outcome, holder)) ? 'on' : 'lost'
}

/** Makes one attempt of a delivery. */
export async function send(
  { clock, crypto, network, read }: Pick<Context, 'clock' | 'crypto' | 'network' | 'read'>,
  webhook: Webhook,
  delivery: Delivery,
  event: Event,
  signal?: AbortSignal,
): Promise<PostOutcome> {
  const partnerId = webhookProfile(webhook.profile).includesPartner ? await partnerOf(read, webhook.tenantId) : null
  const signed = sign(crypto, { webhook, delivery, event, partnerId }, clock.now())
  return post({ network }, webhook, signed, signal)
}

function post(
  { network }: Pick<Context, 'network'>,
  { url, tenantId }: Webhook,
  signed: Signed,
  signal?: AbortSignal,
): Promise<PostOutcome> {
  return network.post(url, { ...signed, tenantId, timeout: DELIVERY_TIMEOUT, ...(signal && { signal }) })
}

async function partnerOf({ acrossTenants }: Pick<Stores, 'acrossTenants'>, tenantId: Id): Promise<Id | null> {
  return (await acrossTenants.tenants.find({ kind: 'platform' }, tenantId))?.partnerId ?? null
}

/** Records the result of an attempt. A webhook whose receiver failed for too long is switched off. */
async function record(
  context: Context,
  webhook: Webhook,
  delivery: Delivery,
  outcome: PostOutcome,
  holder: string,
): Promise<boolean> {
  const { clock, random, registry, write } = context
  const now = clock.now()
  const after = afterAttempt(delivery, outcome, {
    now,
    policy: { ...registry.settings.webhookRetry, waits: webhookProfile(webhook.profile).waits },
    chance: chanceOf(random),
  })
  return write(async (unit) => {
    const before = (await unit.webhookQueues.find(webhook.id))?.dead_in_row ?? 0
    const dead = after.status === 'dead' ? before + 1 : after.status === 'delivered' ? 0 : before
    if (!(await unit.webhookQueues.keep(webhook.id, holder, now + HOLD_LIFETIME, dead))) return false
    await unit.webhookDeliveries.update(after)
    if (dead >= DEAD_MAX && after.status === 'dead' && (await unit.webhooks.disable(webhook.id, now))) {
      unit.emit(webhook.stream ? 'signal_stream.paused' : 'webhook.disabled', {
        subject: { type: 'webhook', id: webhook.id, label: new URL(webhook.url).host },
        ...(webhook.realmId !== null && { realmId: webhook.realmId }),
        data: { deadInRow: dead, error: after.error },
      })
    }
    return true
  })
}
