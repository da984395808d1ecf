// Sends the mails that wait in the outbox: looks for those whose time has come, and sends a few of them at once.

import { sendMail } from '#domain/mail/mail.service.ts'
import { dueMails } from '#domain/mail/mail.store.ts'
import { type House, openContext } from '#domain/open-context.ts'
import { SERVER } from './server-actor.ts'

/** How many are sent at once. */
const AT_ONCE = 8

export interface MailWorkerOptions {
  /** Milliseconds between looks for what is due. */
  readonly tick?: number
  /** Milliseconds that tries under way have to end by themselves when it is told to end. */
  readonly grace?: number
}

/**
 * Sends mails until it is told to end; where no mail server is configured, it does nothing.
 * @param report told of rounds that failed; what they left is tried again
 * @returns a function that ends it: tries under way are waited for a little, since one that is broken off may have
 * been taken by the mail server already
 */
export function startMails(
  house: House,
  report: (job: string, error: unknown) => void,
  { tick = 1000, grace = 5000 }: MailWorkerOptions = {},
): () => Promise<void> {
  if (house.network.mail === null) return async () => {}
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()
  const failed = (error: unknown) => report('send mails', error)
  let looking: Promise<void> | undefined
  let stopped = false

  const begin = (id: string, tenantId: string) => {
    const sent = sendMail(openContext(house, SERVER, { tenantId }), id, stopping.signal)
      .catch(failed)
      .finally(() => running.delete(id))
    running.set(id, sent)
  }
  const look = async () => {
    if (running.size >= AT_ONCE) return
    for (const { id, tenantId } of await dueMails(house.database.read, house.clock.now(), AT_ONCE)) {
      if (!stopped && running.size < AT_ONCE && !running.has(id)) begin(id, tenantId)
    }
  }
  const timer = setInterval(() => {
    looking ??= look()
      .catch(failed)
      .finally(() => {
        looking = undefined
      })
  }, tick)
  timer.unref()
  return async () => {
    stopped = true
    clearInterval(timer)
    await looking
    const impatient = setTimeout(() => stopping.abort(), grace)
    await Promise.all(running.values())
    clearTimeout(impatient)
  }
}
