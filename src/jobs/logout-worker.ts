// Owns the deliveries of back-channel logout: clients are told of ended sessions.
import { deliverLogout, type LogoutTokenSigner } from '#domain/logout-delivery/logout-delivery.service.ts'
import { dueLogoutDeliveries } from '#domain/logout-delivery/logout-delivery.store.ts'
import type { Services } from '#domain/open-context.ts'
import { type OutboxOptions, startOutbox } from './outbox-worker.ts'

/**
 * Tells clients of ended sessions until it is stopped.
 * @param sign makes the logout tokens
 * @param report called with the error of a failed round
 * @returns a function that stops it
 */
export function startLogoutDeliveries(
  services: Services,
  sign: LogoutTokenSigner,
  report: (job: string, error: unknown) => void,
  options?: OutboxOptions,
): () => Promise<void> {
  const due = ({ database }: Services, now: number, limit: number) => dueLogoutDeliveries(database.read, now, limit)
  const outbox = {
    name: 'deliver logouts',
    due,
    attempt: (context: Parameters<typeof deliverLogout>[0], id: string, signal: AbortSignal) =>
      deliverLogout(context, id, { sign, signal }),
  }
  return startOutbox(services, outbox, report, options)
}
