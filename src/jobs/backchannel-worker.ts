// Owns telling clients what became of their requests for approval (OpenID Connect CIBA).
import { dueBackchannelNotices } from '#domain/backchannel-authentication/backchannel-authentication.store.ts'
import { type TokenPusher, tellClient } from '#domain/backchannel-authentication/backchannel-notice.service.ts'
import type { Services } from '#domain/open-context.ts'
import { type OutboxOptions, startOutbox } from './outbox-worker.ts'

/**
 * Tells clients until it is stopped.
 * @param push issues the tokens that are sent
 * @param report called with the error of a failed round
 * @returns a function that stops it
 */
export function startBackchannelNotices(
  services: Services,
  push: TokenPusher,
  report: (job: string, error: unknown) => void,
  options?: OutboxOptions,
): () => Promise<void> {
  const due = ({ database }: Services, now: number, limit: number) => dueBackchannelNotices(database.read, now, limit)
  const outbox = {
    name: 'tell clients of approvals',
    due,
    attempt: (context: Parameters<typeof tellClient>[0], id: string, signal: AbortSignal) =>
      tellClient(context, id, { push, signal }),
  }
  return startOutbox(services, outbox, report, options)
}
