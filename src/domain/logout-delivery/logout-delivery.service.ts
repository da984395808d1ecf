// Queues back-channel logout deliveries when sessions end, and makes their attempts.
import { chanceOf } from '../backoff.ts'
import type { Client } from '../client/client.ts'
import type { Context, Unit } from '../context.ts'
import type { Random } from '../outside.ts'
import { afterLogoutAttempt, finishLogoutDelivery, LOGOUT_TIMEOUT, type LogoutDelivery } from './logout-delivery.ts'

/** Makes the logout token of a delivery (Back-Channel Logout §2.4). */
export type LogoutTokenSigner = (context: Context, client: Client, delivery: LogoutDelivery) => Promise<string>

interface EndedSession {
  readonly id: string
  readonly realmId: string
}

/** Queues, inside the write that ends sessions of a user, what their clients are told. */
export async function queueLogout(
  { random }: { readonly random: Random },
  unit: Unit,
  userId: string,
  sessions: readonly EndedSession[],
  now: number,
): Promise<void> {
  const clients = await unit.logoutDeliveries.clientsOf(
    userId,
    sessions.map(({ id }) => id),
  )
  const realms = new Map(sessions.map(({ id, realmId }) => [id, realmId]))
  await unit.logoutDeliveries.insert(
    clients.map(({ sessionId, clientId }) => ({
      id: random.id(),
      realmId: realms.get(sessionId) ?? '',
      clientId,
      userId,
      sessionId,
      status: 'queued',
      attempts: 0,
      responseStatus: null,
      error: null,
      createdAt: now,
      attemptedAt: null,
      nextAttemptAt: now,
      settledAt: null,
    })),
  )
}

/**
 * Makes one attempt of a due delivery, unless another process makes it. A delivery is withdrawn if its client, realm or
 * tenant is not active any more, or if the client has no URI any more.
 * @param signal aborts the attempt; the delivery is tried again later
 */
export async function deliverLogout(
  context: Context,
  id: string,
  { sign, signal }: { readonly sign: LogoutTokenSigner; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, network, random, registry, write } = context
  const delivery = await write((unit) => unit.logoutDeliveries.claim(id, clock.now()))
  if (!delivery) return
  const place = await registry.realmById(delivery.realmId)
  const client = await clientOf(context, delivery)
  const url = client?.status === 'active' ? client.backchannelLogoutUri : null
  if (!place?.realm.enabled || place.tenantStatus !== 'active' || !client || url === null) {
    return record(context, finishLogoutDelivery(delivery, 'withdrawn', clock.now()), client)
  }
  const inRealm = { ...context, scope: { tenantId: delivery.tenantId, realm: place.realm } }
  const body = new URLSearchParams({ logout_token: await sign(inRealm, client, delivery) }).toString()
  const outcome = await network.post(url, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
    tenantId: delivery.tenantId,
    timeout: LOGOUT_TIMEOUT,
    signal,
  })
  if (outcome.error === 'aborted') return
  return record(context, afterLogoutAttempt(delivery, outcome, { now: clock.now(), chance: chanceOf(random) }), client)
}

/** The client as the registry knows it: suspended also where its partner is. */
async function clientOf(
  { read, registry }: Context,
  { tenantId, realmId, clientId }: LogoutDelivery,
): Promise<Client | undefined> {
  const client = await read.clients.find(realmId, clientId)
  return client && registry.client(tenantId, realmId, client.client.clientId)
}

async function record(
  { write }: Context,
  delivery: LogoutDelivery,
  client: Pick<Client, 'clientId'> | undefined,
): Promise<void> {
  await write(async (unit) => {
    const isCurrent = await unit.logoutDeliveries.report(delivery)
    if (!isCurrent || (delivery.status !== 'delivered' && delivery.status !== 'failed')) return
    const { id, realmId, userId, sessionId, attempts, error, responseStatus } = delivery
    unit.emit(delivery.status === 'delivered' ? 'logout.delivered' : 'logout.failed', {
      subject: { type: 'logout_delivery', id },
      realmId,
      result: error === null ? 'success' : 'failure',
      data: {
        clientId: client?.clientId ?? null,
        userId,
        sessionId,
        attempts,
        ...(error !== null && { error, responseStatus }),
      },
    })
  })
}
