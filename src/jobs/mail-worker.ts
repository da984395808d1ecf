// Owns the sending of mails from the outbox of mails.
import { dueMails } from '#domain/mail/mail.store.ts'
import { sendMail } from '#domain/mail/send-mail.service.ts'
import type { Services } from '#domain/open-context.ts'
import { type OutboxOptions, startOutbox } from './outbox-worker.ts'

/**
 * Sends mails until it is stopped.
 * @param report called with the error of a failed round
 * @returns a function that stops it
 */
export function startMails(
  services: Services,
  report: (job: string, error: unknown) => void,
  options?: OutboxOptions,
): () => Promise<void> {
  const due = ({ database }: Services, now: number, limit: number) => dueMails(database.read, now, limit)
  return startOutbox(services, { name: 'send mails', due, attempt: sendMail }, report, options)
}
