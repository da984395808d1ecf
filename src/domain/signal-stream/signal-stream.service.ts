// Keeps the streams of receivers: each one is a webhook of its client, with the queue and the retries of webhooks.
import { Failure } from '#kernel/error.ts'
import type { RegisteredClient } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import { DEFAULT_PROFILE } from '../webhook/profile.ts'
import { SECRET_PURPOSE } from '../webhook/signature.ts'
import type { Webhook } from '../webhook/webhook.ts'
import {
  eventsOf,
  STREAMS_MAX,
  type StreamInput,
  type StreamPatch,
  type StreamState,
  VERIFICATION_INTERVAL,
  VERIFICATION_REQUESTED,
} from './signal-stream.ts'

/** A webhook that is a stream. */
export type SignalStream = Webhook & {
  readonly stream: StreamState
  readonly clientId: string
  readonly realmId: string
}

/** Creates a stream that begins with the next event. @throws Failure `limit_reached`, `unreachable_host` */
export async function createStream(
  context: Context,
  client: Pick<RegisteredClient, 'id' | 'realmId' | 'tenantId'>,
  { delivery, events_requested: requested, description = null }: StreamInput,
): Promise<SignalStream> {
  const { clock, crypto, network, random } = context
  network.checkUrl(delivery.endpoint_url)
  const now = clock.now()
  const stream: SignalStream = {
    id: random.id(),
    tenantId: client.tenantId,
    realmId: client.realmId,
    clientId: client.id,
    url: delivery.endpoint_url,
    events: eventsOf(requested),
    description,
    active: true,
    profile: DEFAULT_PROFILE,
    secret: crypto.seal(SECRET_PURPOSE, delivery.authorization_header ?? ''),
    previousSecret: null,
    previousUntil: null,
    stream: { requested, status: 'enabled', reason: null },
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  return context.write(async (unit) => {
    const counts = await unit.webhooks.countStreams(client.id)
    if (counts.client >= STREAMS_MAX.client || counts.tenant >= STREAMS_MAX.tenant) {
      throw new Failure('limit_reached', `A client has at most ${STREAMS_MAX.client} streams.`)
    }
    await unit.webhooks.insert(stream)
    await unit.webhookQueues.insert(stream.id, (await unit.events.head()).seq)
    emitEvent(unit, 'signal_stream.created', stream)
    return stream
  })
}

/** The streams of a client, oldest first. */
export async function streamsOf({ read }: Context, clientId: string): Promise<SignalStream[]> {
  return (await read.webhooks.streamsOf(clientId)) as SignalStream[]
}

/** @throws Failure `not_found` for a stream of another client */
export async function streamOf(stores: Pick<Unit, 'webhooks'>, clientId: string, id: string): Promise<SignalStream> {
  const stream = await stores.webhooks.find(id)
  if (!stream?.stream || stream.clientId !== clientId) throw new Failure('not_found')
  return stream as SignalStream
}

/** Changes what is given. @throws Failure `not_found`, `unreachable_host` */
export async function changeStream(
  context: Context,
  clientId: string,
  id: string,
  { delivery, events_requested: requested, description }: StreamPatch,
): Promise<SignalStream> {
  const { crypto, network } = context
  if (delivery) network.checkUrl(delivery.endpoint_url)
  return context.write(async (unit) => {
    const before = await streamOf(unit, clientId, id)
    const header = delivery?.authorization_header
    return save(context, unit, {
      ...before,
      ...(delivery && { url: delivery.endpoint_url, secret: crypto.seal(SECRET_PURPOSE, header ?? '') }),
      ...(requested && { events: eventsOf(requested), stream: { ...before.stream, requested } }),
      ...(description !== undefined && { description }),
    })
  })
}

/**
 * Pauses a stream, which keeps its signals; disables it, which does not; or enables it again.
 * @throws Failure `not_found`
 */
export async function setStreamStatus(
  context: Context,
  clientId: string,
  id: string,
  { status, reason = null }: { readonly status: StreamState['status']; readonly reason?: string | null | undefined },
): Promise<SignalStream> {
  const now = context.clock.now()
  return context.write(async (unit) => {
    const before = await streamOf(unit, clientId, id)
    const active = status === 'enabled'
    const stream = await save(context, unit, { ...before, active, stream: { ...before.stream, status, reason } })
    if (!active) return stream
    if (before.stream.status === 'disabled') {
      await unit.webhookDeliveries.removeOpen(id, 0)
      await unit.webhookQueues.rewind(id, (await unit.events.head()).seq)
    }
    await unit.webhookQueues.wake(id, now)
    return stream
  })
}

/** @throws Failure `not_found` */
export async function deleteStream(context: Context, clientId: string, id: string): Promise<void> {
  await context.write(async (unit) => endStream(unit, await streamOf(unit, clientId, id), context.clock.now()))
}

/** Deletes the streams of a client or a realm inside a write. */
export async function deleteStreams(
  unit: Unit,
  owner: { readonly clientId: string } | { readonly realmId: string },
  now: number,
): Promise<void> {
  const { webhooks } = unit
  const streams = 'clientId' in owner ? webhooks.streamsOf(owner.clientId) : webhooks.streamsOfRealm(owner.realmId)
  for (const stream of await streams) await endStream(unit, stream as SignalStream, now)
}

/**
 * Has a verification event sent (SSF §8.1.4).
 * @throws Failure `not_found`, `too_many_requests`, `conflict` for a stream that is not enabled
 */
export async function verifyStream(context: Context, clientId: string, id: string, state?: string): Promise<void> {
  const stream = await streamOf(context.read, clientId, id)
  if (!stream.active) throw new Failure('conflict', 'The stream is not enabled.')
  const retryAfter = await context.limiter.take(`stream-verification ${id}`, 1, VERIFICATION_INTERVAL)
  if (retryAfter > 0) throw new Failure('too_many_requests', { retryAfter })
  await context.write((unit) => emitEvent(unit, VERIFICATION_REQUESTED, stream, state === undefined ? {} : { state }))
}

async function save(context: Context, unit: Unit, changed: SignalStream): Promise<SignalStream> {
  const stream = { ...changed, version: changed.version + 1, updatedAt: context.clock.now() }
  if ((await unit.webhooks.update(stream)) !== 'updated') throw new Failure('precondition_failed')
  emitEvent(unit, 'signal_stream.updated', stream)
  return stream
}

async function endStream(unit: Unit, stream: SignalStream, now: number): Promise<void> {
  if (!(await unit.webhooks.delete(stream.id, now))) return
  await unit.webhookQueues.delete(stream.id)
  await unit.webhookDeliveries.giveUp(stream.id, now)
  emitEvent(unit, 'signal_stream.deleted', stream)
}

function emitEvent(
  unit: Unit,
  type: Parameters<Unit['emit']>[0],
  { id, url, realmId, stream }: SignalStream,
  data: Record<string, unknown> = {},
): void {
  const told = { host: new URL(url).host, status: stream.status, ...data }
  unit.emit(type, { subject: { type: 'webhook', id }, realmId, data: told })
}
