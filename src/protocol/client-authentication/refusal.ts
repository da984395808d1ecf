// Emits events about refused clients, with the reason that the caller does not learn.
import type { RegisteredClient } from '#domain/client/client.ts'
import type { Context } from '#domain/context.ts'
import { networkOf } from '#domain/sign-in/sign-in-limits.ts'
import { Failure } from '#kernel/error.ts'
import type { RealmRequest } from '#web/realm-request.ts'

/** How many refusals of one client from one network a minute become events. */
const EVENTS_OF_NETWORK = 20
/** How many of one client an hour, from everywhere: events stay, and whoever knows a client_id can be refused. */
const EVENTS_OF_CLIENT = 200

/**
 * Emits an event about a refused client, with the reason. Beyond the limits, and for clients that do not exist, a
 * refusal is only counted. A correct secret always succeeds, however often others fail.
 */
export async function emitRefusal(
  context: Context,
  { origin, form }: Pick<RealmRequest, 'origin' | 'form'>,
  client: RegisteredClient,
  { code, detail: { reason = 'other' } }: Failure,
): Promise<void> {
  const isAuthentication = code === 'invalid_client'
  const { limiter } = context
  if ((await limiter.take(`refused client ${client.id} ${networkOf(origin.ip)}`, EVENTS_OF_NETWORK, 60)) > 0) return
  if ((await limiter.take(`refused client ${client.id}`, EVENTS_OF_CLIENT, 3600)) > 0) return
  const grantType = form.get('grant_type')
  await context.write((unit) => {
    unit.emit(isAuthentication ? 'client_authentication.failed' : 'token_request.refused', {
      subject: { type: 'client', id: client.id, label: client.label },
      result: 'failure',
      data: {
        ...{ clientId: client.clientId, label: client.label, reason },
        ...(!isAuthentication && grantType !== undefined && { grantType }),
      },
    })
  })
}

/** Does the work of a client that is authenticated: a failure names it. */
export async function naming<T>({ clientId }: RegisteredClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Failure ? error.with({ clientId }) : error
  }
}
