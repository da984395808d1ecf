// Owns the sending of what waits in an outbox: it looks for what is due and makes a few attempts at once.
import type { Context } from '#domain/context.ts'
import { openContext, type Services } from '#domain/open-context.ts'
import { serverActor } from '#domain/server-actor.ts'

/** How many attempts are made at once. */
const CONCURRENCY = 8

/** An outbox: how to find what is due, and how to make an attempt. */
export interface Outbox {
  /** Its name in error messages. */
  readonly name: string
  /** The items of all tenants that are due, at most `limit`. @param now milliseconds since 1970 */
  readonly due: (services: Services, now: number, limit: number) => Promise<readonly OutboxItem[]>
  /** Makes one attempt, unless another process makes it. @param context of the item's tenant */
  readonly attempt: (context: Context, id: string, signal: AbortSignal) => Promise<void>
}

interface OutboxItem {
  readonly id: string
  readonly tenantId: string
}

export interface OutboxOptions {
  /** Milliseconds between two searches for due items. */
  readonly tick?: number
  /** Milliseconds that attempts in progress get to finish when the worker is stopped. */
  readonly grace?: number
}

/**
 * Empties an outbox until it is stopped.
 * @param report called with the error of a failed round; its items are tried again
 * @returns a function that stops it: it waits for attempts in progress for a while, because the receiver may already have
 * accepted what an aborted one sent
 */
export function startOutbox(
  services: Services,
  { name, due, attempt }: Outbox,
  report: (job: string, error: unknown) => void,
  { tick = 1000, grace = 5000 }: OutboxOptions = {},
): () => Promise<void> {
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()
  const failed = (error: unknown) => report(name, error)
  let searching: Promise<void> | undefined
  let stopped = false

  const begin = (id: string, tenantId: string) => {
    const sent = attempt(openContext(services, serverActor('job'), { tenantId }), id, stopping.signal)
      .catch(failed)
      .finally(() => running.delete(id))
    running.set(id, sent)
  }
  const search = async () => {
    if (running.size >= CONCURRENCY) return
    for (const { id, tenantId } of await due(services, services.clock.now(), CONCURRENCY)) {
      if (!stopped && running.size < CONCURRENCY && !running.has(id)) begin(id, tenantId)
    }
  }
  const timer = setInterval(() => {
    searching ??= search()
      .catch(failed)
      .finally(() => {
        searching = undefined
      })
  }, tick)
  timer.unref()
  return async () => {
    stopped = true
    clearInterval(timer)
    await searching
    const deadline = setTimeout(() => stopping.abort(), grace)
    await Promise.all(running.values())
    clearTimeout(deadline)
  }
}
